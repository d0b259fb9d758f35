"""What a target is given: the score tensor of a batch, and what its axes and samples are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["Aim", "Array", "Frame", "Scores", "named"]

Array = NDArray[Any]


class Frame(Protocol):
    """Where the model's input lies on the original picture (`imaging.Geometry`)."""

    def to_original_point(self, x: Any, y: Any) -> tuple[Any, Any]:
        """The original's point that arrives at (x, y) of the model's input; points where x and y are arrays."""
        ...


def _nothing() -> dict[str, Array]:
    return {}


def _cannot_run(_: object) -> Array:
    raise InputError("this target runs the model again, which it can only do within Explainer.explain.")


@dataclasses.dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a batch.

    Attributes:
        logits: The score tensor, `(n, …)`, before softmax or sigmoid as far as the plan could step; one of rank 1 is
            one sample's scores.
        class_axis: Its axis of the classes.
        positions: Its axes along which the place changes, none for a classifier.
        before: The operators that it stands before, such as Softmax or Sigmoid.
        labels: Class names by index, None where nobody knows them.
        rows: For each row of the batch its sample's number among all that are explained; padding repeats the last.
        total: Samples that are explained.
        input_size: The size of the model's input in space, such as (H, W).
        frames: For each row where the model's input lies on the picture; None where a tensor was given.
        outputs: Reads the model's float outputs of this batch, by name.
        embed: Runs the model on another input, as `explain` takes it, and gives its score tensor.
        head: What the user says of a detector's head: its `family`, and settings of it; None for nothing.
    """

    logits: Array
    class_axis: int = 1
    positions: tuple[int, ...] = ()
    before: tuple[str, ...] = ()
    labels: tuple[str, ...] | None = None
    rows: tuple[int, ...] = ()
    total: int = 0
    input_size: tuple[int, ...] = ()
    frames: tuple[Frame | None, ...] = ()
    outputs: Callable[[], Mapping[str, Array]] = _nothing
    embed: Callable[[object], Array] = _cannot_run
    head: Mapping[str, Any] | None = None

    @property
    def count(self) -> int:
        """Rows of the batch."""
        return len(self.logits) if self.logits.ndim > 1 else 1

    @property
    def classes(self) -> int:
        """Classes of the score tensor."""
        return int(self.by_class().shape[1])

    @property
    def grid(self) -> tuple[int, ...]:
        """The sizes of the position axes."""
        return tuple(self.logits.shape[axis] for axis in self.positions)

    def by_class(self) -> Array:
        """The scores as `(n, C, P)`: P is 1 where there are no positions, and counts all other axes."""
        if self.logits.ndim < 2:
            return self.logits.reshape(1, -1, 1)
        return np.moveaxis(self.logits, self.class_axis, 1).reshape(self.count, self.logits.shape[self.class_axis], -1)

    def laid_out(self, weights: Array) -> Array:
        """Weights `(n, C, P)` as a cotangent: in the score tensor's layout."""
        if self.logits.ndim < 2:
            return weights.reshape(self.logits.shape).astype(self.logits.dtype)
        shape = list(self.logits.shape)
        size = shape.pop(self.class_axis)
        moved = weights.reshape(shape[0], size, *shape[1:])
        return np.moveaxis(moved, 1, self.class_axis).astype(self.logits.dtype)

    def one_hot(self, classes: NDArray[np.int64], over: Array | None = None, sign: int = 1) -> Array:
        """The cotangent of one class for each row, at the positions `over`, `(n, P)`, or at all."""
        weights = np.zeros(self.by_class().shape, np.float32)
        weights[np.arange(len(classes)), classes] = sign if over is None else sign * over.astype(np.float32)
        return self.laid_out(weights)

    def checked(self, index: int) -> int:
        """The index, if the model has such a class.

        Raises:
            InputError: It has not.
        """
        if not 0 <= index < self.classes:
            raise InputError(
                f"no class {index}: the score tensor has {self.classes} classes, 0 to {self.classes - 1}.",
                class_index=index,
                classes=self.classes,
            )
        return index

    def points(self, row: int) -> tuple[Array, Array]:
        """X and y of the centre of each position, `(P,)`, in pixels of the row's picture (of the input for a tensor).

        Raises:
            InputError: The scores have no picture's positions.
        """
        if len(self.grid) != 2 or len(self.input_size) != 2:
            raise InputError(
                f"the score tensor of shape {list(self.logits.shape)} has {len(self.grid)} axes of positions, "
                "not a picture's two. Name a class alone, or a position by its index.",
                positions=self.positions,
            )
        (h, w), (height, width) = self.grid, self.input_size
        y, x = np.meshgrid((np.arange(h) + 0.5) * height / h, (np.arange(w) + 0.5) * width / w, indexing="ij")
        frame = self.frames[row] if row < len(self.frames) else None
        if frame is None:
            return x.reshape(-1), y.reshape(-1)
        x, y = frame.to_original_point(x, y)
        return np.broadcast_to(x, (h, w)).reshape(-1), np.broadcast_to(y, (h, w)).reshape(-1)


@dataclasses.dataclass(frozen=True, slots=True)
class Aim:
    """One score for each row of a batch: what is differentiated.

    Attributes:
        class_index: The class, `(n,)`; -1 where it is no class.
        cotangent: The score's derivative with respect to the score tensor, in its layout.
        names: What it is in words, `(n,)`.
        score: Its value, `(n,)`; None for the sum of scores times cotangent, which it is for a linear score.
        is_for: The rows that it is for, `(n,)`; None for all.
    """

    class_index: NDArray[np.int64]
    cotangent: Array
    names: tuple[str, ...]
    score: Array | None = None
    is_for: NDArray[np.bool_] | None = None


def named(index: int, labels: Sequence[str] | None) -> str:
    """A class in words: `tabby (281)`, or `class 281` where it has no name."""
    has_name = labels is not None and 0 <= index < len(labels)
    return f"{labels[index]} ({index})" if has_name and labels is not None else f"class {index}"
