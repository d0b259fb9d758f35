"""Operators of `ai.onnx.ml` through which a gradient flows."""
