from __future__ import annotations

import pytest

from onnxcam.graph import load
from tests.conftest import Write


@pytest.mark.parametrize(
    ("node", "rank"),
    [
        ("y = Compress <axis = 1> (x, k)", 3),
        ("y = Compress (x, k)", 1),
        ("y = Pad (x, i, , i)", 3),
        ("y = CenterCropPad (x, i)", 3),
        ("y, z = Split <axis = 1> (x, i)", 3),
        ("y = ReduceMax <keepdims = 1> (x, i)", 3),
        ('y = Einsum <equation = "...ij->...ji"> (x)', 3),
        ('y = Einsum <equation = "...ij"> (x)', 3),
        ('y = Einsum <equation = "...i,...i->..."> (x, x)', 2),
        ("y = STFT (x, e, f)", 4),
        ("y = GroupNormalization <num_groups = 1> (x, f, f)", 3),
    ],
    ids=[
        "compress",
        "compress flat",
        "pad",
        "crop",
        "split",
        "reduce",
        "einsum",
        "implicit einsum",
        "of two",
        "stft",
        "group norm",
    ],
)
def test_the_rank_is_known_where_sizes_are_not(write_model: Write, node: str, rank: int) -> None:
    path = write_model(
        f"g (float[A, B, C] x, bool[D] k, int64[E] i, float[F] f, int64 e) => (float[1] y) {{ {node} }}", opset=21
    )
    shape = load(path).value("y").shape
    assert shape is not None
    assert shape.rank() == rank
