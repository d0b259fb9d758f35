"""An ONNX file <-> `onnx_ir.Model`: load, look, expose values, save."""

from onnxcam.graph.constants import Constants, static_shape
from onnxcam.graph.expose import SHAPE_SUFFIX, expose, save
from onnxcam.graph.model import Model, load
from onnxcam.graph.reach import between, downstream, inputs_of, upstream

__all__ = [
    "SHAPE_SUFFIX",
    "Constants",
    "Model",
    "between",
    "downstream",
    "expose",
    "inputs_of",
    "load",
    "save",
    "static_shape",
    "upstream",
]
