"""Reverse-mode differentiation of ONNX graphs: a graph in, a graph out."""

from onnxcam.autodiff.coverage import Row, table
from onnxcam.autodiff.reverse import Gradient, differentiate, gradients, opset_of, reverse, unruled

__all__ = ["Gradient", "Row", "differentiate", "gradients", "opset_of", "reverse", "table", "unruled"]
