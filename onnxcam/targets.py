"""What is explained, and for whom: small functions from the score tensor to a cotangent.

A target turns the score tensor (logits) of a batch into a cotangent of the same shape: one where a score is explained,
zero elsewhere. Score tensors are laid out (N, C) or (N, C, *positions); with positions, a class means its score summed
over all of them. A tensor of rank 1 is one sample's scores.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError, nearest

__all__ = ["ClassIndex", "Cotangent", "PredictedClass", "Target", "parse_target", "resolve_target"]

Logits = NDArray[Any]


@runtime_checkable
class Target(Protocol):
    """What `explain` takes as `target` besides the short forms."""

    def class_index(self, logits: Logits) -> NDArray[np.int64]:
        """The class explained for each sample, (N,); -1 where the target is not one class."""
        ...

    def cotangent(self, logits: Logits) -> Logits:
        """The cotangent, of the shape of `logits`."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class PredictedClass:
    """Each sample's class of the highest score."""

    def class_index(self, logits: Logits) -> NDArray[np.int64]:
        """The arg max over the classes, (N,)."""
        return np.asarray(np.argmax(_by_class(logits), axis=1), dtype=np.int64)

    def cotangent(self, logits: Logits) -> Logits:
        """One at the predicted class."""
        return _one_hot(logits, self.class_index(logits))


@dataclasses.dataclass(frozen=True, slots=True)
class ClassIndex:
    """The same class for every sample, or one for each.

    Attributes:
        index: A class, or N of them.
    """

    index: int | tuple[int, ...]

    def class_index(self, logits: Logits) -> NDArray[np.int64]:
        """The class, (N,).

        Raises:
            InputError: A class that the model does not have, or not as many classes as samples.
        """
        n, classes = _by_class(logits).shape
        if isinstance(self.index, tuple) and len(self.index) != n:
            raise InputError(
                f"{len(self.index)} target classes for {n} inputs. Give one class, or as many as inputs.",
                targets=len(self.index),
                inputs=n,
            )
        indices = np.broadcast_to(np.asarray(self.index, dtype=np.int64), (n,))
        wrong = indices[(indices < 0) | (indices >= classes)]
        if wrong.size:
            raise InputError(
                f"no class {wrong[0]}: the score tensor has {classes} classes, 0 to {classes - 1}.",
                class_index=int(wrong[0]),
                classes=classes,
            )
        return indices

    def cotangent(self, logits: Logits) -> Logits:
        """One at the class."""
        return _one_hot(logits, self.class_index(logits))


@dataclasses.dataclass(frozen=True, slots=True)
class Cotangent:
    """A function of the score tensor, or an array: the cotangent itself."""

    of: Callable[[Logits], Logits] | Logits

    def class_index(self, logits: Logits) -> NDArray[np.int64]:
        """Minus one: not a class, (N,)."""
        return np.full(_by_class(logits).shape[0], -1, dtype=np.int64)

    def cotangent(self, logits: Logits) -> Logits:
        """What the function gives.

        Raises:
            InputError: Not an array of the shape of the score tensor.
        """
        found = np.asarray(self.of(logits) if callable(self.of) else self.of)
        if found.shape != logits.shape or found.dtype.kind not in "fiub":
            raise InputError(
                f"the cotangent is {found.dtype} of shape {found.shape}; the score tensor has shape {logits.shape}. "
                "Return numbers, one for each score.",
                given=found.shape,
                expected=logits.shape,
            )
        return found.astype(np.result_type(logits.dtype, np.float32))  # float16 would lose a small one


def parse_target(text: str) -> int | str | None:
    """The target that a user writes: a class index, a label, or None for `predicted`."""
    if text == "predicted":
        return None
    return int(text) if text.lstrip("-").isdecimal() else text


def resolve_target(target: object, labels: Sequence[str] | None = None) -> Target:
    """The target that a short form stands for.

    Args:
        target: None, an int, a sequence of ints or labels, a label, a `Target`, or a function from the score tensor to
            a cotangent.
        labels: Class names by index.

    Raises:
        InputError: A label that is unknown or names several classes, or something that is no target.
    """
    if target is None:
        return PredictedClass()
    if isinstance(target, Target):
        return target
    if isinstance(target, (int, np.integer)) and not isinstance(target, bool):
        return ClassIndex(int(target))
    if isinstance(target, str):
        return ClassIndex(_index_of(target, labels))
    if callable(target):
        return Cotangent(target)
    if isinstance(target, (Sequence, np.ndarray)) and len(target) > 0:
        return ClassIndex(tuple(_index_of(t, labels) if isinstance(t, str) else _as_index(t) for t in target))
    raise _no_target(target)


def _as_index(value: object) -> int:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise _no_target(value)


def _no_target(value: object) -> InputError:
    return InputError(
        f"{value!r} is no target. Give a class index, a label, one index for each input, or a function of the scores.",
        target=value,
    )


def _index_of(label: str, labels: Sequence[str] | None) -> int:
    if labels is None:
        raise InputError(
            f"the label '{label}' cannot be looked up: the model names no classes. Give a labels file or an index.",
            label=label,
        )
    found = [i for i, name in enumerate(labels) if name == label]
    if not found:
        found = [i for i, name in enumerate(labels) if name.casefold() == label.casefold()]
    if not found:
        # ImageNet's names are lists of synonyms: "tabby, tabby cat".
        found = [i for i, name in enumerate(labels) if label.casefold() in map(str.strip, name.casefold().split(","))]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"the label '{label}' names classes {found}. Give the index.", label=label, indices=found)
    raise InputError(
        f"no class is called '{label}'.{nearest(label, labels)} Give one of the {len(labels)} names, or an index.",
        label=label,
    )


def _by_class(logits: Logits) -> Logits:
    """The scores as (N, C), summed over positions."""
    if logits.ndim < 2:
        return logits.reshape(1, -1)
    if logits.ndim == 2:
        return logits
    dtype = np.result_type(logits.dtype, np.float32)  # a sum over a picture is more than float16 holds
    summed: Logits = logits.reshape(*logits.shape[:2], -1).sum(axis=-1, dtype=dtype)
    return summed


def _one_hot(logits: Logits, indices: NDArray[np.int64]) -> Logits:
    cotangent = np.zeros_like(logits)
    if logits.ndim < 2:
        cotangent.reshape(-1)[indices[0]] = 1
    else:
        cotangent[np.arange(len(indices)), indices] = 1
    return cotangent
