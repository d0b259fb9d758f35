"""Rows for `onnxcam/autodiff/rules/microsoft/grouped_attention.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

# The runtime asks for heads of a multiple of 8 numbers, or of 16 where they are turned.
TOKENS: dict[str, Values] = {"q": (2, 3, 32), "k": (2, 3, 16), "v": (2, 3, 16)}
ONE: dict[str, Values] = {"q": (2, 1, 32), "k": (2, 1, 16), "v": (2, 1, 16), "o": (2, 2, 5, 8), "w": (2, 2, 5, 8)}
LARGER: dict[str, Values] = {"o": (2, 2, 8, 8), "w": (2, 2, 8, 8)}
CACHES: dict[str, Values] = {"c": (9, 8), "s": (9, 8)}
WIDE: dict[str, Values] = {"q": (2, 3, 64), "k": (2, 3, 32), "v": (2, 3, 32)} | CACHES
ONE_WIDE: dict[str, Values] = {"q": (2, 1, 64), "k": (2, 1, 32), "v": (2, 1, 32)} | CACHES
WIDE_PAST: dict[str, Values] = {"o": (2, 2, 5, 16), "w": (2, 2, 5, 16)}


def ints(*values: int) -> Values:
    return np.array(values, np.int32)


ALL: dict[str, Values] = {"l": ints(2, 2), "t": ints(3)}
AFTER: dict[str, Values] = {"l": ints(5, 5), "t": ints(6)}
RAGGED: dict[str, Values] = {"l": ints(5, 3), "t": ints(6)}


def row(form: str, attributes: str, names: str, inputs: dict[str, Values], *outputs: str) -> Case:
    """Four heads of queries on two of keys; the reference evaluator does not know the domain."""
    made = outputs or ("y",)
    head = "y, y1, y2 = com.microsoft.GroupQueryAttention <num_heads = 4, kv_num_heads = 2"
    case, body = f"com.microsoft.GroupQueryAttention{form}", f"{head}{attributes}> ({names})"
    return Case(case, body, inputs, (11, NEWEST), made, runtime="onnxruntime", scale=0.5)


def turned(form: str, names: str, inputs: dict[str, Values], *outputs: str, attributes: str = "") -> Case:
    return row(f"-rotary{form}", f", do_rotary = 1{attributes}", names, inputs, *outputs)


INTERLEAVED = ", rotary_interleaved = 1"
PLAIN, OVER_PAST, EVERY = "q, k, v, , , l, t", "q, k, v, o, w, l, t", ("y", "y1", "y2")

CASES = (
    row("", "", PLAIN, TOKENS | ALL, *EVERY),
    row("-packed", "", "q, , , , , l, t", {"q": (2, 3, 64)} | ALL, *EVERY),
    row("-not-causal", ", causal = 0, scale = 0.7", PLAIN, TOKENS | ALL),
    row("-window-softcap", ", local_window_size = 2, softcap = 0.5", PLAIN, TOKENS | ALL),
    row("-added", "", f"{PLAIN}, , , , a", TOKENS | ALL | {"a": (1, 4, 3, 3)}),
    row("-sink", "", f"{PLAIN}, , , , , h", TOKENS | ALL | {"h": (4,)}),
    row("-smooth", ", smooth_softmax = 1", PLAIN, TOKENS | ALL),
    row("-not-smooth", ", smooth_softmax = -1", PLAIN, TOKENS | ALL),
    row("-past", ", local_window_size = 4", OVER_PAST, ONE | AFTER, *EVERY),
    row("-past-ragged", "", OVER_PAST, ONE | RAGGED, *EVERY),
    row("-buffer", "", f"{OVER_PAST}, , , , a", ONE | LARGER | RAGGED | {"a": (2, 1, 1, 6)}, *EVERY),
    row("-buffer-unused", "", OVER_PAST, TOKENS | LARGER | ALL, *EVERY),
    row(
        "-counts",
        "",
        f"{OVER_PAST}, , , , , , , , , , n",
        TOKENS | LARGER | {"l": ints(5, 4), "t": ints(8), "n": ints(3, 3)},
        *EVERY,
    ),
    turned("", f"{PLAIN}, c, s", WIDE | ALL, *EVERY),
    turned(
        "-packed", "q, , , , , l, t, c, s", {"q": (2, 3, 128)} | CACHES | ALL, attributes=", rotary_interleaved = 1"
    ),
    turned("-first-place", f"{PLAIN}, c, s, p", WIDE | ALL | {"p": np.array([[3, 1, 7], [2, 5, 0]])}),
    turned("-past", f"{OVER_PAST}, c, s", ONE_WIDE | WIDE_PAST | RAGGED, *EVERY),
    turned("-past-places", f"{OVER_PAST}, c, s, p", ONE_WIDE | WIDE_PAST | AFTER | {"p": np.array([[7], [4]])}),
)
