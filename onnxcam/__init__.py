"""Grad-CAM for the model that ships: any exported `.onnx` file, on stock ONNX Runtime.

explainer = onnxcam.Explainer("model.onnx")
result = explainer.explain("cat.jpg")
result.map           (N, H, W) in [0, 1]
result.overlay(0)    the map over the picture
"""

from importlib.metadata import version as _version

from onnxcam.errors import GradientError, InputError, ModelError, OnnxcamError, PlanError, ProviderError
from onnxcam.explainer import Explainer, explain
from onnxcam.explanation import Explanation
from onnxcam.imaging import Preprocess
from onnxcam.plan import Candidate, Plan
from onnxcam.targets import Target

__version__ = _version("onnxcam")

__all__ = [
    "Candidate",
    "Explainer",
    "Explanation",
    "GradientError",
    "InputError",
    "ModelError",
    "OnnxcamError",
    "Plan",
    "PlanError",
    "Preprocess",
    "ProviderError",
    "Target",
    "__version__",
    "explain",
]
