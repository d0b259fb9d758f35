"""An ONNX file <-> `onnx_ir.Model`: load, look, expose values, save."""

from onnxcam.graph.byte_products import can_saturate
from onnxcam.graph.constants import Constants, static_shape
from onnxcam.graph.expose import REAL_SUFFIX, SHAPE_SUFFIX, expose
from onnxcam.graph.external import external_tensors
from onnxcam.graph.joined import JOINED, join
from onnxcam.graph.model import Model, load
from onnxcam.graph.own_weights import check_unchanged, whole_proto
from onnxcam.graph.quantized import Quantization, is_quantized, is_real, quantization_of, scaled_product
from onnxcam.graph.ranks import is_rounded_up, known_shape
from onnxcam.graph.reach import between, captured, captured_by, downstream, inputs_of, nodes_within, upstream
from onnxcam.graph.saving import save
from onnxcam.graph.sized import with_sizes
from onnxcam.graph.tail import Tail, cut_tail

__all__ = [
    "JOINED",
    "REAL_SUFFIX",
    "SHAPE_SUFFIX",
    "Constants",
    "Model",
    "Quantization",
    "Tail",
    "between",
    "can_saturate",
    "captured",
    "captured_by",
    "check_unchanged",
    "cut_tail",
    "downstream",
    "expose",
    "external_tensors",
    "inputs_of",
    "is_quantized",
    "is_real",
    "is_rounded_up",
    "join",
    "known_shape",
    "load",
    "nodes_within",
    "quantization_of",
    "save",
    "scaled_product",
    "static_shape",
    "upstream",
    "whole_proto",
    "with_sizes",
]
