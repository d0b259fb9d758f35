"""Operators through which no gradient flows: piecewise constant, random, or without a float input."""

from onnxcam.autodiff.registry import declare_zero

# Piecewise constant functions of floats.
declare_zero("Sign", "Floor", "Ceil", "Round", "ArgMax", "ArgMin", "Hardmax", "NonZero", "IsNaN", "IsInf")
declare_zero("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "NonMaxSuppression")

# Of a tensor's shape alone.
declare_zero("Shape", "Size", "ConstantOfShape", "EyeLike")

# Draws: the sample does not depend on its input, or as a step function.
declare_zero("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial")

# Of truth values, bits, windows' lengths and strings.
declare_zero("And", "Or", "Xor", "Not", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot")
declare_zero("HannWindow", "HammingWindow", "BlackmanWindow")
declare_zero("StringConcat", "StringSplit", "StringNormalizer", "RegexFullMatch", "TfIdfVectorizer")
