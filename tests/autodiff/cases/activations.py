"""Rows for `onnxcam/autodiff/rules/activations.py`."""

from tests.autodiff.cases.case import NEWEST, Case

X = {"x": (2, 3, 4)}

CASES = (
    Case("Sigmoid", "y = Sigmoid(x)", X, opsets=(7, NEWEST)),
    Case("Tanh", "y = Tanh(x)", X, opsets=(7, NEWEST)),
    Case("Softplus", "y = Softplus(x)", X, opsets=(7, NEWEST)),
    Case("Softsign", "y = Softsign(x)", X, opsets=(7, NEWEST)),
    Case("Swish", "y = Swish(x)", X, opsets=(24, NEWEST)),
    Case("Swish-alpha", "y = Swish <alpha = 1.7> (x)", X, opsets=(24, NEWEST)),
    Case("SwiGLU", "y = SwiGLU(a, b)", {"a": (2, 3), "b": (2, 3)}, opsets=(28,)),
    Case("SwiGLU-alpha", "y = SwiGLU <alpha = 1.7> (a, b)", {"a": (2, 3), "b": (2, 3)}, opsets=(28,)),
    Case("Mish", "y = Mish(x)", X, opsets=(18, NEWEST)),
    # The reference evaluator computes Erf in float32.
    Case("Gelu", "y = Gelu(x)", X, opsets=(20, NEWEST), runtime="onnxruntime"),
    Case("Gelu-tanh", 'y = Gelu <approximate = "tanh"> (x)', X, opsets=(20, NEWEST)),
)
