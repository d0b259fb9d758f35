"""Operators of `com.microsoft` on floats: what ONNX Runtime fuses, and its own."""
