"""The result: what the model looked at, for each sample of a batch."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.imaging import Backdrop, Geometry, overlay, plot

__all__ = ["Explanation", "LayerExplanation", "Picture"]

Float32 = NDArray[np.float32]


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was explained.

    Attributes:
        image: The upright original, uint8 RGB (H, W, 3).
        geometry: Where the model's input lies on it.
    """

    image: NDArray[np.uint8]
    geometry: Geometry


@dataclasses.dataclass(frozen=True, slots=True)
class LayerExplanation:
    """What one layer contributes, batch first.

    Attributes:
        layer: Name of the value.
        activation: Its activation A, channels first, (N, K, *space) float32.
        gradient: dy/dA there, (N, K, *space) float32.
        alpha: Channel weights, (N, K) float32; None for a method without.
        raw: The map at the layer's resolution, after ReLU, before any scaling, (N, *space) float32.
        notes: What the method says of it.
    """

    layer: str
    activation: Float32
    gradient: Float32
    alpha: Float32 | None
    raw: Float32
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """The maps of a batch and what they are made from, batch first.

    Every field but `logits` (and `pictures`, `backdrops`) has a row for each map: N of them, one for each sample unless
    the target has several. Where several layers are explained, `map` is the average of theirs, and `activation`,
    `gradient`, `alpha` and `raw` are the first one's; `layers` has each.

    Attributes:
        logits: The score tensor, before softmax, as the model gives it.
        class_index: The classes explained, (N,) int64; -1 where the target is not one class.
        score: The scores explained, before softmax, (N,) float32.
        activation: The layer's activation A, channels first, (N, K, *space) float32.
        gradient: dy/dA at the layer, (N, K, *space) float32.
        alpha: Channel weights, (N, K) float32; None where the method weighs each position of a channel on its own.
        raw: The map at the layer's resolution, after ReLU, before any scaling, (N, *space) float32.
        map: The map at the model's input resolution, in [0, 1], (N, *input space) float32.
        layer: Name of the value explained; of several, separated by commas.
        reason: Why this layer and this score, one sentence.
        method: Name of the method.
        provider: `cpu` or `cuda`: what ran the model.
        notes: What the reader must know: an all-zero map, a guessed preprocessing, …
        class_name: The classes' names where they are known, else None, (N,).
        pictures: The originals, where pictures were given.
        backdrops: What the model got, channels first, with what its file tells of it, where no pictures were given.
        layers: What each layer contributes.
        sample: Whose map each row is, (N,) int64: the samples' numbers, where a target has several maps for each.
        target: What each row explains, in words, (N,).
    """

    logits: NDArray[Any]
    class_index: NDArray[np.int64]
    score: Float32
    activation: Float32
    gradient: Float32
    alpha: Float32 | None
    raw: Float32
    map: Float32
    layer: str
    method: str
    provider: str
    notes: tuple[str, ...]
    class_name: tuple[str | None, ...] = ()
    pictures: tuple[Picture, ...] = dataclasses.field(default=(), repr=False)
    backdrops: tuple[Backdrop, ...] = dataclasses.field(default=(), repr=False)
    layers: tuple[LayerExplanation, ...] = dataclasses.field(default=(), repr=False)
    reason: str = ""
    sample: NDArray[np.int64] = dataclasses.field(default_factory=lambda: np.zeros(0, np.int64))
    target: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of maps."""
        return len(self.raw)

    def _sample(self, index: int) -> int:
        return int(self.sample[index]) if len(self.sample) else index

    def overlay(self, index: int = 0, *, colormap: str = "jet", alpha: float = 0.5) -> NDArray[np.uint8]:
        """The map over the original picture, mapped back through crop or letterbox, uint8 RGB (H, W, 3).

        Raises:
            InputError: Tensors were explained, not pictures, or no such colour map.
        """
        if not self.pictures:
            raise InputError(
                "there is no picture to lay the map over: tensors were explained. Use .plot() or .map instead."
            )
        picture = self.pictures[self._sample(index)]
        saliency = picture.geometry.to_original(self.map[index])
        return overlay(picture.image, saliency, colormap=colormap, alpha=alpha, seen=picture.geometry.seen)

    def plot(self, index: int = 0, *, colormap: str = "jet", alpha: float = 0.5) -> NDArray[np.uint8]:
        """The map over what the model got, uint8 RGB (H, W, 3): a picture's overlay, or a drawing of a tensor.

        A signal is a curve coloured by the map, over seconds where its sample rate is known; an array in two dimensions
        lies beside itself with the map over it; a volume is shown in three slices through the middle and three through
        the map's peak.

        Raises:
            InputError: No such colour map, or the tensor has no one to three dimensions in space.
        """
        if self.pictures:
            return self.overlay(index, colormap=colormap, alpha=alpha)
        return plot(self.backdrops[self._sample(index)], self.map[index], colormap=colormap, alpha=alpha)
