"""Operators that no float passes through: there is nothing to differentiate."""

from onnxcam.autodiff.registry import declare_none

# Makers: a constant, a draw or a window from no input, or from a size.
declare_none("Constant", "ConstantOfShape", "RandomNormal", "RandomUniform")
declare_none("HannWindow", "HammingWindow", "BlackmanWindow")

# Of truth values, bits, strings and encoded pictures.
declare_none("And", "Or", "Xor", "Not", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot")
declare_none("StringConcat", "StringSplit", "StringNormalizer", "RegexFullMatch", "TfIdfVectorizer", "ImageDecoder")
