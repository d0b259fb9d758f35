"""What a method is given, and what it gives."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["NO_MODEL", "Evidence", "NoModel", "Runs", "Saliency"]

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Saliency:
    """What a method makes of one layer.

    Attributes:
        raw: the map at the layer's resolution, float32 `(N, *space)`, at least 0, not scaled; what float32 cannot hold
            is its largest number.
        alpha: weight of each channel, float32 `(N, K)`; None where a channel has another weight at every position.
        notes: what the reader must know of this layer under this method.
    """

    raw: NDArray[np.float32]
    alpha: NDArray[np.float32] | None
    notes: tuple[str, ...] = ()


class Runs(Protocol):
    """Forward runs of something changed. Nothing is opened, and nothing runs, before a method asks.

    A score is the sum of the score tensor times the row's own cotangent, which stays as it was in the unchanged run.
    What is changed comes one by one from an iterable, so that a generator need not hold all of it at once.
    """

    @property
    def inputs(self) -> NDArray[Any]:
        """What the input of the pictures was fed for each row, `(N, …)`, as the model takes it."""
        ...

    @property
    def space(self) -> tuple[int, ...]:
        """The axes of `inputs` that are spatial, in the order of the activation's."""
        ...

    @property
    def scores(self) -> NDArray[np.float64]:
        """The unchanged scores, `(N,)`."""
        ...

    def of_inputs(self, row: int, changed: Iterable[NDArray[Any]]) -> NDArray[np.float64]:
        """The scores of other inputs in place of `inputs[row]`, each of its shape, `(M,)`."""
        ...

    def of_activations(self, row: int, changed: Iterable[NDArray[Any]]) -> NDArray[np.float64]:
        """The scores with other activations in place of `activation[row]`, each `(K, *space)`, `(M,)`."""
        ...


class NoModel:
    """The runs of evidence that came without a model: there are none."""

    @property
    def inputs(self) -> NDArray[Any]:
        """Refused.

        Raises:
            InputError: always.
        """
        raise self._refusal()

    @property
    def space(self) -> tuple[int, ...]:
        """Refused, as `inputs`."""
        raise self._refusal()

    @property
    def scores(self) -> NDArray[np.float64]:
        """Refused, as `inputs`."""
        raise self._refusal()

    def of_inputs(self, row: int, changed: Iterable[NDArray[Any]]) -> NDArray[np.float64]:
        """Refused, as `inputs`."""
        raise self._refusal()

    def of_activations(self, row: int, changed: Iterable[NDArray[Any]]) -> NDArray[np.float64]:
        """Refused, as `inputs`."""
        raise self._refusal()

    def _refusal(self) -> InputError:
        return InputError(
            "this method runs the model again, and the evidence came without one. Use Explainer.explain(method=…)."
        )


NO_MODEL = NoModel()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One layer of a batch, channels first, with one spatial dimension or more.

    Attributes:
        activation: A, float32 `(N, K, *space)`.
        gradient: dy/dA, of the same shape.
        runs: further runs of the model, for methods that ask for them.

    Raises:
        InputError: the two shapes differ, or the layer has no spatial dimension or an empty one.
    """

    activation: NDArray[np.float32]
    gradient: NDArray[np.float32]
    runs: Runs = NO_MODEL

    def __post_init__(self) -> None:
        shape = self.activation.shape
        if shape != self.gradient.shape:
            raise InputError(
                f"the activation has shape {shape}, its gradient {self.gradient.shape}; they must be equal.",
                activation=shape,
                gradient=self.gradient.shape,
            )
        if len(shape) < 3 or 0 in shape[1:]:
            raise InputError(
                f"the layer's activation {shape} has no positions to map; expected (N, K, *space). "
                "Choose a layer before the pooling or flattening with --layer; onnxcam inspect lists them.",
                activation=shape,
            )

    @property
    def space(self) -> tuple[int, ...]:
        """The layer's spatial dimensions."""
        return self.activation.shape[2:]

    @property
    def flat(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Activation and gradient with all positions in one axis, `(N, K, P)`."""
        n, k, *space = self.activation.shape
        shape = (n, k, math.prod(space))
        return self.activation.reshape(shape), self.gradient.reshape(shape)

    def by_channel(self, alpha: NDArray[Any], notes: tuple[str, ...] = ()) -> Saliency:
        """ReLU(sum_k alpha_k A_k) for channel weights `(N, K)`; the sum over channels runs in float64."""
        activation, _ = self.flat
        # As a matrix product: several times faster than a reduction over an axis in the middle.
        weighted = alpha[:, None, :].astype(np.float64) @ activation
        return Saliency(self._map(weighted), _as_float32(alpha), notes)

    def by_position(self, summed: NDArray[np.float64]) -> Saliency:
        """ReLU of what was summed up over the channels at each position, `(N, P)`."""
        return Saliency(self._map(summed), None)

    def _map(self, summed: NDArray[np.float64]) -> NDArray[np.float32]:
        return _as_float32(np.maximum(summed, 0)).reshape(len(self.activation), *self.space)


def _as_float32(array: NDArray[Any]) -> NDArray[np.float32]:
    clipped: NDArray[np.float32] = np.clip(array, -LARGEST, LARGEST).astype(np.float32, copy=False)
    return clipped
