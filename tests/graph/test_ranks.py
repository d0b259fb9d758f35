from __future__ import annotations

import pytest

from onnxcam.graph import load
from tests.conftest import Write


@pytest.mark.parametrize(
    ("node", "rank"),
    [
        ("y = Compress <axis = 1> (x, k)", 3),
        ("y = Compress (x, k)", 1),
        ("y = DeformConv (x, x, x)", 3),
        ("y = Pad (x, i, , i)", 3),
        ("y = CenterCropPad (x, i)", 3),
        ("y, z = Split <axis = 1> (x, i)", 3),
        ("y = ReduceMax <keepdims = 1> (x, i)", 3),
        ("y = ReduceSum <keepdims = 0> (x, l)", 2),
        ('y = Einsum <equation = "...ij->...ji"> (x)', 3),
        ('y = Einsum <equation = "...ij"> (x)', 3),
        ('y = Einsum <equation = "...i,...i->..."> (x, x)', 2),
        ("y = STFT (x, e, f)", 4),
        ("y = GroupNormalization <num_groups = 1> (x, f, f)", 3),
    ],
    ids=[
        "compress",
        "compress flat",
        "deformable",
        "pad",
        "crop",
        "split",
        "reduce",
        "reduce away",
        "einsum",
        "implicit einsum",
        "of two",
        "stft",
        "group norm",
    ],
)
def test_the_rank_is_known_where_sizes_are_not(write_model: Write, node: str, rank: int) -> None:
    path = write_model(
        f"g (float[A, B, C] x, bool[D] k, int64[E] i, float[F] f, int64 e, int64[1] l) => (float[1] y) {{ {node} }}",
        opset=21,
    )
    shape = load(path).value("y").shape
    assert shape is not None
    assert shape.rank() == rank


FOUR = "float[N, 4, 3, 8] q, float[N, 2, T, 8] k, float[N, 2, T, M] v"
THREE = "float[N, 3, 8] q, float[N, 5, 8] k, float[N, 5, M] v"
PAST = "float[N, 2, P, 8] pk, float[N, 2, P, M] pv"
HEADS = "<q_num_heads = 2, kv_num_heads = 2>"


@pytest.mark.parametrize(
    ("inputs", "node", "shapes"),
    [
        (FOUR, "y, a, b, c = Attention(q, k, v)", ("N43M", "N2T8", "N2TM", "N43T")),
        (f"{FOUR}, {PAST}", "y, a, b, c = Attention(q, k, v, , pk, pv)", ("N43M", "N2?8", "N2?M", "N43?")),
        (THREE, f"y, a, b, c = Attention {HEADS} (q, k, v)", ("N3?", "N254", "N25?", "N235")),
        (THREE.replace("M", "6"), f"y = Attention {HEADS} (q, k, v)", ("N36",)),
    ],
    ids=["four axes", "past", "three axes", "known width"],
)
def test_sizes_that_attention_does_not_know_are_unknown(
    write_model: Write, inputs: str, node: str, shapes: tuple[str, ...]
) -> None:
    model = load(write_model(f"g ({inputs}) => (float[1] y) {{ {node} }}", opset=23))
    for name, wanted in zip("yabc", shapes, strict=False):
        shape = model.value(name).shape
        assert shape is not None
        assert "".join(str(d) if isinstance(d, int) else d.value or "?" for d in shape) == wanted


def test_a_bound_computed_from_constants_is_known(write_model: Write) -> None:
    """As PyTorch's TorchScript exporter writes attention: `x.shape[:-1]` with -1 computed."""
    text = """g (float[A, B, 24] x) => (float[1] y)
        <int64[1] zero = {0}, int64[1] one = {1}, int64[1] two = {2}, int64[1] three = {3}, int64[2] last = {3, 8}> {
        s = Shape(x) e = Mod(two, three) r = Reshape(e, one) t = Slice(s, zero, r)
        c = Concat <axis = 0> (t, last) z = Reshape(x, c) y = Identity(z)
    }"""
    model = load(write_model(text, opset=17))
    shape = model.value("z").shape
    assert shape is not None
    assert shape.rank() == 4
    assert [n.op_type for n in model.graph][:2] == ["Shape", "Mod"]


@pytest.mark.parametrize("said", ["", ', auto_pad = "NOTSET"'], ids=["pads alone", "and that they count"])
def test_a_pool_that_rounds_up_has_its_size(write_model: Write, said: str) -> None:
    pool = f"MaxPool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1{said}> (x)"
    path = write_model(f"g (float[N, 3, 8, 8] x) => (float[N, 3, a, b] y) {{ y = {pool} }}")
    shape = load(path).value("y").shape
    assert shape is not None
    assert tuple(shape)[2:] == (4, 4)
