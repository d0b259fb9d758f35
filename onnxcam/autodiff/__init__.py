"""Reverse-mode differentiation of ONNX graphs: a graph in, a graph out."""

from onnxcam.autodiff.coverage import Row, table
from onnxcam.autodiff.reverse import Gradient, differentiate, reverse, unruled

__all__ = ["Gradient", "Row", "differentiate", "reverse", "table", "unruled"]
