"""Operators that move entries: in another order, some of them, behind others."""

from __future__ import annotations

import numpy as np

from onnxcam.space.axes import NOWHERE, Axes, blank, broadcast, is_positional, reshaped
from onnxcam.space.flows.passage import Passage, elementwise, flow

__all__ = ["concat", "cut_out", "gather", "reshape", "split", "tile", "transpose"]


@flow("Transpose")
def transpose(at: Passage) -> list[Axes | None]:
    """The axes in another order."""
    if at.first is None:
        return [None]
    order = at.numbers("perm") or list(reversed(range(len(at.first))))
    return [tuple(at.first[i] for i in order)]


@flow("Flatten", "Reshape", "Squeeze", "Unsqueeze")
def reshape(at: Passage) -> list[Axes | None]:
    """The same entries in the same order."""
    shape = at.shapes[0]
    return [None if at.first is None or shape is None else reshaped(at.first, shape)]


@flow("Slice")
def cut_out(at: Passage) -> list[Axes | None]:
    """A run of entries along some axes."""
    axes = at.first
    if axes is None:
        return [None]
    starts, ends = at.constant(1), at.constant(2)
    places, steps = at.constant(3), at.constant(4)
    if "starts" in at.node.attributes:
        starts, ends = (np.array(at.numbers(k), np.int64) for k in ("starts", "ends"))
        given = at.numbers("axes")
        places = None if given is None else np.array(given, np.int64)
    if starts is None or ends is None:
        return elementwise(at)
    result = list(axes)
    listed = range(len(starts)) if places is None else places.reshape(-1).tolist()
    for i, place in enumerate(listed):
        step = 1 if steps is None else int(steps[i])
        stop: int | None = int(ends[i])
        if step < 0 and int(ends[i]) < -len(result[place]):
            stop = None  # up to and with the first
        result[place] = result[place][int(starts[i]) : stop : step]
    return [tuple(result)]


@flow("Split", "SplitToSequence")
def split(at: Passage) -> list[Axes | None]:
    """Runs of entries along one axis."""
    place, results, start = at.number("axis", 0), list[Axes | None](), 0
    for shape in at.shapes:
        if at.first is None or shape is None or len(shape) != len(at.first):
            results.append(None)
            continue
        axes = list(at.first)
        axes[place] = axes[place][start : start + shape[place]]
        start += shape[place]
        results.append(tuple(axes))
    return results


@flow("Gather")
def gather(at: Passage) -> list[Axes | None]:
    """Chosen entries along one axis."""
    axes, indices = at.inputs[0], at.constant(1)
    place = at.number("axis", 0)
    looked_up, shape = at.inputs[1] if len(at.inputs) > 1 else None, at.shapes[0]
    if axes is None and looked_up is not None and shape is not None and place == 0:
        return [(*looked_up, *(blank(n) for n in shape[len(looked_up) :]))]  # an embedding of tokens
    if axes is None or indices is None:
        return elementwise(at)
    place %= len(axes)
    chosen = axes[place][indices.reshape(-1)]
    kept = reshaped((*axes[:place], chosen, *axes[place + 1 :]), at.shapes[0] or ())
    return [kept if at.shapes[0] is not None else None]


@flow("Concat", "QLinearConcat")
def concat(at: Passage) -> list[Axes | None]:
    """Entries behind each other; what comes from no position lies nowhere, if the others lie somewhere."""
    shape = at.shapes[0]
    if shape is None:
        return [None]
    place = at.number("axis", 1) % len(shape)
    pairs = [(a, s) for a, s in zip(at.inputs, at.sizes, strict=True) if s is not None and len(s) == len(shape)]
    known = [a for a, _ in pairs if a is not None]
    is_along = any(is_positional(a[place]) for a in known) or len({_start(a) for a in known}) > 1
    missing = NOWHERE if is_along else 0
    parts = []
    for axes, size in pairs:
        has_place = axes is not None and (not is_along or is_positional(axes[place]) or _start(axes) > 0)
        parts.append(axes[place] if axes is not None and has_place else np.full(size[place], missing, np.int64))
    joined = np.concatenate(parts) if parts else blank(0)
    if len(joined) != shape[place]:
        return elementwise(at)
    others = [tuple(blank(1) if i == place else b for i, b in enumerate(a)) for a in known]
    axes = broadcast(others, [1 if i == place else n for i, n in enumerate(shape)])
    return [tuple(joined if i == place else a for i, a in enumerate(axes))]


def _start(axes: Axes) -> int:
    """The code of the first entry."""
    return int(sum(a[0] for a in axes if len(a)))


@flow("Tile")
def tile(at: Passage) -> list[Axes | None]:
    """Entries repeated in turn."""
    repeats = at.constant(1)
    if at.first is None or repeats is None or len(repeats) != len(at.first):
        return elementwise(at)
    return [tuple(np.tile(a, int(n)) for a, n in zip(at.first, repeats, strict=True))]
