"""Operators whose gradient is zero: they read floats, and are piecewise constant in them."""

from onnxcam.autodiff.registry import declare_zero

# Steps: rounding, choices, comparisons.
declare_zero("Sign", "Floor", "Ceil", "Round", "ArgMax", "ArgMin", "Hardmax", "NonZero", "IsNaN", "IsInf")
declare_zero("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "NonMaxSuppression")

# Of a tensor's shape alone.
declare_zero("Shape", "Size", "EyeLike", "GivenTensorFill")

# Draws: the sample does not depend on its input, or as a step function.
declare_zero("RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial")

# Of a container: how long it is, whether it holds anything.
declare_zero("SequenceLength", "OptionalHasElement")

# Its edges are rounded to bins of the spectrum.
declare_zero("MelWeightMatrix")

# Classical machine learning: thresholds, look-ups, decision trees.
declare_zero("Binarizer", "LabelEncoder", "OneHotEncoder", domain="ai.onnx.ml")
declare_zero("TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor", domain="ai.onnx.ml")

# ONNX Runtime's own: tests, hashes, and the path of least cost.
declare_zero("DynamicTimeWarping", "IsAllFinite", "MurmurHash3", domain="com.microsoft")
