"""A normalisation at a graph's start says what it is fed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tellers.conftest import Ask

MEAN, STD = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
REST = "p = GlobalAveragePool(n) f = Flatten(p) y = Gemm(f, w)"
RAW, UNIT, SIGNED = (0.0, 255.0), (0.0, 1.0), (-1.0, 1.0)


def graph(body: str, dtype: str = "float", shape: str = "N, 3, 32, 32") -> str:
    return f"g ({dtype}[{shape}] x) => (float[N, 7] y) {{ {body} {REST} }}"


def a_channel(values: object) -> np.ndarray:
    return np.asarray(values, np.float32).reshape(-1, 1, 1)


ONE = np.float32(1)
CASES = [
    pytest.param(graph("n = Div(x, a)"), {"a": ONE * 255}, RAW, id="x/255"),
    pytest.param(graph("n = Mul(x, a)"), {"a": ONE / 255}, RAW, id="x*(1/255)"),
    pytest.param(graph("n = Mul(x, a)"), {"a": ONE * 255}, UNIT, id="x*255"),
    pytest.param(graph("m = Div(x, a) n = Sub(m, b)"), {"a": ONE * 127.5, "b": ONE}, RAW, id="x/127.5-1"),
    pytest.param(graph("m = Sub(x, a) n = Div(m, b)"), {"a": ONE * 127, "b": ONE * 128}, RAW, id="(x-127)/128"),
    pytest.param(graph("m = Mul(x, a) n = Sub(m, a2)"), {"a": ONE * 2, "a2": ONE}, UNIT, id="2x-1"),
    pytest.param(graph("m = Mul(x, a) n = Add(m, a)"), {"a": ONE / 2}, SIGNED, id="x/2+1/2"),
    pytest.param(graph("m = Add(x, a) n = Mul(m, b)"), {"a": ONE, "b": ONE * 127.5}, SIGNED, id="(x+1)*127.5"),
    pytest.param(
        graph("m = Sub(x, a) n = Div(m, b)"), {"a": a_channel(MEAN), "b": a_channel(STD)}, UNIT, id="(x-mean)/std"
    ),
    pytest.param(
        graph("u = Div(x, c) m = Sub(u, a) n = Div(m, b)"),
        {"a": a_channel(MEAN), "b": a_channel(STD), "c": ONE * 255},
        RAW,
        id="(x/255-mean)/std",
    ),
    pytest.param(graph("n = Sub(x, a)"), {"a": a_channel([123.68, 116.779, 103.939])}, RAW, id="x-mean"),
    pytest.param(
        graph("n = Sub(x, a)"),
        {"a": np.full((3, 32, 32), 120, np.float32) + np.arange(32, dtype=np.float32)},
        RAW,
        id="x-mean-picture",
    ),
    pytest.param(
        graph("t = Transpose <perm = [0, 3, 1, 2]> (x) m = Sub(t, a) n = Div(m, b)", shape="N, 32, 32, 3"),
        {"a": a_channel(MEAN), "b": a_channel(STD)},
        UNIT,
        id="NHWC",
    ),
    pytest.param(
        graph("d = Div(x, b) n = Transpose <perm = [0, 3, 1, 2]> (d)", shape="N, 32, 32, 3"),
        {"b": ONE * 255},
        RAW,
        id="NHWC-before",
    ),
    pytest.param(
        graph("n = BatchNormalization(x, one, zero, mean, var)"),
        {"one": np.ones(3, np.float32), "zero": np.zeros(3, np.float32), "mean": MEAN * 255, "var": (STD * 255) ** 2},
        RAW,
        id="BatchNormalization",
    ),
    pytest.param(graph("n = Cast <to = 1> (x)", "uint8"), {}, RAW, id="uint8"),
    pytest.param(graph("c = Cast <to = 1> (x) n = Div(c, a)", "uint8"), {"a": ONE * 255}, RAW, id="uint8-scaled"),
    pytest.param(
        graph("q = QuantizeLinear(x, s, z) n = DequantizeLinear(q, s, z)"),
        {"s": np.float32(1 / 255), "z": np.uint8(0)},
        UNIT,
        id="quantised-unit",
    ),
    pytest.param(
        graph("q = QuantizeLinear(x, s, z) n = DequantizeLinear(q, s, z)"),
        {"s": np.float32(2 / 255), "z": np.uint8(128)},
        SIGNED,
        id="quantised-signed",
    ),
    pytest.param(
        graph("q = QuantizeLinear(x, s, z) n = DequantizeLinear(q, s, z)"),
        {"s": np.float32(1), "z": np.int8(-128)},
        RAW,
        id="quantised-raw",
    ),
]


@pytest.mark.parametrize(("text", "weights", "expected"), CASES)
def test_the_range_that_is_fed(
    ask: Ask, text: str, weights: dict[str, np.ndarray], expected: tuple[float, float]
) -> None:
    found = ask(text, **weights)
    spec = found.preprocess
    assert (found.origin, len(spec.mean)) == ("told", 1)
    assert [(grey * spec.scale - spec.mean[0]) / spec.std[0] for grey in (0, 255)] == pytest.approx(expected, abs=1e-6)
    assert not any("preprocessed" in note for note in found.picture_notes)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        (graph("n = Relu(x)"), {}),
        (graph("n = Sub(x, a)"), {"a": ONE * 3}),
        (graph("n = Mul(x, a)"), {"a": ONE * 3}),
        (graph("n = Div(a, x)"), {"a": ONE * 255}),
        (graph("n = Add(x, x)"), {}),
        (graph("m = Div(x, a) k = Relu(x) n = Add(m, k)"), {"a": ONE * 255}),
        (graph("n = Div(x, a)"), {"a": ONE * 0}),
        (graph("q = QuantizeLinear(x, s, z) n = DequantizeLinear(q, s, z)"), {"s": ONE / 20, "z": np.uint8(113)}),
        # [-1, 1] and [0, 1], quantised about zero, are one and the same
        (graph("q = QuantizeLinear(x, s, z) n = DequantizeLinear(q, s, z)"), {"s": ONE / 127, "z": np.int8(0)}),
    ],
    ids=["none", "odd mean", "odd scale", "divides", "itself", "two ways", "by zero", "odd range", "symmetric"],
)
def test_what_fits_no_range_says_nothing(ask: Ask, text: str, weights: dict[str, np.ndarray]) -> None:
    assert ask(text, **weights).origin == "assumed"


def test_imagenet_is_told_by_a_quantised_range(ask: Ask) -> None:
    text = graph("q = QuantizeLinear(x, s, z) n = DequantizeLinear(q, s, z)")
    found = ask(text, s=np.float32(0.01865845), z=np.uint8(114))
    assert (found.preprocess.mean, found.preprocess.resize) == (pytest.approx(MEAN.tolist()), "shortest")
    assert "(-2.13 to 2.63)" in found.source


@pytest.mark.parametrize(
    ("body", "order"),
    [
        ("n = Sub(x, a)", "bgr"),
        ("r = Gather <axis = 1> (x, back) n = Sub(r, a)", "rgb"),
        ("r = Slice(x, start, end, axis, step) n = Sub(r, a)", "rgb"),
    ],
    ids=["as they stand", "gathered in reverse", "sliced in reverse"],
)
def test_means_of_imagenet_tell_the_order(ask: Ask, body: str, order: str) -> None:
    indices = {"start": [-1], "end": [-4], "axis": [1], "step": [-1], "back": [2, 1, 0]}
    weights = {key: np.array(value, np.int64) for key, value in indices.items()}
    found = ask(graph(body), a=a_channel([103.939, 116.779, 123.68]), **weights)
    assert (found.preprocess.channel_order, found.picture_notes) == (order, ())


def test_an_image_scaler_takes_grey_levels(ask: Ask) -> None:
    found = ask(graph("n = ImageScaler <scale = 0.007843, bias = [-1.0, -1.0, -1.0]> (x)"), opset=7)
    assert found.preprocess.scale == 1.0
    assert "the ImageScaler at the graph's start, which takes 0..255" in found.source
