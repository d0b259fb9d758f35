"""Does a map say anything about what the model has learned? Its weights are shuffled, and the map must change.

shipped model -> weights, from the score to the input -> shuffled, step by step -> maps -> likeness to the original's
"""

from onnxcam.randomising.randomisation import randomisation_test
from onnxcam.randomising.results import Mode, RandomisationTest, Step

__all__ = ["Mode", "RandomisationTest", "Step", "randomisation_test"]
