"""Rows for recurrent forms of attention and what goes with them.

The standard's are differentiated through their bodies, ONNX Runtime's through `rules/recurrent_attention.py`.
"""

from tests.autodiff.cases.case import NEWEST, Case, Values

TOKENS = {"q": (2, 3, 8), "k": (2, 3, 8), "v": (2, 3, 6)}
DECAY, BETA, STATE = {"d": (2, 3, 8)}, {"b": (2, 3, 2)}, {"p": (2, 2, 4, 3)}
HEADS = "q_num_heads = 2, kv_num_heads = 2"
CHANNELS = {"x": (2, 3, 5), "w": (3, 1, 4)}


def linear_attention(form: str, attributes: str, names: str, inputs: dict[str, Values]) -> Case:
    """The reference evaluator knows Scans only whose outputs are stacked in the order of the steps."""
    body = f"y, y1 = LinearAttention <{attributes}> ({names})"
    return Case(f"LinearAttention-{form}", body, inputs, (27, NEWEST), ("y", "y1"), scale=0.5, runtime="onnxruntime")


def own(name: str, attributes: str, names: str, inputs: dict[str, Values], *, is_dynamic: bool = True) -> Case:
    """The reference evaluator does not know the domain."""
    case, body = f"com.microsoft.{name}", f"y, y1 = com.microsoft.{name.split('-')[0]} <{attributes}> ({names})"
    return Case(case, body, inputs, (11, NEWEST), ("y", "y1"), scale=0.5, runtime="onnxruntime", is_dynamic=is_dynamic)


ALL, LAST = "q, k, v, p, d, b", {"x": (2, 5, 3), "w": (3, 1, 4)}
STATES: dict[str, Values] = {**TOKENS, **STATE, **DECAY, **BETA}
MORE_KEYS: dict[str, Values] = {"k": (2, 3, 16), "v": (2, 3, 12), "p": (2, 4, 4, 3), "d": (2, 3, 4), "b": (2, 3, 1)}

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
    own("LinearAttention", HEADS, ALL, STATES),
    own("LinearAttention-linear", f'{HEADS}, update_rule = "linear", scale = 0.3', "q, k, v", TOKENS),
    own("LinearAttention-gated", f'{HEADS}, update_rule = "gated"', "q, k, v, , d", {**TOKENS, "d": (2, 3, 2)}),
    own("LinearAttention-delta", f'{HEADS}, update_rule = "delta"', "q, k, v, , , b", {**TOKENS, **BETA}),
    own("LinearAttention-grouped", "q_num_heads = 4, kv_num_heads = 2", ALL, {**STATES, "q": (2, 3, 16)}),
    own("LinearAttention-more-keys", "q_num_heads = 2, kv_num_heads = 4", ALL, {**STATES, **MORE_KEYS}),
    own("CausalConvWithState", "dilation = 1", "x, w", CHANNELS, is_dynamic=False),
    own(
        "CausalConvWithState-dilation-state",
        'dilation = 2, activation = "silu"',
        "x, w, b, p",
        {**CHANNELS, "b": (3,), "p": (2, 3, 6)},
        is_dynamic=False,
    ),
    own("CausalConvWithState-channels-last", "channels_last = 1", "x, w", LAST, is_dynamic=False),
    own(
        "CausalConvWithState-channels-last-state",
        "channels_last = 1",
        "x, w, b, p",
        {"x": (2, 5, 2, 3), "w": (6, 1, 4), "b": (6,), "p": (2, 3, 2, 3)},
        is_dynamic=False,
    ),
)
