"""Standard operators that stand in for ONNX Runtime's own while shapes and types are inferred.

Onnx's inference knows nothing of `com.microsoft`: behind one such node, nothing has a shape. A stand-in need not
compute the same, only values of the same shapes and types.
"""

import importlib
import pkgutil

from onnxcam.graph.stand_ins.register import with_stand_ins

__all__ = ["with_stand_ins"]

for module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{module.name}")
