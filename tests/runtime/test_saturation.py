"""Sums of uint8 times int8: as ONNX Runtime adds them here, as integers are added, and what is said of that.

Every test holds on processors whose sums saturate and on those whose sums are exact.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from onnxcam.graph import can_saturate, load
from onnxcam.runtime import processor_notes, saturation, sums_saturate
from tests.conftest import Write
from tests.saturation import saturates

Array = NDArray[Any]

ROWS, DEPTH, FILTERS = 4, 64, 8
MATRIX, SQUARE, BY_CHANNEL = (ROWS, DEPTH), (ROWS, 16, 2, 2), (16, 1, 2, 2)

PAIRED = "q = QuantizeLinear(x, one, az)   d = DequantizeLinear(q, one, az)   v = DequantizeLinear(w, one, wz)"
AGAIN = "r = QuantizeLinear(c, step, az)   y = DequantizeLinear(r, step, az)"
QLINEAR = "(x, one, az, w, one, wz, step, az)   y = DequantizeLinear(r, step, az)"
OF_A_RUN = """m = ReduceMax <keepdims = 0> (x)   n = Div(m, m)   k = Mul(v, n)
    a = QuantizeLinear(k, one, wz)   b = DequantizeLinear(a, one, wz)"""
DYNAMIC = "q, s, z = DynamicQuantizeLinear(x)   i = MatMulInteger(q, w, z, wz)   f = Cast <to = 1> (i)"


@dataclasses.dataclass(frozen=True)
class Form:
    """A way to multiply `x` by the int8 weights `w`.

    Attributes:
        id: Name.
        body: The nodes.
        saturating: The types of activations whose sums saturate, where any do.
        exact: Those whose sums never do.
        reads: Type of `x`; None for that of the activations.
        gives: Type of `y`.
        kernel: Shape of the weights of a convolution over the whole of a square; () for a product of matrices.
    """

    id: str
    body: str
    saturating: tuple[str, ...] = ("uint8",)
    exact: tuple[str, ...] = ()
    reads: str | None = None
    gives: str = "float"
    kernel: tuple[int, ...] = ()

    @property
    def is_depthwise(self) -> bool:
        return self.kernel == BY_CHANNEL


BOTH, S8, KERNEL = ("uint8", "int8"), ("int8",), (FILTERS, 16, 2, 2)
FORMS = (
    Form("MatMulInteger", "y = MatMulInteger(x, w)", exact=S8, gives="int32"),
    Form("ConvInteger", "y = ConvInteger(x, w)", (), ("uint8",), gives="int32", kernel=KERNEL),
    Form("QLinearMatMul", f"r = QLinearMatMul{QLINEAR}", exact=S8),
    Form("QLinearConv", f"r = QLinearConv{QLINEAR}", exact=S8, kernel=KERNEL),
    Form("QLinearConv-depthwise", f"r = QLinearConv <group = 16> {QLINEAR}", (), BOTH, kernel=BY_CHANNEL),
    Form("QGemm", f"r = com.microsoft.QGemm{QLINEAR.replace('wz,', 'wz, ,')}", exact=S8),
    Form("MatMulIntegerToFloat", "y = com.microsoft.MatMulIntegerToFloat(x, w, one, one, az, wz)", exact=S8),
    Form("DynamicQuantizeMatMul", "y = com.microsoft.DynamicQuantizeMatMul(x, w, one, wz)", reads="float"),
    Form("DynamicQuantizeLinear", f"{DYNAMIC}   y = Mul(f, s)", reads="float"),
    Form("pairs-MatMul", f"{PAIRED}   y = MatMul(d, v)", BOTH, reads="float"),
    Form("pairs-Gemm", f"{PAIRED}   y = Gemm(d, v)", BOTH, reads="float"),
    Form("pairs-moved", f"{PAIRED}   t = Reshape(d, shape)   y = MatMul(t, v)", BOTH, reads="float"),
    Form("pairs-computed", f"{PAIRED}   t = Relu(d)   y = MatMul(t, v)", (), BOTH, reads="float"),
    Form("pairs-Conv", f"{PAIRED}   c = Conv(d, v)   {AGAIN}", BOTH, reads="float", kernel=KERNEL),
    Form("pairs-Conv-Relu", f"{PAIRED}   b = Conv(d, v)   c = Relu(b)   {AGAIN}", reads="float", kernel=KERNEL),
    Form(
        "pairs-Conv-output",
        f"{PAIRED}   y = Conv(d, v)   r = QuantizeLinear(y, step, az)",
        (),
        BOTH,
        reads="float",
        kernel=KERNEL,
    ),
    Form("pairs-of-a-run", f"{PAIRED}   {OF_A_RUN}   y = MatMul(d, b)", (), BOTH, reads="float"),
    Form("pairs-Conv-float", f"{PAIRED}   y = Conv(d, v)", (), BOTH, reads="float", kernel=KERNEL),
    Form(
        "pairs-Conv-depthwise",
        f"{PAIRED}   c = Conv <group = 16> (d, v)   {AGAIN}",
        (),
        BOTH,
        reads="float",
        kernel=BY_CHANNEL,
    ),
    Form("weights-alone", "v = DequantizeLinear(w, one, wz)   y = MatMul(x, v)", (), ("uint8",), reads="float"),
)
CASES = [(form, activations) for form in FORMS for activations in (*form.saturating, *form.exact)]


def run(path: Path, **feeds: Array) -> Array:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    result: Array = session.run(None, feeds)[0]
    return result


def written(write_model: Write, form: Form, activations: str, weights: tuple[int, int]) -> tuple[Path, Array, Array]:
    """The model with weights in that range, bytes at the upper end of theirs for it, and the exact result."""
    rng, kind = np.random.default_rng(0), np.dtype(activations)
    high = np.iinfo(kind).max
    x = rng.integers(high - 27, high, SQUARE if form.kernel else MATRIX, endpoint=True)
    x.flat[0] = high  # the whole range of a dynamic form, so that its scale is 1
    w = rng.integers(*weights, form.kernel or (DEPTH, FILTERS), endpoint=True)
    products = np.einsum("nchw,cohw->nc" if form.is_depthwise else "nchw,ochw->no", x, w) if form.kernel else x @ w
    exact = products[:, :, None, None] if form.kernel else products
    values = {
        "w": w.astype(np.int8),
        "one": np.float32(1),
        "az": kind.type(0),
        "wz": np.int8(0),
        "step": np.float32(exact.max() / 100),
        "shape": np.array(MATRIX),
    }
    sizes = ", ".join(map(str, x.shape)), ", ".join(map(str, exact.shape))
    text = f"g ({form.reads or activations}[{sizes[0]}] x) => ({form.gives}[{sizes[1]}] y) {{ {form.body} }}"
    path = write_model(text, **{name: np.asarray(value) for name, value in values.items()})
    return path, x.astype(np.float32 if form.reads else kind), exact


def is_wrong(path: Path, x: Array, exact: Array) -> bool:
    """Whether the result is further off than the last rounding of a form that has one."""
    return bool((np.abs(run(path, x=x) - exact) > exact.max() / 100).any())


@pytest.mark.parametrize(("form", "activations"), CASES, ids=[f"{form.id}-{kind}" for form, kind in CASES])
def test_the_note_is_there_where_the_sums_are_wrong(write_model: Write, form: Form, activations: str) -> None:
    path, x, exact = written(write_model, form, activations, (90, 127))
    model = load(path)
    assert can_saturate(model) == (activations in form.saturating)
    assert bool(processor_notes(model, "cpu")) == is_wrong(path, x, exact)


@pytest.mark.parametrize(("form", "activations"), CASES, ids=[f"{form.id}-{kind}" for form, kind in CASES])
def test_there_is_none_for_weights_of_seven_bits(write_model: Write, form: Form, activations: str) -> None:
    path, x, exact = written(write_model, form, activations, (20, 64))
    assert not can_saturate(load(path))
    assert not is_wrong(path, x, exact)


@pytest.mark.parametrize(
    ("pair", "overflows"),
    [
        ((127, 2), True),
        ((127, 1), False),
        ((-127, -2), True),
        ((-127, -1), False),
        ((65, 64), True),
        ((-64, -64), False),
    ],
    ids=str,
)
def test_two_weights_overflow_together(write_model: Write, pair: tuple[int, int], overflows: bool) -> None:
    column = np.array([*pair, *[0] * (DEPTH - 2)], np.int8)
    path = write_model(
        f"g (uint8[{ROWS}, {DEPTH}] x) => (int32[{ROWS}, 1] y) {{ y = MatMulInteger(x, w) }}", w=column[:, None]
    )
    found = run(path, x=np.full(MATRIX, 255, np.uint8))
    assert can_saturate(load(path)) == overflows
    assert (found != 255 * sum(pair)).any() == (overflows and saturates())


def test_weights_that_only_a_run_knows_can(write_model: Write) -> None:
    text = "g (uint8[4, 8] x, int8[8, 2] w) => (int32[4, 2] y) { y = MatMulInteger(x, w) }"
    assert can_saturate(load(write_model(text)))


def test_a_body_counts(write_model: Write) -> None:
    text = """g (uint8[4, 8] x, bool k) => (int32[4, 2] y) {
        y = If (k) <
            then_branch = t () => (int32[4, 2] p) { p = MatMulInteger(x, w) },
            else_branch = e () => (int32[4, 2] q) { q = MatMulInteger(x, z) }
        >
    }"""
    assert can_saturate(load(write_model(text, w=np.full((8, 2), 127, np.int8), z=np.zeros((8, 2), np.int8))))


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_an_attention_multiplies_bytes(write_model: Write, kind: str) -> None:
    offset = 0 if kind == "int8" else 128
    path = write_model(
        "g (uint8[1, 4, 64] x) => (float[1, 4, 64] y) {"
        "y = com.microsoft.QAttention <num_heads = 2> (x, w, b, one, one, , az, wz) }",
        w=np.full((DEPTH, 3 * DEPTH), 127 + offset).astype(kind),
        b=np.zeros(3 * DEPTH, np.float32),
        one=np.float32(0.01),
        az=np.uint8(0),
        wz=np.array(offset, kind),
    )
    found = run(path, x=np.full((1, 4, DEPTH), 255, np.uint8))
    assert can_saturate(load(path)) == (kind == "int8")
    is_close = np.allclose(found, DEPTH * 255 * 127 * 1e-4)  # each place attends to its equals
    assert bool(processor_notes(load(path), "cpu")) != is_close


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_a_recurrent_network_multiplies_bytes(write_model: Write, kind: str) -> None:
    offset, hidden = 0 if kind == "int8" else 128, 8
    path = write_model(
        "g (float[1, 1, 64] x) => (float[1, 1, 1, 8] y) {"
        "y = com.microsoft.DynamicQuantizeLSTM <hidden_size = 8> (x, w, r, , , , , , s, z, s, z) }",
        w=np.full((1, DEPTH, 4 * hidden), 127 + offset).astype(kind),
        r=np.full((1, hidden, 4 * hidden), offset).astype(kind),
        s=np.array([1 / DEPTH / 127 / 255], np.float32),
        z=np.array([offset], kind),
    )
    found = run(path, x=np.full((1, 1, DEPTH), 255, np.float32))
    gate = 1 / (1 + np.exp(-1))  # every gate is given 1
    assert can_saturate(load(path)) == (kind == "int8")
    assert bool(processor_notes(load(path), "cpu")) != np.allclose(found, gate * np.tanh(gate * np.tanh(1)), atol=1e-3)


def test_the_probe_says_what_another_one_says() -> None:
    assert sums_saturate() == saturates()


def test_the_probe_runs_once_and_only_for_models_that_it_matters_to(
    write_model: Write, classifier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(saturation, "sums_saturate", lambda: asked.append(True) or True)
    small, _, _ = written(write_model, FORMS[0], "uint8", (20, 64))
    assert processor_notes(load(classifier), "cpu") == processor_notes(load(small), "cpu") == ()
    large, _, _ = written(write_model, FORMS[0], "uint8", (90, 127))
    assert processor_notes(load(large), "cuda") == ()
    assert not asked
    (note,) = processor_notes(load(large), "cpu")
    assert "saturate" in note
    assert "reduce_range" in note
    monkeypatch.setattr(saturation, "sums_saturate", lambda: False)
    assert processor_notes(load(large), "cpu") == ()
