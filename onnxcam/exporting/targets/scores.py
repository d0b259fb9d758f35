"""What a target is given in a graph, and what it gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.targets import Scores

__all__ = ["GraphAim", "GraphScores", "indicator", "is_among"]


@dataclasses.dataclass(frozen=True, slots=True)
class GraphAim:
    """One score for each sample: what is differentiated.

    Attributes:
        name: What it is in words, the same in every run.
        class_index: The class, int64 `(N,)`; -1 where it is no class.
        cotangent: The score's derivative with respect to the score tensor, in its layout.
    """

    name: str
    class_index: Any
    cotangent: Any


@dataclasses.dataclass(frozen=True, slots=True)
class GraphScores:
    """The score tensor as a value of a graph.

    Attributes:
        logits: The value: real numbers of the emitter's type, before softmax or sigmoid.
        shape: Its dimensions, None for each that is open; one of rank 1 is one sample's scores.
        outputs: The model's float outputs in the same graph, by name.
        sample: The scores of a real run: what depends on data is decided by them, once; its axes are those of `logits`.
    """

    logits: Any
    shape: tuple[int | None, ...]
    outputs: Mapping[str, Any]
    sample: Scores

    @property
    def classes(self) -> int:
        """Classes of the score tensor."""
        return self.sample.classes

    @property
    def has_places(self) -> bool:
        """Whether a class has more scores than one."""
        return bool(self.sample.positions) or int(self.sample.by_class().shape[2]) != 1

    def count(self, op: Emitter) -> Any:
        """The number of samples, int64 `(1,)`."""
        return np.array([1], np.int64) if len(self.shape) < 2 else op.Slice(op.Shape(self.logits), [0], [1])

    def constant(self, op: Emitter, value: int) -> ir.Value:
        """One number for all samples, int64 `(N,)`."""
        spread: ir.Value = op.Expand(np.array([value], np.int64), self.count(op))
        return spread

    def by_class(self, op: Emitter) -> Any:
        """The scores as `(N, C, P)`."""
        if len(self.shape) < 2:
            return op.Reshape(self.logits, [1, -1, 1])
        return op.Reshape(self._classes_second(op), [0, 0, -1 if len(self.shape) > 2 else 1])

    def by_sample(self, op: Emitter) -> Any:
        """The scores of each class summed over all places, `(N, C)`."""
        if len(self.shape) == 2:
            return self.logits
        return op.ReduceSum(self.by_class(op), [2], keepdims=0)

    def laid_out(self, op: Emitter, weights: Any) -> Any:
        """Weights `(N, C, P)` as a cotangent: in the score tensor's layout."""
        rank = len(self.shape)
        if rank < 2:
            return op.Reshape(weights, [-1])
        others = [a for a in range(1, rank) if a != self.sample.class_axis]
        moved = op.Reshape(weights, self._sizes(op, others))
        back = [0, *(1 if a == self.sample.class_axis else 2 + others.index(a) for a in range(1, rank))]
        return moved if back == sorted(back) else op.Transpose(moved, perm=back)

    def one_hot(self, op: Emitter, classes: Any, over: Any | None = None, sign: int = 1) -> Any:
        """The cotangent of one class for each sample, at the places that `over`, `(N, P)`, weighs, or at all."""
        hot = indicator(op, classes, self.classes, on=sign)
        if len(self.shape) == 2:
            return hot if over is None else op.Mul(hot, over)
        spread = op.Unsqueeze(hot, [2])
        if over is not None:
            return self.laid_out(op, op.Mul(spread, op.Unsqueeze(over, [1])))
        return self.laid_out(op, op.Expand(spread, op.Shape(self.by_class(op))) if self.has_places else spread)

    def _classes_second(self, op: Emitter) -> Any:
        axis = self.sample.class_axis
        if axis == 1:
            return self.logits
        others = [a for a in range(1, len(self.shape)) if a != axis]
        return op.Transpose(self.logits, perm=[0, axis, *others])

    def _sizes(self, op: Emitter, others: list[int]) -> Any:
        """The dimensions behind samples and classes, as Reshape takes them."""
        known = [self.shape[a] for a in others]
        if known.count(None) <= 1:
            return [0, 0, *(-1 if size is None else size for size in known)]
        shape = op.Shape(self.logits)
        return op.Concat([0, 0], *(op.Slice(shape, [a], [a + 1]) for a in others), axis=0)


def indicator(op: Emitter, index: Any, depth: Any, *, axis: int = -1, on: int = 1) -> Any:
    """A new axis of so many, which is `on` at the index and 0 elsewhere."""
    size = np.array(depth, np.int64) if isinstance(depth, int) else depth
    if op.dtype == ir.DataType.FLOAT:
        return op.OneHot(index, size, np.array([0, on], np.float32), axis=axis)
    # ONNX Runtime has no OneHot of doubles.
    return op.Cast(op.OneHot(index, size, np.array([0, on], np.int64), axis=axis), to=op.dtype)


def is_among(op: Emitter, chosen: Any, classes: int) -> Any:
    """Whether what `cam_target` says is one of so many classes: a negative number and one too large are none."""
    return op.And(op.GreaterOrEqual(chosen, 0), op.Less(chosen, classes))
