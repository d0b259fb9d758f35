"""Runs of a model from a layer on: the layer's value is given, the rest is that of an unchanged run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.graph import REAL_SUFFIX, Model, Tail, cut_tail, expose
from onnxcam.runtime.providers import Provider
from onnxcam.runtime.session import DeviceValue, Session, open_session, to_device, to_host

__all__ = ["Held", "TailRunner", "Tails", "open_tail"]


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """What an unchanged run leaves for the tail.

    Attributes:
        activation: The layer's value as the file lays it out; of a quantised one, the real numbers it stands for.
        crossing: What else the tail reads, by name, on the device.
    """

    activation: NDArray[Any]
    crossing: Mapping[str, DeviceValue]


@dataclasses.dataclass(frozen=True, slots=True)
class TailRunner:
    """A session up to a layer, and one from there on.

    Attributes:
        tail: What the second one runs.
        head_session: Runs the forward model, whose outputs are the layer and what crosses the cut.
        tail_session: Runs the tail.
    """

    tail: Tail
    head_session: Session
    tail_session: Session

    def hold(self, feeds: Mapping[str, NDArray[Any]]) -> Held:
        """Run the forward model, and keep what the tail reads.

        Raises:
            ProviderError: ONNX Runtime fails.
        """
        session = self.head_session
        given = {n: to_device(np.ascontiguousarray(a), session.device) for n, a in feeds.items()}
        wanted = [n for n in (self.tail.layer, *self.tail.crossing) if n not in given]
        values = session.run(given, wanted) | given if wanted else given
        return Held(to_host(values[self.tail.layer]), {n: values[n] for n in self.tail.crossing})

    def logits(self, held: Held, activation: NDArray[Any]) -> NDArray[Any]:
        """The score tensor with another value of the layer, of the shape and layout of `held.activation`.

        Raises:
            ProviderError: ONNX Runtime fails.
        """
        session = self.tail_session
        given = np.ascontiguousarray(activation, held.activation.dtype)
        feeds = {self.tail.layer: to_device(given, session.device), **held.crossing}
        return to_host(session.run(feeds, [self.tail.output])[self.tail.output])


class Tails:
    """The tails of one model, each opened when it is first asked for, and kept."""

    def __init__(self, model: Model, output: str, provider: Provider) -> None:
        self._model, self._output, self._provider = model, output, provider
        self._opened: dict[str, TailRunner] = {}

    def at(self, layer: str) -> TailRunner:
        """The tail behind a layer.

        Raises:
            ModelError: It cannot be cut.
            ProviderError: ONNX Runtime cannot load one of its models.
        """
        if layer not in self._opened:
            self._opened[layer] = open_tail(self._model, layer, self._output, self._provider)
        return self._opened[layer]


def open_tail(model: Model, layer: str, output: str, provider: Provider) -> TailRunner:
    """Cut the model at a layer and open both sessions.

    Raises:
        ModelError: It cannot be cut.
        ProviderError: ONNX Runtime cannot load one of the models, or not on a required provider.
    """
    tail = cut_tail(model, layer, output)
    inputs = {v.name for v in model.shipped.graph.inputs}
    is_real = tail.layer != layer
    values = [n for n in (*([] if is_real else [layer]), *tail.crossing) if n not in inputs]
    forward = expose(model, values, reals=[layer] if is_real else [])
    assert tail.layer == (f"{layer}{REAL_SUFFIX}" if is_real else layer)
    folder = model.path.resolve().parent
    head, rest = (open_session(one, provider, folder, is_half=model.is_half) for one in (forward, tail.model))
    return TailRunner(tail, head, rest)
