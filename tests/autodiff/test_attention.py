"""Forms of ONNX Runtime's attention that are refused: no CPU runs them, or their caches are not what they seem."""

from __future__ import annotations

import pytest

from onnxcam.autodiff import reverse
from onnxcam.errors import GradientError
from onnxcam.graph import load
from tests.conftest import Write

MERGED = "float[2, 3, 8] x, float[8, 24] w, float[24] b, int32[2, 1, 9, 9] m, float[2, 2, 2, 9, 4] p, int32[1] n"
HEADS = "float[2, 1, 8] x, float[2, 1, 8] k, float[2, 1, 8] v, float[2, 2, 9, 4] pk, float[2, 2, 9, 4] pv, int32[1] n"
GROUPED = (
    "float[2, 1, 16] x, float[2, 1, 8] k, float[2, 1, 8] v, int32[2] l, int32[1] t, float[8] q, int8[2, 1, 5, 8] c"
)
MORE = "int32[2, 1, 9] i, float[1, 2, 3, 3] r, float[8, 8] u, int32[2, 3] o, float[4, 4] g, float[4] h"


@pytest.mark.parametrize(
    ("inputs", "node", "reason"),
    [
        (MERGED, "Attention <num_heads = 2, do_rotary = 1> (x, w, b)", "rotates queries and keys"),
        (
            MERGED,
            "Attention <num_heads = 2, past_present_share_buffer = 1> (x, w, b, , p, , n)",
            "writes into the buffer of the past",
        ),
        (MERGED, "Attention <num_heads = 2> (x, w, b, m)", "its mask has 4 dimensions"),
        (HEADS, "MultiHeadAttention <num_heads = 2> (x, k, v, , , , pk, pv, n)", "writes into the buffer of the past"),
        (
            HEADS,
            "DecoderMaskedMultiHeadAttention <num_heads = 2> (x, k, v, , , pk, pv, n, n, i)",
            "its past is spread over beams",
        ),
        (
            HEADS,
            "DecoderMaskedMultiHeadAttention <num_heads = 2, past_present_share_buffer = 1> (x, k, v, , , pk, pv)",
            "how much of its buffer is past is not given",
        ),
        (
            GROUPED,
            "GroupQueryAttention <num_heads = 2, kv_num_heads = 1> (x, k, v, c, c, l, t)",
            "its cache is quantised",
        ),
        (
            GROUPED,
            "GroupQueryAttention <num_heads = 2, kv_num_heads = 1, sliding_window_cache = 1> (x, k, v, , , l, t)",
            "its cache slides",
        ),
        (
            GROUPED,
            "GroupQueryAttention <num_heads = 2, kv_num_heads = 1> (x, k, v, , , l, t, , , , , , , , q, q)",
            "its queries and keys are normalized",
        ),
        ("float[2, 3, 8] x", "RotaryEmbedding <scale = 2.0> (x, o, u, u)", "it scales its caches"),
        (
            "float[6, 8] x",
            "GatedRelativePositionBias <num_heads = 2> (x, h, r, g, h, r, o)",
            "its tokens are packed",
        ),
        (
            "float[2, 3, 8] x",
            "LinearAttention <q_num_heads = 2, kv_num_heads = 2, state_window = 1> (x, x, x)",
            "it keeps several states",
        ),
        (
            "float[2, 3, 8, 8] x, float[3, 1, 2, 2] w",
            "CausalConvWithState <ndim = 2> (x, w)",
            "it has several spatial dimensions",
        ),
        ("float[2, C, 8] x, float[C, 1, 2] w", "CausalConvWithState (x, w)", "the number of its channels is unknown"),
        (
            "float[2, 3, 8] x, float[3, 1, 2] w",
            "CausalConvWithState <state_window = 2> (x, w)",
            "its state, or what it reads of its input, is extended",
        ),
    ],
)
def test_a_form_is_refused(write_model: Write, inputs: str, node: str, reason: str) -> None:
    model = load(write_model(f"g ({inputs}, {MORE}) => (float[1] y) {{ y = com.microsoft.{node} }}"))
    with pytest.raises(GradientError, match=reason):
        reverse(model, [model.value("y")], [model.value("x")])
