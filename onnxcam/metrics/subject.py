"""What is measured: one map, and what it is measured against."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["Probe", "Remap", "Subject"]

Probe: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""From tensors `(M, C, H, W)` to the explained class's probability (or score) for each, `(M,)`; batches inside."""

Remap: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From tensors `(M, C, H, W)` to their maps for the same class, `(M, H, W)` in [0, 1]; batches inside."""


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """One map and what it is measured against.

    Attributes:
        map: `(H, W)` in [0, 1], at the model's input size.
        regions: `(H, W)` each: where the objects are, on the model's input; empty: nobody says. A region without a
            pixel (an object that the preprocessing cut away) is as good as none.
        tensor: `(C, H, W)`, what the model got.
        probe: The explained class's probability (or score) for other tensors.
        remap: The maps of other tensors, for the same class.
        blank: Value of a tensor where nothing is seen: a scalar, or `(C,)`, one for each channel.

    Raises:
        InputError: shapes that do not fit each other, or a map with NaN, an infinity or a negative value.
    """

    map: NDArray[np.float32]
    regions: tuple[NDArray[np.bool_], ...] = ()
    tensor: NDArray[np.float32] | None = None
    probe: Probe | None = None
    remap: Remap | None = None
    blank: float | NDArray[np.float32] = 0.0

    def __post_init__(self) -> None:
        if self.map.ndim != 2 or not self.map.size:
            raise InputError(
                f"a map has shape {self.map.shape}, and metrics take (H, W). Give one map at a time.",
                shape=self.map.shape,
            )
        if not (np.isfinite(self.map).all() and self.map.min() >= 0):
            raise InputError("a map has NaN, an infinity or a negative value. Give maps in [0, 1].")
        parts: list[tuple[str, NDArray[Any]]] = [(f"region {i}", region) for i, region in enumerate(self.regions)]
        if self.tensor is not None:
            parts.append(("the tensor", self.tensor))
        for what, part in parts:
            if part.shape[-2:] != self.map.shape or part.ndim != (3 if part is self.tensor else 2):
                raise InputError(
                    f"{what} has shape {part.shape}, the map {self.map.shape}. Bring both to the model's input size.",
                    shape=part.shape,
                )

    @functools.cached_property
    def total(self) -> float:
        """The map's sum."""
        return float(self.map.sum(dtype=np.float64))

    @functools.cached_property
    def is_empty(self) -> bool:
        """Whether the map is zero everywhere: it says nothing, and every metric of it is NaN."""
        return not self.map.any()

    @property
    def region(self) -> NDArray[np.bool_]:
        """Where any object is, `(H, W)`: the union of the regions."""
        union = np.zeros(self.map.shape, np.bool_)
        for region in self.regions:
            union |= region
        return union

    @property
    def picture(self) -> NDArray[np.float32]:
        """The tensor, `(C, H, W)`, of a subject that has one."""
        assert self.tensor is not None, "a metric uses a tensor that it does not declare in `needs`"
        return self.tensor

    @property
    def blanks(self) -> NDArray[np.float32]:
        """The blank value as `(C, 1, 1)` or `(1, 1, 1)`, to stand beside a tensor."""
        return np.asarray(self.blank, np.float32).reshape(-1, 1, 1)

    @property
    def masked(self) -> NDArray[np.float32]:
        """The tensor seen through the map, `(C, H, W)`: blank + map (tensor - blank), blank where the map is 0."""
        return self.blanks + self.map * (self.picture - self.blanks)

    def scores(self, tensors: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the probe says of tensors `(M, C, H, W)`: `(M,)`."""
        assert self.probe is not None, "a metric uses a probe that it does not declare in `needs`"
        return np.asarray(self.probe(tensors), np.float64)

    def maps(self, tensors: NDArray[np.float32]) -> NDArray[np.float32]:
        """The maps of tensors `(M, C, H, W)`: `(M, H, W)`."""
        assert self.remap is not None, "a metric uses maps of other tensors and does not declare it in `needs`"
        return self.remap(tensors)
