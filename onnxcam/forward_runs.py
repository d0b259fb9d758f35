"""The runs that a method may ask for, of one layer of an explained batch."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.runtime import SessionPair, Tails
from onnxcam.samples import InputSpec, Samples

__all__ = ["Explained", "ForwardRuns", "LayOut"]

Array = NDArray[Any]

LayOut = Callable[[Array, Array], Array]
"""From activations, channels first `(M, K, *space)`, and the layer's unchanged value for M samples as the file lays it
out, to the changed value in that layout."""

BATCH = 16
"""Changed samples that run at once in a model of dynamic batch."""


@dataclasses.dataclass(frozen=True, slots=True)
class Explained:
    """What was explained, whichever the layer.

    Attributes:
        pair: Runs the forward model.
        tails: Run it from a layer on.
        samples: What the model was fed.
        input: The input that pictures and bare arrays are for.
        logits: The score tensor, a row for each sample.
        cotangents: Of the score tensor, a row for each row of the evidence.
        rows: For each row of the evidence, the sample it is about.
    """

    pair: SessionPair
    tails: Tails
    samples: Samples
    input: InputSpec
    logits: Array
    cotangents: Array
    rows: Sequence[int]

    @property
    def scores(self) -> NDArray[np.float64]:
        """The scores explained, `(N,)`."""
        logits = self.logits.reshape(self.samples.count, -1)[list(self.rows)].astype(np.float64)
        scores: NDArray[np.float64] = np.sum(logits * self.cotangents.reshape(len(self.rows), -1), axis=1)
        return scores

    def batches(self, changed: Iterable[Array], shape: tuple[int, ...], what: str) -> Iterator[tuple[Array, int]]:
        """The arrays in batches of one size, each with how many of it count; the last is padded by repeating its last.

        The size is the model's own, or up to `BATCH`; that of the explained run where an input does not count samples,
        and 1 where the scores have no axis of them.

        Raises:
            InputError: An array of another shape.
        """
        own = self.input.shape[0] if self.input.shape else None
        size = own or (self.samples.count if self.samples.whole else None)
        arrays = iter(changed)
        one = list(itertools.islice(arrays, size or (BATCH if self.cotangents.ndim > 1 else 1)))
        size = size or len(one)
        while one:
            for array in one:
                if array.shape != shape:
                    raise InputError(
                        f"a changed {what} has shape {array.shape}; the unchanged one has {shape}.",
                        expected=shape,
                        given=array.shape,
                    )
            yield np.stack([*one, *[one[-1]] * (size - len(one))]), len(one)
            one = list(itertools.islice(arrays, size))

    def feeds(self, row: int, size: int) -> dict[str, Array]:
        """The sample of a row, `size` times."""
        return dict(self.samples.rows([self.rows[row]] * size).feeds)

    def score(self, row: int, logits: Array, size: int) -> NDArray[np.float64]:
        """The scores of `size` samples by the row's cotangent."""
        cotangent = self.cotangents.reshape(len(self.rows), -1)[row].astype(np.float64)
        scores: NDArray[np.float64] = logits.reshape(size, -1).astype(np.float64) @ cotangent
        return scores


@dataclasses.dataclass(frozen=True, slots=True)
class ForwardRuns:
    """Runs of the explained model with another input, or with another value of one layer, in batches.

    The sessions of a layer's tail are opened when a method first asks for it.

    Attributes:
        explained: What was explained.
        layer: Name of the layer's value.
        shape: Of an activation of one sample, `(K, *space)`.
        lay_out: How activations become the layer's value; None where the file has channels first.
    """

    explained: Explained
    layer: str
    shape: tuple[int, ...]
    lay_out: LayOut | None = None

    @property
    def inputs(self) -> Array:
        """What the input of the pictures was fed for each row, `(N, …)`."""
        array: Array = self.explained.samples.feeds[self.explained.input.name]
        return array[list(self.explained.rows)]

    @property
    def space(self) -> tuple[int, ...]:
        """The spatial axes of `inputs`."""
        rank = self.explained.samples.feeds[self.explained.input.name].ndim
        spec = self.explained.input
        known = spec if spec.shape else dataclasses.replace(spec, shape=(None,) * rank)
        return known.space_axes(len(self.shape) - 1)

    @property
    def scores(self) -> NDArray[np.float64]:
        """The unchanged scores, `(N,)`."""
        return self.explained.scores

    def of_inputs(self, row: int, changed: Iterable[Array]) -> NDArray[np.float64]:
        """The scores of other inputs in place of `inputs[row]`, `(M,)`.

        Raises:
            InputError: An input of another shape.
            ProviderError: ONNX Runtime fails.
        """
        explained, name = self.explained, self.explained.input.name
        given = explained.samples.feeds[name]
        found = []
        for chunk, kept in explained.batches(changed, given.shape[1:], "input"):
            feeds = explained.feeds(row, len(chunk)) | {name: chunk.astype(given.dtype, copy=False)}
            found.append(explained.score(row, explained.pair.logits(feeds), len(chunk))[:kept])
        return np.concatenate(found) if found else np.empty(0)

    def of_activations(self, row: int, changed: Iterable[Array]) -> NDArray[np.float64]:
        """The scores with other activations in place of the row's, each `(K, *space)`, `(M,)`.

        All that does not depend on the layer, such as a skip connection past it, is as in the unchanged run.

        Raises:
            InputError: An activation of another shape, or a layer of another layout.
            ModelError: The model cannot be cut at the layer.
            ProviderError: ONNX Runtime fails.
        """
        explained, runner, held = self.explained, self.explained.tails.at(self.layer), None
        found = []
        for chunk, kept in explained.batches(changed, self.shape, "activation"):
            held = held or runner.hold(explained.feeds(row, len(chunk)))
            value = chunk if self.lay_out is None else self.lay_out(chunk, held.activation)
            if value.shape != held.activation.shape:
                raise InputError(
                    f"the layer '{self.layer}' has shape {held.activation.shape} for {len(chunk)} samples, and cannot "
                    f"be given activations as {value.shape}. Choose another layer with --layer.",
                    layer=self.layer,
                )
            found.append(explained.score(row, runner.logits(held, value), len(chunk))[:kept])
        return np.concatenate(found) if found else np.empty(0)
