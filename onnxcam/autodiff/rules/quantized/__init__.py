"""Operators that read or make quantised values, of the standard and of ONNX Runtime."""
