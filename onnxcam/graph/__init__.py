"""An ONNX file <-> `onnx_ir.Model`: load, look, expose values, save."""

from onnxcam.graph.constants import Constants, static_shape
from onnxcam.graph.expose import SHAPE_SUFFIX, expose, save
from onnxcam.graph.model import Model, load
from onnxcam.graph.ranks import known_shape
from onnxcam.graph.reach import between, captured, captured_by, downstream, inputs_of, nodes_within, upstream

__all__ = [
    "SHAPE_SUFFIX",
    "Constants",
    "Model",
    "between",
    "captured",
    "captured_by",
    "downstream",
    "expose",
    "inputs_of",
    "known_shape",
    "load",
    "nodes_within",
    "save",
    "static_shape",
    "upstream",
]
