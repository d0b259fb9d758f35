"""Does a map say anything about what the model has learned? Its weights are shuffled, and the map must change.

shipped model -> weights, from the score to the input -> shuffled, step by step -> maps -> likeness to the original's
"""

from onnxcam.randomising.randomisation import Mode, RandomisationTest, Step, randomisation_test

__all__ = ["Mode", "RandomisationTest", "Step", "randomisation_test"]
