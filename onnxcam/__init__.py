"""Grad-CAM for the model that ships: any exported `.onnx` file, on stock ONNX Runtime.

    explainer = onnxcam.Explainer("model.onnx")
    result = explainer.explain("cat.jpg")
    result.map           (N, H, W) in [0, 1]
    result.overlay(0)    the map over the picture

    onnxcam.audit("model.onnx", "pictures", "audit")    a whole data set: a row of figures for each picture
    onnxcam.check("policy.toml", "check")                            a gate: what a policy demands of models
    onnxcam.compare("a.onnx", "b.onnx", "pictures", "comparison")    do two exports look at the same places?
    onnxcam.export("model.onnx", "model.cam.onnx")      one file that gives its maps itself, for any runtime

Everything public is in `__all__`.
"""

import importlib
from importlib.metadata import version as _version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxcam.auditing import Audit, audit
    from onnxcam.checking import Check, check
    from onnxcam.comparing import Comparison, compare
    from onnxcam.errors import GradientError, InputError, ModelError, OnnxcamError, PlanError, ProviderError
    from onnxcam.explainer import Explainer, explain
    from onnxcam.explanation import Explanation
    from onnxcam.exporting import Exported, export
    from onnxcam.imaging import Preprocess
    from onnxcam.plan import Candidate, Plan
    from onnxcam.targets import Target

__all__ = [
    "Audit",
    "Candidate",
    "Check",
    "Comparison",
    "Explainer",
    "Explanation",
    "Exported",
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
    "audit",
    "check",
    "compare",
    "explain",
    "export",
]

__version__ = _version("onnxcam")

_HOMES = {
    "Audit": "auditing",
    "Candidate": "plan",
    "Check": "checking",
    "Comparison": "comparing",
    "Explainer": "explainer",
    "Explanation": "explanation",
    "Exported": "exporting",
    "Plan": "plan",
    "Preprocess": "imaging",
    "Target": "targets",
    "audit": "auditing",
    "check": "checking",
    "compare": "comparing",
    "explain": "explainer",
    "export": "exporting",
} | dict.fromkeys((name for name in __all__ if name.endswith("Error")), "errors")


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `onnxcam --help` need not wait for onnx and OpenCV."""
    if name not in _HOMES:
        raise AttributeError(f"module 'onnxcam' has no attribute '{name}'")
    value: object = getattr(importlib.import_module(f"onnxcam.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
