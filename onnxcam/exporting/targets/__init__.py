"""Targets as graphs: from the score tensor to a cotangent and a class, chosen by the file itself in each run.

    for aim in aims(op, GraphScores(logits, …), target, chosen): …

Each is the target of that type in `onnxcam.targets`, written with operators.
"""

# Importing a family's module registers its targets.
import onnxcam.exporting.targets.boxes
import onnxcam.exporting.targets.classes
import onnxcam.exporting.targets.decisions
import onnxcam.exporting.targets.places  # noqa: F401
from onnxcam.exporting.targets.registry import aims, takes_choice
from onnxcam.exporting.targets.scores import GraphAim, GraphScores

__all__ = ["GraphAim", "GraphScores", "aims", "takes_choice"]
