"""Forward and backward over all samples, batch by batch: one forward for each batch, one backward for each aim."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import ProviderError
from onnxcam.explanation import Float32
from onnxcam.runtime import Pass, SessionPair
from onnxcam.samples import Samples, cut
from onnxcam.targets import Aim, Scores, Target

__all__ = ["Passes", "run_passes"]

Array = NDArray[Any]
Describe = Callable[[Array, tuple[int, ...], Mapping[str, Array]], Scores]
"""From a batch's score tensor, the samples of its rows and what was fed to its `Scores`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Passes:
    """What all runs gave, a row for each map: the maps of the first sample, then those of the second, and so on.

    Attributes:
        logits: The score tensor, a row for each sample.
        sample: The sample of each row, `(M,)`.
        class_index: `(M,)`; -1 where it is no class.
        names: What each row is about, in words.
        cotangents: Of the score tensor, a row for each map.
        score: The scores explained, `(M,)`.
        activations: Of each layer, as the file lays it out, a row (or several, of windows) for each map.
        gradients: As `activations`.
    """

    logits: Array
    sample: NDArray[np.int64]
    class_index: NDArray[np.int64]
    names: tuple[str, ...]
    cotangents: Array
    score: Float32
    activations: tuple[Float32, ...]
    gradients: tuple[Float32, ...]


def run_passes(
    pair: SessionPair, samples: Samples, main: str, batch: int | None, describe: Describe, target: Target
) -> Passes:
    """Run every sample.

    Args:
        pair: Runs the two models.
        samples: What the forward model is fed.
        main: Name of the input that counts the samples.
        batch: The batch that the model fixes; None for any.
        describe: Makes the `Scores` of a batch.
        target: What is explained.

    Raises:
        InputError: A target that does not fit the model.
        ProviderError: ONNX Runtime fails, or a result is not finite.
    """
    parts = []
    for place, feeds in cut(samples, batch):
        one, size = pair.forward(feeds), len(feeds[main])
        rows = tuple(min(row, place.stop - 1) for row in range(place.start, place.start + size))
        aims = target.aims(describe(one.logits, rows, feeds))
        parts.append(_of_batch(pair, one, aims, rows[: place.stop - place.start], size))
    first = parts[0]
    if len(parts) == 1:
        return first
    return Passes(
        np.concatenate([p.logits for p in parts]),
        np.concatenate([p.sample for p in parts]),
        np.concatenate([p.class_index for p in parts]),
        tuple(name for p in parts for name in p.names),
        np.concatenate([p.cotangents for p in parts]),
        np.concatenate([p.score for p in parts]),
        tuple(np.concatenate(of_layer) for of_layer in zip(*(p.activations for p in parts), strict=True)),
        tuple(np.concatenate(of_layer) for of_layer in zip(*(p.gradients for p in parts), strict=True)),
    )


def _of_batch(pair: SessionPair, one: Pass, aims: Sequence[Aim], rows: tuple[int, ...], size: int) -> Passes:
    """The rows of one batch; those behind `rows` are padding."""
    _require_finite(pair, "score tensor", one.logits)
    found = [pair.backward(one, aim.cotangent) for aim in aims]
    for gradient in (g for of_aim in found for g in of_aim):
        _require_finite(pair, "gradient", gradient)
    count = len(rows)
    wanted = np.stack([np.ones(size, bool) if a.is_for is None else a.is_for for a in aims], 1)[:count]
    places, which = np.nonzero(wanted)

    def picked(arrays: Sequence[Array]) -> Array:
        """Of arrays with a row (or several) for each of the batch, one for each aim, the rows of the result."""
        if len(arrays[0]) % size:
            return arrays[0]  # a score tensor of rank 1 is one sample's
        blocks = [a.reshape(size, len(a) // size, *a.shape[1:]) for a in arrays]
        chosen = blocks[0][:count] if len(aims) == 1 and wanted.all() else np.stack(blocks)[which, places]
        return chosen.reshape(-1, *arrays[0].shape[1:])

    activations = pair.activations(one)
    return Passes(
        _of_samples(one.logits, count, size),
        np.array(rows, np.int64)[places],
        np.stack([aim.class_index for aim in aims])[which, places],
        tuple(aims[int(j)].names[int(i)] for i, j in zip(places, which, strict=True)),
        picked([aim.cotangent for aim in aims]),
        np.stack([_scores(one.logits, aim, size) for aim in aims])[which, places].astype(np.float32),
        tuple(_as_float32(picked([a] * len(aims))) for a in activations),
        tuple(_as_float32(picked([of_aim[k] for of_aim in found])) for k in range(len(activations))),
    )


def _scores(logits: Array, aim: Aim, size: int) -> Array:
    if aim.score is not None:
        return aim.score
    weighted = logits.astype(np.float64) * aim.cotangent.astype(np.float64)
    total: Array = weighted.reshape(size if logits.ndim > 1 else 1, -1).sum(axis=1)
    return total


def _of_samples(array: Array, kept: int, size: int) -> Array:
    """What belongs to the first `kept` samples of a batch of `size`."""
    return array[: kept * max(1, len(array) // size)] if array.ndim else array


def _as_float32(array: Array) -> Float32:
    return array.astype(np.float32, copy=False)


def _require_finite(pair: SessionPair, what: str, array: Array) -> None:
    if not np.isfinite(array).all():
        layers = ", ".join(pair.layers)
        raise ProviderError(
            f"the {what} is not finite (NaN or infinity) with '{layers}' explained. "
            "Check the input's preprocessing; float16 models overflow easily.",
            layer=layers,
        )
