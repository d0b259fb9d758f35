"""Rows for `onnxcam/autodiff/rules/quantized/recurrent.py`."""

from typing import Any

import numpy as np

from tests.autodiff.cases.case import Case, averaged

NAME = "com.microsoft."
RNG = np.random.default_rng(7)
BOTH = 'direction = "bidirectional"'


def lstm(name: str, inputs: str, form: str = "", **constant: Any) -> Case:
    """A row of 3 steps; the copies are the batch. x and h have ranges that no copy moves much."""
    directions = 2 if BOTH in form else 1
    attributes = ", ".join(filter(None, ["hidden_size = 2", form]))
    settings: dict[str, Any] = {
        "w": RNG.integers(-90, 90, (directions, 4, 8), np.int8),
        "r": RNG.integers(-90, 90, (directions, 2, 8), np.int8),
        "sw": np.full(directions, 1 / 80),
        "zw": np.full(directions, 3, np.int8),
        "sr": np.full(directions, 1 / 90),
        "zr": np.full(directions, -2, np.int8),
        **constant,
    }
    body = f"""x = Transpose <perm = [1, 0, 2]> (da)
        h, h1, c1 = {NAME}DynamicQuantizeLSTM <{attributes}> (x, w, r, {inputs}, sw, zw, sr, zr)
        e = Transpose <perm = [2, 0, 1, 3]> (h)"""
    a = {"a": RNG.uniform(-1, 1, (3, 4))}
    held = {k: v for k, v in settings.items() if k != "bias"}
    fed = {k: v for k, v in settings.items() if k == "bias"}
    name = f"{NAME}DynamicQuantizeLSTM-{name}"
    return averaged(name, body, a, (17,), 0.2, 0.02, held, runtime="onnxruntime", **fed)


CASES: tuple[Case, ...] = (
    lstm("plain", ", , , , "),
    lstm("both-bias", "bias, , , , ", BOTH, bias=RNG.standard_normal((2, 16)) * 0.3),
    lstm(
        "columns",
        ", , , , ",
        sw=RNG.uniform(1 / 100, 1 / 50, (1, 8)),
        zw=np.zeros((1, 8), np.int8),
        sr=RNG.uniform(1 / 100, 1 / 50, (1, 8)),
        zr=np.zeros((1, 8), np.int8),
    ),
)
