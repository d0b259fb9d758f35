"""Detectors: what their raw heads say, decoded by family into boxes, before any suppression.

found = detect(scores)                  Detections, or None where the model is no detector that is known
BoxTarget(k=0), NearestBox(box)         targets that name one of them
"""

# Importing a family's module registers its decoders; the first that fits a model decodes it.
import onnxcam.targets.detection.anchored
import onnxcam.targets.detection.distances
import onnxcam.targets.detection.queries
import onnxcam.targets.detection.yolo  # noqa: F401
from onnxcam.targets.detection.heads import DECODERS, Detections, Heads, decoder, detect
from onnxcam.targets.detection.settings import read_head
from onnxcam.targets.detection.suppression import overlaps, suppress

__all__ = ["DECODERS", "Detections", "Heads", "decoder", "detect", "overlaps", "read_head", "suppress"]
