"""What is explained, and for whom: from the score tensor to a cotangent, the derivative of the score explained.

target = resolve_target("top5", labels)             None, an index, a label, a spelling, a Target, a function
for aim in target.aims(Scores(logits, …)):          one score for each sample, or several
aim.cotangent, aim.class_index, aim.names
"""

from onnxcam.targets.classes import ClassIndex, Contrast, Negative, PredictedClass, Several, TopClasses
from onnxcam.targets.cotangent import Cotangent
from onnxcam.targets.decisions import PredictedSet, SingleScore
from onnxcam.targets.detection import DECODERS, read_head
from onnxcam.targets.detection.box_targets import BestBoxes, Box, NearestBox
from onnxcam.targets.files import Similarity
from onnxcam.targets.positions import AtPosition, InBox, InMask
from onnxcam.targets.resolving import PREDICTED, resolve_target
from onnxcam.targets.scores import Aim, Scores
from onnxcam.targets.target import SPELLINGS, LookUp, Spelling, Target, spelling

__all__ = [
    "DECODERS",
    "PREDICTED",
    "SPELLINGS",
    "Aim",
    "AtPosition",
    "BestBoxes",
    "Box",
    "ClassIndex",
    "Contrast",
    "Cotangent",
    "InBox",
    "InMask",
    "LookUp",
    "NearestBox",
    "Negative",
    "PredictedClass",
    "PredictedSet",
    "Scores",
    "Several",
    "Similarity",
    "SingleScore",
    "Spelling",
    "Target",
    "TopClasses",
    "read_head",
    "resolve_target",
    "spelling",
]
