"""The forward and the gradient session of one plan, and the values that pass between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.autodiff import Gradient
from onnxcam.graph import SHAPE_SUFFIX, expose
from onnxcam.plan import Plan
from onnxcam.runtime.providers import Provider
from onnxcam.runtime.session import DeviceValue, Session, open_session, to_device, to_host

__all__ = ["Pass", "SessionPair", "open_pair"]


@dataclasses.dataclass(frozen=True, slots=True)
class Pass:
    """One forward run: its values, still on the device.

    Attributes:
        values: By forward name; the shape of a value under its name and `::shape`.
        logits: The score tensor as the model gives it, on the host.
    """

    values: Mapping[str, DeviceValue]
    logits: NDArray[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class SessionPair:
    """Forward once, then the gradient for as many cotangents as wanted; residuals pass without a copy."""

    plan: Plan
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
        return Pass(values, to_host(values[self.plan.output]))

    def activation(self, one: Pass) -> NDArray[Any]:
        """The layer's value in a run, as the file lays it out."""
        return to_host(one.values[self.plan.layer])

    def backward(self, one: Pass, cotangent: NDArray[Any]) -> NDArray[Any]:
        """The gradient at the layer for a cotangent of the score tensor.

        Raises:
            ProviderError: ONNX Runtime fails.
        """
        session = self.gradient_session
        dtype = np.float64 if one.logits.dtype == np.float64 else np.float32
        feeds = {self.gradient.cotangents[0]: to_device(np.ascontiguousarray(cotangent, dtype), session.device)}
        for residual in self.gradient.residuals:
            feeds[residual.name] = one.values[_forward_name(residual.value, residual.kind)]
        return to_host(session.run(feeds, self.gradient.outputs)[self.gradient.outputs[0]])

    def _wanted(self) -> tuple[str, ...]:
        names = [self.plan.output, self.plan.layer]
        names += [_forward_name(r.value, r.kind) for r in self.gradient.residuals]
        return tuple(dict.fromkeys(names))


def open_pair(plan: Plan, gradient: Gradient, provider: Provider) -> SessionPair:
    """Open the two sessions of a plan.

    Raises:
        ProviderError: ONNX Runtime cannot load one of the models, or not on a required provider.
    """
    folder = plan.model.path.resolve().parent
    values = [plan.output, plan.layer, *(r.value for r in gradient.residuals if r.kind == "value")]
    inputs = {v.name for v in plan.model.shipped.graph.inputs}
    forward = expose(
        plan.model,
        [v for v in values if v not in inputs],
        [r.value for r in gradient.residuals if r.kind == "shape"],
    )
    return SessionPair(
        plan,
        gradient,
        open_session(forward, provider, folder, is_half=plan.model.is_half),
        open_session(gradient.model, provider, folder),
    )


def _forward_name(value: str, kind: str) -> str:
    return value + SHAPE_SUFFIX if kind == "shape" else value
