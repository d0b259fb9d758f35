"""The activation functions of RNN, GRU and LSTM, by the names in their attribute."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode

__all__ = ["Activation", "activations"]

# How each is emitted, and the defaults of the parameters that it has: none, alpha, or alpha and beta.
# Source: RNN (since_version 22). Where ONNX Runtime has other defaults than the operator of that name, its are taken:
# it is what computes the activations that are explained.
FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[float, ...]]] = {
    "relu": (lambda op, x: op.Relu(x), ()),
    "tanh": (lambda op, x: op.Tanh(x), ()),
    "sigmoid": (lambda op, x: op.Sigmoid(x), ()),
    "softsign": (lambda op, x: op.Softsign(x), ()),
    "softplus": (lambda op, x: op.Softplus(x), ()),
    "leakyrelu": (lambda op, x, alpha: op.LeakyRelu(x, alpha=alpha), (0.01,)),
    "thresholdedrelu": (lambda op, x, alpha: op.ThresholdedRelu(x, alpha=alpha), (0.0,)),
    "elu": (lambda op, x, alpha: op.Elu(x, alpha=alpha), (1.0,)),
    "hardsigmoid": (lambda op, x, alpha, beta: op.HardSigmoid(x, alpha=alpha, beta=beta), (0.2, 0.5)),
    "affine": (lambda op, x, alpha, beta: op.Add(op.Mul(x, alpha), beta), (0.0, 0.0)),
    "scaledtanh": (lambda op, x, alpha, beta: op.Mul(op.Tanh(op.Mul(x, beta)), alpha), (0.0, 0.0)),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Activation:
    """One activation function of one direction.

    Attributes:
        function: Emits it.
        parameters: Its alpha and beta, as far as it has them.
    """

    function: Callable[..., Any]
    parameters: tuple[float, ...]

    def __call__(self, op: Emitter, x: Any) -> Any:
        """The function's value at `x`."""
        return self.function(op, x, *self.parameters)


def activations(node: ForwardNode, defaults: Sequence[str], directions: int) -> list[tuple[Activation, ...]]:
    """The functions f, g, … of each direction, as many as `defaults`; those that have an alpha or beta use them up.

    Raises:
        GradientError: A function is unknown.
    """
    names = node.attribute("activations", tuple(defaults) * directions)[: len(defaults) * directions]
    given = [list(node.attribute(name, ())) for name in ("activation_alpha", "activation_beta")]
    found = []
    for name in names:
        if name.lower() not in FUNCTIONS:
            raise node.refusal(f"its activation '{name}' is none that the standard names")
        function, parameters = FUNCTIONS[name.lower()]
        own = (left.pop(0) if left else default for left, default in zip(given, parameters, strict=False))
        found.append(Activation(function, tuple(own)))
    return [tuple(found[i : i + len(defaults)]) for i in range(0, len(found), len(defaults))]
