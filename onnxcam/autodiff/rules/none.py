"""Operators that no float passes through: there is nothing to differentiate."""

from onnxcam.autodiff.registry import declare_none

# Makers: a constant, a draw, a window or an empty sequence from no input, or from a size.
declare_none("Constant", "ConstantOfShape", "RandomNormal", "RandomUniform", "SequenceEmpty")
declare_none("HannWindow", "HammingWindow", "BlackmanWindow")

# Of truth values, bits, strings and encoded pictures.
declare_none("And", "Or", "Xor", "Not", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot")
declare_none("StringConcat", "StringSplit", "StringNormalizer", "RegexFullMatch", "TfIdfVectorizer", "ImageDecoder")
declare_none("CategoryMapper", domain="ai.onnx.ml")

# Of maps from keys to numbers: no tensor becomes a map that becomes a tensor again.
declare_none("CastMap", "DictVectorizer", "ZipMap", domain="ai.onnx.ml")

# Training: a graph that differentiates or updates weights is not a score.
declare_none("Adagrad", "Adam", "Gradient", "Momentum", domain="ai.onnx.preview.training")

# ONNX Runtime's own: of strings and of tokens.
declare_none("BifurcationDetector", "NGramHashMapping", "Tokenizer", "VarlenNGramHashMapping", domain="com.microsoft")
