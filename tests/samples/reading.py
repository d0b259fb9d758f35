"""Samples of files for inputs that are described in a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from onnxcam import Preprocess
from onnxcam.samples import InputSpec, Samples, gather

FLOAT = np.dtype(np.float32)
UNIT = Preprocess("unit")


def specs(**shapes: tuple) -> dict[str, InputSpec]:
    """Inputs by name: a shape in which a string is a symbol; a lone `int` stands for a whole number."""
    found = {}
    for name, shape in shapes.items():
        dtype = np.dtype(np.int64) if shape and shape[0] is int else FLOAT
        dims = tuple(d for d in shape if d is not int)
        symbols = tuple(d if isinstance(d, str) else None for d in dims)
        found[name] = InputSpec(name, tuple(d if isinstance(d, int) else None for d in dims), dtype, symbols)
    return found


def read(path: Path, preprocess: Preprocess | None = UNIT, **shapes: tuple) -> Samples:
    known = specs(**shapes)
    return gather(path, known, next(iter(known.values())), preprocess)
