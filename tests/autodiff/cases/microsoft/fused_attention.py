"""Rows for `onnxcam/autodiff/rules/microsoft/fused_attention.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

X: dict[str, Values] = {"x": (2, 3, 5), "w": (5, 24)}
BIAS: dict[str, Values] = {"b": (24,)}
TOKENS: dict[str, Values] = {"q": (2, 3, 8), "k": (2, 4, 8), "v": (2, 4, 6)}
EQUAL: dict[str, Values] = {"v": (2, 4, 8)}
PAST: dict[str, Values] = {"pk": (2, 2, 2, 4), "pv": (2, 2, 2, 4)}
SEEN = np.array([[1, 0, 1, 1], [1, 1, 1, 0]], np.int32)
SEEN_BY = np.array([[[1, 0, 1], [1, 1, 0], [0, 1, 1]], [[1, 1, 1], [0, 1, 1], [1, 0, 0]]], np.int32)


def row(name: str, attributes: str, inputs: str, values: dict[str, Values], *outputs: str, meaning: str = "") -> Case:
    """A node of two heads; the reference evaluator does not know the domain."""
    made = outputs or ("y",)
    body = f"{', '.join(made)} = com.microsoft.{name.split('-')[0]} <num_heads = 2{attributes}> ({inputs})"
    named = tuple(n for n in made if n)
    return Case(
        f"com.microsoft.{name}", body, values, (11, NEWEST), named, runtime="onnxruntime", meaning=meaning, scale=0.5
    )


def attention(form: str, attributes: str, inputs: str, values: dict[str, Values], *outputs: str) -> Case:
    return row(f"Attention{form}", attributes, f"x, w, {inputs}", X | values, *outputs)


def of_heads(form: str, attributes: str, inputs: str, values: dict[str, Values], *outputs: str) -> Case:
    return row(f"MultiHeadAttention{form}", attributes, f"q, k, v{inputs}", TOKENS | values, *outputs)


SPLIT = "{0} = Split <axis = 3, num_outputs = {1}> ({2})"
AXIS = "i = Constant <value_ints = [3]> ()   h = Constant <value_ints = [0, 0, -1]> ()"
FLAT = "{0}2 = Squeeze({0}1, i)   {0}3 = Reshape({0}2, h)"
ATTEND = "y = Attention <q_num_heads = 2, kv_num_heads = 2> ({})"


def packed(name: str, body: str, values: dict[str, Values], *meaning: str, outputs: tuple[str, ...] = ("y",)) -> Case:
    """The CPU knows no packed operands."""
    case, made = f"com.microsoft.{name}", ", ".join(outputs)
    node = f"{made} = com.microsoft.{name.split('-')[0]} <num_heads = 2> ({body})"
    lines = "   ".join([AXIS, *meaning])
    return Case(case, node, values, (23, NEWEST), outputs, runtime="onnxruntime", meaning=lines, scale=0.5)


def decoder(form: str, attributes: str, inputs: str, values: dict[str, Values], *outputs: str) -> Case:
    return row(
        f"DecoderMaskedMultiHeadAttention{form}", attributes, f"q, {inputs}", {"q": (2, 1, 8)} | values, *outputs
    )


ONE: dict[str, Values] = {"k": (2, 1, 8), "v": (2, 1, 8)}
BUFFER: dict[str, Values] = {"pk": (2, 2, 5, 4), "pv": (2, 2, 5, 4), "n": np.array([3], np.int32)}
BY_HEAD: dict[str, Values] = {"k": (2, 2, 4, 4), "v": (2, 2, 4, 4)}
SHARED = ", past_present_share_buffer = 1"

CASES = (
    attention("", "", "b", BIAS),
    attention("-no-bias", "", "", {}),
    attention("-scaled-sizes", ", scale = 0.3, qkv_hidden_sizes = [8, 8, 6]", "b", {"w": (5, 22), "b": (22,)}),
    attention("-unidirectional", ", unidirectional = 1", "b", BIAS),
    attention("-mask", "", ", m", {"m": SEEN[:, :3]}),
    attention("-mask-by-query", ", unidirectional = 1", "b, m", BIAS | {"m": SEEN_BY}),
    attention("-mask-filter", ", mask_filter_value = -2.0", "b, m", BIAS | {"m": SEEN[:, :3]}),
    attention("-mask-ends", "", "b, m", BIAS | {"m": np.array([2, 3], np.int32)}),
    attention("-mask-ends-starts", "", "b, m", BIAS | {"m": np.array([3, 2, 1, 0], np.int32)}),
    attention("-mask-ends-packed", "", "b, m", BIAS | {"m": np.array([2, 3, 0, 2, 5, 0, 2, 5], np.int32)}),
    attention("-added", "", "b, , , a", BIAS | {"a": (1, 2, 3, 3)}),
    attention(
        "-past",
        ", unidirectional = 1",
        "b, m, p",
        BIAS | {"m": np.ones((2, 5), np.int32), "p": (2, 2, 2, 2, 4)},
        "y",
        "y1",
    ),
    attention(
        "-past-one-query", ", unidirectional = 1", "b, , p", BIAS | {"x": (2, 1, 5), "p": (2, 2, 2, 2, 4)}, "y", "y1"
    ),
    attention("-present", "", "b", BIAS, "y", "y1"),
    of_heads("", "", "", {}),
    of_heads("-scaled-unidirectional", ", scale = 0.3, unidirectional = 1", "", {}),
    of_heads("-bias-mask", "", ", b, m", {"b": (22,), "m": SEEN}),
    of_heads("-mask-ends", "", ", , m", {"m": np.array([2, 4], np.int32)}),
    of_heads("-added", "", ", , , a", {"a": (2, 1, 3, 4)}),
    of_heads("-past", "", ", b, m, , pk, pv", {"m": np.ones((2, 6), np.int32)} | BIAS | EQUAL | PAST, "y", "y1", "y2"),
    of_heads("-products", "", ", , , a", {"a": (1, 2, 3, 4)}, "y", "", "", "y3"),
    of_heads("-by-head", "", "", BY_HEAD),
    of_heads("-by-head-bias", "", ", b", BY_HEAD | BIAS),
    packed(
        "MultiHeadAttention-packed",
        "q, , , b",
        {"q": (2, 3, 2, 3, 4)} | BIAS,
        SPLIT.format("q1, k1, v1", 3, "q"),
        *(FLAT.format(n) for n in "qkv"),
        "a, c, d = Split <axis = 0, num_outputs = 3> (b)   q4 = Add(q3, a)   k4 = Add(k3, c)   v4 = Add(v3, d)",
        ATTEND.format("q4, k4, v4"),
    ),
    packed(
        "MultiHeadAttention-packed-keys",
        "q, k",
        {"q": (2, 3, 8), "k": (2, 4, 2, 2, 4)},
        SPLIT.format("k1, v1", 2, "k"),
        *(FLAT.format(n) for n in "kv"),
        ATTEND.format("q, k3, v3"),
    ),
    decoder("", "", "k, v, m", {"m": SEEN} | BY_HEAD),
    decoder(
        "-bias-products", ", output_qk = 1, scale = 0.4", "k, v, , , , , , , , b", BIAS | BY_HEAD, "y", "", "", "y3"
    ),
    decoder("-past", SHARED, "k, v, m, a, pk, pv, n", {"m": SEEN, "a": (1, 2, 1, 4)} | ONE | BUFFER, "y", "y1", "y2"),
    packed(
        "DecoderMaskedMultiHeadAttention-packed",
        "q, , , , , pk, pv, , , , b",
        {"q": (2, 1, 24)} | BIAS | PAST,
        "q1, k1, v1 = Split <axis = 2, num_outputs = 3> (q)",
        "y, y1, y2 = com.microsoft.MultiHeadAttention <num_heads = 2> (q1, k1, v1, b, , , pk, pv)",
        outputs=("y", "y1", "y2"),
    ),
)
