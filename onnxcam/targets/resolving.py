"""From what a user writes to the target that it stands for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from onnxcam.errors import InputError, nearest
from onnxcam.targets.classes import ClassIndex, PredictedClass
from onnxcam.targets.cotangent import Cotangent
from onnxcam.targets.target import SPELLINGS, Target

__all__ = ["PREDICTED", "resolve_target"]

PREDICTED = "predicted"


def resolve_target(target: object, labels: Sequence[str] | None = None) -> Target:
    """The target that a short form stands for.

    A text is a class's name, if there is one of that name; else its index in digits; else a spelling, such as `top5`.

    Args:
        target: None or `predicted`, an int, a sequence of ints or labels (one for each sample), a text, a `Target`, or
            a function from the score tensor to a cotangent.
        labels: Class names by index.

    Raises:
        InputError: A label that is unknown or names several classes, or something that is no target.
    """
    if target is None:
        return PredictedClass()
    if isinstance(target, str):
        return _of_text(target, labels)
    if isinstance(target, Target):
        return target
    if isinstance(target, (int, np.integer)) and not isinstance(target, bool):
        return ClassIndex(int(target))
    if callable(target):
        return Cotangent(target)
    if isinstance(target, (Sequence, np.ndarray)) and len(target) > 0:
        return ClassIndex(tuple(_index_of(t, labels) if isinstance(t, str) else _as_index(t) for t in target))
    raise _no_target(target)


def _of_text(text: str, labels: Sequence[str] | None) -> Target:
    if _named(text, labels):
        return ClassIndex(_index_of(text, labels))
    if text == PREDICTED:
        return PredictedClass()
    if text.lstrip("-").isdecimal():
        return ClassIndex(int(text))
    for spelling in SPELLINGS:
        match = spelling.pattern.fullmatch(text)
        if match is not None:
            return spelling.make(match, lambda name: _index_of(name, labels))
    return ClassIndex(_index_of(text, labels))


def _as_index(value: object) -> int:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise _no_target(value)


def _no_target(value: object) -> InputError:
    return InputError(
        f"{value!r} is no target. Give a class index, a label, one index for each input, or a function of the scores.",
        target=value,
    )


def _named(label: str, labels: Sequence[str] | None) -> list[int]:
    """The classes of that name: as it is written, in any case, or as one of several synonyms."""
    if labels is None:
        return []
    found = [i for i, name in enumerate(labels) if name == label]
    if not found:
        found = [i for i, name in enumerate(labels) if name.casefold() == label.casefold()]
    if not found:
        # ImageNet's names are lists of synonyms: "tabby, tabby cat".
        found = [i for i, name in enumerate(labels) if label.casefold() in map(str.strip, name.casefold().split(","))]
    return found


def _index_of(label: str, labels: Sequence[str] | None) -> int:
    found = _named(label, labels)
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"the label '{label}' names classes {found}. Give the index.", label=label, indices=found)
    if label.isdecimal():
        return int(label)
    if labels is None:
        raise InputError(
            f"the label '{label}' cannot be looked up: the model names no classes. Give a labels file or an index.",
            label=label,
        )
    raise InputError(
        f"no class is called '{label}'.{nearest(label, labels)} Give one of the {len(labels)} names, an index, "
        "or what onnxcam targets lists.",
        label=label,
    )
