"""Rows for attention and rotary embedding, which are differentiated through the standard's function bodies."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

QUERIES = {"q": (2, 2, 3, 4), "k": (2, 2, 5, 4), "v": (2, 2, 5, 3)}
FLAT = {"q": (2, 3, 8), "k": (2, 5, 8), "v": (2, 5, 6)}
GROUPED = {"q": (2, 4, 3, 4), "k": (2, 2, 5, 4), "v": (2, 2, 5, 3)}
PAST = {"pk": (2, 2, 4, 4), "pv": (2, 2, 4, 3)}
HEADS = "q_num_heads = 2, kv_num_heads = 2"
SEEN = np.array([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1, 1, 0, 1, 1]], bool)
NOT_ALL_SEEN = np.array([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 0, 1, 1]], bool)  # a row that sees nothing
SQUARE = {"q": (1, 2, 5, 4), "k": (1, 2, 5, 4), "v": (1, 2, 5, 4)}

CACHES = {"c": (6, 2), "s": (6, 2)}
PLACES = np.array([[0, 3, 1], [5, 2, 2]])


def qk_output(mode: int) -> Case:
    """The products as the fourth output, at the stage that `mode` tells.

    Without a cap where they come before it: there the reference evaluator caps them all the same.
    """
    capped = "softcap = 1.5, " if mode else ""
    body = f"y, , , y3 = Attention <{capped}qk_matmul_output_mode = {mode}> (q, k, v, m)"
    inputs = {**QUERIES, "m": (3, 5)}
    return Case(f"Attention-qk-output-{mode}", body, inputs, (23, 24, NEWEST), ("y", "y3"))


def modified(op_type: str) -> str:
    """A graph that applies an operator to scores or probabilities."""
    return f"g (float[B, H, L, S] s) => (float[B, H, L, S] t) {{ t = {op_type}(s) }}"


CASES = (
    Case("Attention", "y = Attention(q, k, v)", QUERIES, (23, 24, NEWEST)),
    Case("Attention-3d", f"y = Attention <{HEADS}> (q, k, v)", FLAT, (23, 24, NEWEST)),
    Case("Attention-scaled", "y = Attention <scale = 0.3> (q, k, v)", QUERIES, (23, NEWEST)),
    Case("Attention-softcap", "y = Attention <softcap = 0.7> (q, k, v)", QUERIES, (23, 24, NEWEST)),
    Case("Attention-causal", "y = Attention <is_causal = 1> (q, k, v)", QUERIES, (23, 24, NEWEST)),
    Case("Attention-grouped", "y = Attention(q, k, v)", GROUPED, (23, 24, NEWEST)),
    Case(
        "Attention-grouped-3d",
        "y = Attention <q_num_heads = 4, kv_num_heads = 2, is_causal = 1> (q, k, v)",
        {"q": (2, 3, 16), "k": (2, 5, 8), "v": (2, 5, 6)},
        (23, 24, NEWEST),
    ),
    Case("Attention-mask", "y = Attention(q, k, v, m)", {**QUERIES, "m": (3, 5)}, (23, 24, NEWEST)),
    Case("Attention-mask-4d", "y = Attention(q, k, v, m)", {**QUERIES, "m": (2, 1, 3, 5)}, (23, 24, NEWEST)),
    Case(
        "Attention-mask-causal-softcap",
        "y = Attention <is_causal = 1, softcap = 2.0> (q, k, v, m)",
        {**SQUARE, "m": (1, 2, 5, 5)},
        (23, 24, NEWEST),
    ),
    Case("Attention-mask-bool", "y = Attention(q, k, v, m)", {**QUERIES, "m": SEEN}, (23, 24, NEWEST)),
    # The reference evaluator warns of the infinities that it subtracts.
    Case(
        "Attention-mask-whole-row",
        "y = Attention(q, k, v, m)",
        {**QUERIES, "m": NOT_ALL_SEEN},
        (23, 24, NEWEST),
        runtime="onnxruntime",
    ),
    Case(
        "Attention-past",
        "y, y1, y2 = Attention(q, k, v, , pk, pv)",
        {**QUERIES, **PAST},
        (23, 24, NEWEST),
        ("y", "y1", "y2"),
    ),
    Case(
        "Attention-past-3d-mask-causal",
        f"y, y1, y2 = Attention <{HEADS}, is_causal = 1> (q, k, v, m, pk, pv)",
        {**FLAT, "m": (3, 9), **PAST},
        (23, 24, NEWEST),
        ("y", "y1", "y2"),
    ),
    *(qk_output(mode) for mode in (0, 1, 2, 3)),
    Case(
        "Attention-padded",
        "y = Attention <is_causal = 1> (q, k, v, , , , n)",
        {**QUERIES, "n": np.array([5, 3])},
        (24, NEWEST),
    ),
    Case(
        "Attention-window",
        "y = Attention <left_window_size = 1, right_window_size = 2> (q, k, v)",
        SQUARE,
        (25, NEWEST),
    ),
    # A softmax of float32 within a model of float64: differences see float32's rounding.
    Case(
        "Attention-softmax-precision",
        "y = Attention <softmax_precision = 1> (q, k, v)",
        QUERIES,
        (23, 24, NEWEST),
        runtime="onnxruntime",
    ),
    Case(
        "RotaryEmbedding", "y = RotaryEmbedding(x, c, s, p)", {"x": (2, 3, 3, 4), **CACHES, "p": PLACES}, (23, NEWEST)
    ),
    Case(
        "RotaryEmbedding-interleaved",
        "y = RotaryEmbedding <interleaved = 1> (x, c, s, p)",
        {"x": (2, 3, 3, 4), **CACHES, "p": PLACES},
        (23, NEWEST),
    ),
    Case(
        "RotaryEmbedding-3d",
        "y = RotaryEmbedding <num_heads = 3> (x, c, s, p)",
        {"x": (2, 3, 12), **CACHES, "p": PLACES},
        (23, NEWEST),
    ),
    Case(
        "RotaryEmbedding-partial",
        "y = RotaryEmbedding <rotary_embedding_dim = 4> (x, c, s, p)",
        {"x": (2, 3, 3, 7), **CACHES, "p": PLACES},
        (23, NEWEST),
    ),
    Case(
        "RotaryEmbedding-partial-interleaved-3d",
        "y = RotaryEmbedding <rotary_embedding_dim = 4, interleaved = 1, num_heads = 2> (x, c, s, p)",
        {"x": (2, 3, 14), **CACHES, "p": PLACES},
        (23, NEWEST),
    ),
    Case(
        "RotaryEmbedding-no-positions",
        "y = RotaryEmbedding(x, c, s)",
        {"x": (2, 3, 3, 4), "c": (2, 3, 2), "s": (2, 3, 2)},
        (23, NEWEST),
    ),
    Case(
        "RotaryEmbedding-no-positions-interleaved-3d",
        "y = RotaryEmbedding <interleaved = 1, num_heads = 2> (x, c, s)",
        {"x": (2, 3, 8), "c": (2, 3, 2), "s": (2, 3, 2)},
        (23, NEWEST),
    ),
    Case("ai.onnx.preview.FlexAttention", "y = ai.onnx.preview.FlexAttention(q, k, v)", QUERIES, (26, NEWEST)),
    Case(
        "ai.onnx.preview.FlexAttention-grouped-scaled",
        "y = ai.onnx.preview.FlexAttention <scale = 0.3> (q, k, v)",
        GROUPED,
        (26, NEWEST),
    ),
    Case(
        "ai.onnx.preview.FlexAttention-modified",
        f"y = ai.onnx.preview.FlexAttention <score_mod = {modified('Tanh')}, prob_mod = {modified('Sqrt')}> (q, k, v)",
        QUERIES,
        (26, NEWEST),
    ),
)
