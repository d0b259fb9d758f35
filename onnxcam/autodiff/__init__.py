"""Reverse-mode differentiation of ONNX graphs: a graph in, a graph out."""

from onnxcam.autodiff.reverse import Gradient, differentiate, reverse, unruled

__all__ = ["Gradient", "differentiate", "reverse", "unruled"]
