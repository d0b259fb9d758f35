"""Every input of the model has an array that fits, or an obvious one is made and said."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError, nearest
from onnxcam.samples.batches import Samples
from onnxcam.samples.specs import InputSpec

__all__ = ["checked", "complete", "is_state", "require_known"]

STATE = re.compile(r"(^|[^a-z])(state|hidden|cell|cache|memory|[hc](_?(0|x|n|in|prev))?)s?([^a-z]|$)", re.IGNORECASE)
"""Names of recurrent states, which begin with zeros."""
RATE = re.compile(r"(^|[^a-z])(sr|fs|sampl(e|ing)_?rate)([^a-z]|$)", re.IGNORECASE)
"""Names of a sound's sample rate."""


def complete(samples: Samples, specs: Mapping[str, InputSpec], main: InputSpec) -> Samples:
    """The samples with an array for every input: the given ones checked, the missing ones made where that is obvious.

    A missing recurrent state is zeros, if its dimensions are known or count the samples; a missing whole number that is
    named as a sample rate is that of the sound. `notes` say so.

    Raises:
        InputError: A name that is no input, an array that does not fit, or a missing input that is not obvious.
    """
    require_known(samples.feeds, specs)
    feeds = {n: checked(np.asarray(a), specs[n], is_main=n == main.name) for n, a in samples.feeds.items()}
    made, notes = {}, []
    for name in (n for n in specs if n not in feeds):
        made[name], note = _made(specs[name], main, samples)
        notes.append(note)
    return dataclasses.replace(
        samples,
        feeds={n: feeds[n] if n in feeds else made[n] for n in specs},
        whole=samples.whole | made.keys() | {n for n in specs if _is_whole(specs[n], main)},
        notes=(*samples.notes, *notes),
    )


def is_state(spec: InputSpec) -> bool:
    """Whether the input is a recurrent state by its name, which begins with zeros."""
    return STATE.search(spec.name) is not None and spec.dtype.kind == "f" and bool(spec.shape)


def require_known(names: Iterable[str], specs: Mapping[str, InputSpec]) -> None:
    """Refuse a name that is no input.

    Raises:
        InputError: There is one.
    """
    unknown = [name for name in names if name not in specs]
    if unknown:
        raise InputError(
            f"the model has no input '{unknown[0]}'.{nearest(unknown[0], specs)} It has {', '.join(specs)}.",
            input=unknown[0],
        )


def checked(array: NDArray[Any], spec: InputSpec, *, is_main: bool) -> NDArray[Any]:
    """The array in the input's dtype, if it fits; the first axis of the main input may have any length.

    Raises:
        InputError: It does not.
    """
    fits = len(spec.shape) in (0, array.ndim) and all(
        d is None or d == array.shape[i] or (i == 0 and is_main) for i, d in enumerate(spec.shape)
    )
    if not fits or 0 in array.shape:
        hint = " Add a batch axis in front." if array.ndim == len(spec.shape) - 1 else ""
        raise InputError(
            f"the input '{spec.name}' takes {spec}; an array of shape {list(array.shape)} was given.{hint}",
            input=spec.name,
            expected=spec.shape,
            given=array.shape,
        )
    if array.dtype != spec.dtype and not (array.dtype.kind == "f" and spec.dtype.kind in "fV"):
        raise InputError(
            f"the input '{spec.name}' takes {spec.dtype}; {array.dtype} was given. "
            f"Preprocess it and convert it with .astype({str(spec.dtype)!r}).",
            input=spec.name,
            expected=str(spec.dtype),
            given=str(array.dtype),
        )
    return array.astype(spec.dtype, copy=False)


def _made(spec: InputSpec, main: InputSpec, samples: Samples) -> tuple[NDArray[Any], str]:
    """An array for an input that was not given, and the note on it."""
    if samples.rate is not None and spec.dtype.kind in "iuf" and RATE.search(spec.name) and _is_scalar(spec):
        rate = np.full([d or 1 for d in spec.shape], samples.rate, spec.dtype)
        return rate, f"the input '{spec.name}' was not given: it is {samples.rate}, the sound's sample rate"
    if is_state(spec):
        batch = main.shape[0] if main.shape else None
        shape = _state_shape(spec, main, batch or samples.count)
        if shape is not None:
            return np.zeros(shape, spec.dtype), f"the input '{spec.name}' was not given: it is zeros, {list(shape)}"
    raise InputError(
        f"the model's input '{spec.name}' is missing; it takes {spec}. Give it with the others: in Python in a dict of "
        f"arrays by input name, on the command line with --input {spec.name}=VALUE, or in a .npz file, as "
        f"numpy.savez(file, {main.name}=…, {spec.name}=…) writes it.",
        input=spec.name,
        expected=spec.shape,
    )


def _is_whole(spec: InputSpec, main: InputSpec) -> bool:
    """Whether the file fixes the first dimension to another number than that of the samples."""
    return bool(spec.shape) and spec.shape[0] is not None and bool(main.shape) and spec.shape[0] != main.shape[0]


def _is_scalar(spec: InputSpec) -> bool:
    return all(d in (None, 1) for d in spec.shape) and len(spec.shape) < 2


def _state_shape(spec: InputSpec, main: InputSpec, count: int) -> tuple[int, ...] | None:
    """Its dimensions, where each is known or counts the samples; a model's own batch size is among the known ones."""
    batch = main.symbols[0] if main.symbols else None
    unknown = [a for a, d in enumerate(spec.shape) if d is None]
    shared = [a for a in unknown if batch is not None and spec.symbols[a] == batch]
    counting = shared or (unknown if len(unknown) == 1 else [])
    if counting != unknown or len(unknown) > 1:
        return None
    return tuple(count if d is None else d for d in spec.shape)
