"""Rows for recurrent forms of attention and what goes with them, differentiated through the standard's bodies."""

from tests.autodiff.cases.case import NEWEST, Case, Values

TOKENS = {"q": (2, 3, 8), "k": (2, 3, 8), "v": (2, 3, 6)}
DECAY, BETA, STATE = {"d": (2, 3, 8)}, {"b": (2, 3, 2)}, {"p": (2, 2, 4, 3)}
HEADS = "q_num_heads = 2, kv_num_heads = 2"
CHANNELS = {"x": (2, 3, 5), "w": (3, 1, 4)}


def linear_attention(form: str, attributes: str, names: str, inputs: dict[str, Values]) -> Case:
    """The reference evaluator knows Scans only whose outputs are stacked in the order of the steps."""
    body = f"y, y1 = LinearAttention <{attributes}> ({names})"
    return Case(f"LinearAttention-{form}", body, inputs, (27, NEWEST), ("y", "y1"), scale=0.5, runtime="onnxruntime")


CASES = (
    linear_attention("linear", f'{HEADS}, update_rule = "linear"', "q, k, v", TOKENS),
    linear_attention("gated", f'{HEADS}, update_rule = "gated"', "q, k, v, , d", {**TOKENS, **DECAY}),
    linear_attention("gated-per-head", f'{HEADS}, update_rule = "gated"', "q, k, v, , d", {**TOKENS, "d": (2, 3, 2)}),
    linear_attention("delta", f'{HEADS}, update_rule = "delta"', "q, k, v, , , b", {**TOKENS, **BETA}),
    linear_attention("past", f"{HEADS}, scale = 0.3", "q, k, v, p, d, b", {**TOKENS, **STATE, **DECAY, **BETA}),
    linear_attention(
        "grouped", "q_num_heads = 4, kv_num_heads = 2", "q, k, v, , d, b", {**TOKENS, "q": (2, 3, 16), **DECAY, **BETA}
    ),
    # The body holds a Conv, whose groups are an attribute: the number of channels must be known.
    Case(
        "CausalConvWithState",
        "y, y1 = CausalConvWithState(x, w)",
        CHANNELS,
        (27, NEWEST),
        ("y", "y1"),
        is_dynamic=False,
    ),
    Case(
        "CausalConvWithState-constant-weights",
        "y, y1 = CausalConvWithState(x, w)",
        CHANNELS,
        (27, NEWEST),
        ("y", "y1"),
        constant=("w",),
    ),
    Case(
        "CausalConvWithState-bias-past",
        "y, y1 = CausalConvWithState(x, w, b, p)",
        {**CHANNELS, "b": (3,), "p": (2, 3, 3)},
        (27, NEWEST),
        ("y", "y1"),
        is_dynamic=False,
    ),
    # The reference evaluator activates in float32.
    Case(
        "CausalConvWithState-silu",
        'y, y1 = CausalConvWithState <activation = "silu"> (x, w, b)',
        {**CHANNELS, "b": (3,)},
        (27, NEWEST),
        ("y", "y1"),
        runtime="onnxruntime",
        is_dynamic=False,
    ),
)
