"""The forward and the gradient session of one plan, and the values that pass between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.autodiff import Gradient
from onnxcam.graph import REAL_SUFFIX, SHAPE_SUFFIX, expose, is_quantized
from onnxcam.plan import Plan
from onnxcam.runtime.providers import Provider
from onnxcam.runtime.session import DeviceValue, Session, open_session, to_device, to_host

__all__ = ["Pass", "SessionPair", "open_pair"]


@dataclasses.dataclass(frozen=True, slots=True)
class Pass:
    """One forward run: its values, still on the device.

    Attributes:
        values: By forward name; the shape of a value under its name and `::shape`.
        logits: The score tensor as the model gives it, on the host; a quantised one as the real numbers it stands for.
    """

    values: Mapping[str, DeviceValue]
    logits: NDArray[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class SessionPair:
    """Forward once, then the gradient for as many cotangents as wanted; residuals pass without a copy.

    Attributes:
        layers: The forward model's outputs that hold the layers; of a quantised one, the real numbers it stands for.
        output: The same of the score tensor.
        gradient: The gradient model and how to feed it.
        forward_session: Runs the forward model.
        gradient_session: Runs the gradient model.
    """

    layers: tuple[str, ...]
    output: str
    gradient: Gradient
    forward_session: Session
    gradient_session: Session

    @property
    def provider(self) -> str:
        """The provider that runs both: `cpu` or `cuda`."""
        return self.forward_session.provider

    def forward(self, feeds: Mapping[str, NDArray[Any]]) -> Pass:
        """Run the shipped model, and keep the score, the layer and the residuals.

        Raises:
            ProviderError: ONNX Runtime fails.
        """
        session = self.forward_session
        given = {n: to_device(np.ascontiguousarray(a), session.device) for n, a in feeds.items()}
        values = session.run(given, [n for n in self._wanted() if n not in given])
        values.update(given)
        return Pass(values, to_host(values[self.output]))

    def logits(self, feeds: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Run the shipped model for its score tensor alone, as `Pass.logits` has it.

        Raises:
            ProviderError: ONNX Runtime fails.
        """
        session = self.forward_session
        given = {n: to_device(np.ascontiguousarray(a), session.device) for n, a in feeds.items()}
        return to_host(session.run(given, [self.output])[self.output])

    def activations(self, one: Pass) -> tuple[NDArray[Any], ...]:
        """The layers' values in a run, as the file lays them out; quantised ones as the real numbers they stand for."""
        return tuple(to_host(one.values[layer]) for layer in self.layers)

    def backward(self, one: Pass, cotangent: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """The gradient at each layer for a cotangent of the score tensor.

        Raises:
            ProviderError: ONNX Runtime fails.
        """
        session = self.gradient_session
        dtype = np.float64 if one.logits.dtype == np.float64 else np.float32
        feeds = {self.gradient.cotangents[0]: to_device(np.ascontiguousarray(cotangent, dtype), session.device)}
        for residual in self.gradient.residuals:
            feeds[residual.name] = one.values[_forward_name(residual.value, residual.kind)]
        found = session.run(feeds, self.gradient.outputs)
        return tuple(to_host(found[name]) for name in self.gradient.outputs)

    def _wanted(self) -> tuple[str, ...]:
        names = [self.output, *self.layers]
        names += [_forward_name(r.value, r.kind) for r in self.gradient.residuals]
        return tuple(dict.fromkeys(names))


def open_pair(plan: Plan, gradient: Gradient, provider: Provider) -> SessionPair:
    """Open the two sessions of a plan.

    Raises:
        ProviderError: ONNX Runtime cannot load one of the models, or not on a required provider.
    """
    folder = plan.model.path.resolve().parent
    inputs = {v.name for v in plan.model.shipped.graph.inputs}
    named = (plan.output, *plan.layers)
    quantized = {n for n in named if is_quantized(plan.model.value(n))}
    values = [n for n in named if n not in quantized]
    values += [r.value for r in gradient.residuals if r.kind == "value"]
    forward = expose(
        plan.model,
        [v for v in values if v not in inputs],
        [r.value for r in gradient.residuals if r.kind == "shape"],
        sorted(quantized),
    )
    output, *layers = (f"{n}{REAL_SUFFIX}" if n in quantized else n for n in named)
    return SessionPair(
        tuple(layers),
        output,
        gradient,
        open_session(forward, provider, folder, is_half=plan.model.is_half),
        open_session(gradient.model, provider, folder),
    )


def _forward_name(value: str, kind: str) -> str:
    return value + SHAPE_SUFFIX if kind == "shape" else value
