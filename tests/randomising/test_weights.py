"""Which tensors are weights, and what is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from numpy.typing import NDArray

from onnxcam.errors import ModelError
from onnxcam.graph import load
from onnxcam.randomising.shuffling import write_shuffled
from onnxcam.randomising.weights import find_weights
from tests.conftest import Write

Array = NDArray[Any]


def floats(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def weights_of(path: Path) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    model = load(path)
    found, notes = find_weights(model, [model.shipped.graph.outputs[0]])
    return [one.tensors for one in found], notes


CASES: dict[str, tuple[str, dict[str, Array], list[tuple[str, ...]]]] = {
    "convolution and its bias": (
        "g (float[1, 2, 4, 4] x) => (float[1, 3, 4, 4] y) { y = Conv(x, w, b) }",
        {"w": floats(3, 2, 1, 1), "b": floats(3)},
        [("w", "b")],
    ),
    "normalisation": (
        "g (float[1, 2, 4, 4] x) => (float[1, 2, 4, 4] y) { y = BatchNormalization(x, s, b, m, v) }",
        {"s": floats(2), "b": floats(2), "m": floats(2), "v": np.array([1, 2], np.float32)},
        [("s", "b", "m", "v")],
    ),
    "the nearest to the score first": (
        "g (float[1, 4] x) => (float[1, 4] y) { a = MatMul(x, u)  r = Relu(a)  y = Gemm(r, w, b) }",
        {"u": floats(4, 4), "w": floats(4, 4), "b": floats(4)},
        [("w", "b"), ("u",)],
    ),
    "a bias and a scale as nodes of their own": (
        "g (float[1, 4] x) => (float[1, 4] y) { a = MatMul(x, u)  c = Add(a, b)  y = Mul(s, c) }",
        {"u": floats(4, 4), "b": floats(4), "s": floats(4)},
        [("s",), ("b",), ("u",)],
    ),
    "a normalisation that is written out": (
        "g (float[1, 4] x, float[1, 4] d) => (float[1, 4] y) { n = Div(x, d)  c = Mul(n, s)  y = Add(c, b) }",
        {"b": floats(4), "s": floats(4)},
        [("b",), ("s",)],
    ),
    "no mean of the input": (
        "g (float[1, 4] x) => (float[1, 4] y) { a = Sub(x, m)  y = MatMul(a, u) }",
        {"u": floats(4, 4), "m": floats(4)},
        [("u",)],
    ),
    "no table of places": (
        "g (float[1, 4, 4] x) => (float[1, 4, 4] y) { a = MatMul(x, u)  y = Add(a, places) }",
        {"u": floats(4, 4), "places": floats(1, 4, 4)},
        [("u",)],
    ),
    "no shape, axes, index or limit": (
        """g (float[1, 4] x) => (float[1, 2, 1] y) {
            a = MatMul(x, u)
            c = Clip(a, low, high)
            r = Reshape(c, shape)
            e = Unsqueeze(r, axes)
            y = Gather<axis = 2>(e, index)
        }""",
        {
            "u": floats(4, 4),
            "low": np.float32(-1),
            "high": np.float32(1),
            "shape": np.array([1, 4], np.int64),
            "axes": np.array([1], np.int64),
            "index": np.array([0, 2], np.int64),
        },
        [("u",)],
    ),
    "the table of an embedding": (
        "g (int64[1, 3] x) => (float[1, 3, 4] y) { y = Gather(table, x) }",
        {"table": floats(9, 4)},
        [("table",)],
    ),
    "behind an Identity and a Transpose": (
        "g (float[1, 4] x) => (float[1, 4] y) { i = Identity(u)  t = Transpose(i)  y = MatMul(x, t) }",
        {"u": floats(4, 4)},
        [("u",)],
    ),
    "a Constant node": (
        "g (float[1, 2] x) => (float[1, 2] y) { u = Constant<value = float[2, 2] {1, 2, 3, 4}>()  y = MatMul(x, u) }",
        {},
        [("u",)],
    ),
    "tied weights once, at the nearest": (
        "g (float[1, 4] x) => (float[1, 4] y) { a = MatMul(x, u)  y = MatMul(a, u) }",
        {"u": floats(4, 4)},
        [("u",)],
    ),
    "none that another node reads in another role": (
        "g (float[4, 4] x) => (float[4, 4] y) { a = MatMul(x, u)  b = MatMul(a, w)  y = Max(b, u) }",
        {"u": floats(4, 4), "w": floats(4, 4)},
        [("w",)],
    ),
    "none whose entries are all equal": (
        "g (float[1, 4] x) => (float[1, 4] y) { y = Gemm(x, u, b) }",
        {"u": floats(4, 4), "b": np.ones(4, np.float32)},
        [("u",)],
    ),
    "none that the score does not depend on": (
        "g (float[1, 4] x) => (float[1, 4] y, float[1, 4] z) { y = MatMul(x, u)  z = MatMul(x, w) }",
        {"u": floats(4, 4), "w": floats(4, 4)},
        [("u",)],
    ),
    "quantised weights without their scales": (
        """g (float[1, 4] x) => (float[1, 3] y) {
            w = DequantizeLinear<axis = 1>(q, s, z)
            y = MatMul(x, w)
        }""",
        {
            "q": np.arange(12, dtype=np.int8).reshape(4, 3),
            "s": np.array([1, 2, 3], np.float32),
            "z": np.array([0, 1, 2], np.int8),
        },
        [("q",)],
    ),
    "quantised products": (
        """g (uint8[1, 2, 4, 4] x) => (uint8[1, 3, 4, 4] y) {
            y = QLinearConv(x, s, z, w, ws, wz, s, z, b)
        }""",
        {
            "s": np.float32(0.1),
            "z": np.uint8(0),
            "w": np.arange(6, dtype=np.uint8).reshape(3, 2, 1, 1),
            "ws": np.array([1, 2, 3], np.float32),
            "wz": np.array([1, 2, 3], np.uint8),
            "b": np.arange(3, dtype=np.int32),
        },
        [("w", "b")],
    ),
}


@pytest.mark.parametrize("case", list(CASES))
def test_these_are_weights(case: str, write_model: Write) -> None:
    text, given, expected = CASES[case]
    found, notes = weights_of(write_model(text, **given))
    assert found == expected
    assert notes == ()


def test_weights_in_sub_graphs_are_left_alone_with_a_note(write_model: Write) -> None:
    text = """g (float[1, 4] x, bool c) => (float[1, 4] y) {
        a = MatMul(x, u)
        y = If(c) <
            then_branch = t () => (float[1, 4] p) { p = MatMul(a, w) },
            else_branch = e () => (float[1, 4] q) { q = Identity(a) }
        >
    }"""
    found, notes = weights_of(write_model(text, u=floats(4, 4), w=floats(4, 4)))
    assert found == [("u",)]
    assert notes == ("weights in the sub-graphs of 'y' are left alone",)


def test_a_weight_that_a_sub_graph_reads_too_is_left_alone(write_model: Write) -> None:
    text = """g (float[1, 4] x, bool c) => (float[1, 4] y) {
        a = MatMul(x, u)
        b = MatMul(a, w)
        y = If(c) <
            then_branch = t () => (float[1, 4] p) { p = Add(b, w) },
            else_branch = e () => (float[1, 4] q) { q = Identity(b) }
        >
    }"""
    found, _ = weights_of(write_model(text, u=floats(4, 4), w=floats(4, 4)))
    assert found == [("u",)]


def test_weights_that_are_computed_are_left_alone_with_a_note(write_model: Write) -> None:
    text = "g (float[1, 4] x) => (float[1, 4] y) { w = Mul(u, v)  a = MatMul(x, w)  y = MatMul(a, k) }"
    found, notes = weights_of(write_model(text, u=floats(4, 4), v=floats(4, 1), k=floats(4, 4)))
    assert found == [("k",)]
    assert notes == ("weights that are computed from others are left alone, at 'a'",)


def test_a_disk_that_takes_no_more_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    source = Path(__file__).parents[2] / "models" / "shapes-torchscript.onnx"
    path = tmp_path / "model.onnx"
    onnx.save(onnx.load(source), path, save_as_external_data=True, location="model.data", size_threshold=0)
    monkeypatch.setattr(ir.external_data, "unload_from_model", is_full)
    with pytest.raises(ModelError, match="cannot be written: No space left on device"):
        write_shuffled(load(path).shipped, ["last.weight"], 0, tmp_path / "shuffled.onnx")


STORED = [np.float32, np.float16, np.float64, np.int8, np.uint8, np.int32, ir.DataType.BFLOAT16.numpy()]


@pytest.mark.parametrize("dtype", [*STORED, ir.DataType.INT4.numpy()], ids=lambda d: np.dtype(d).name)
def test_a_shuffle_keeps_type_shape_and_every_entry(dtype: Any, tmp_path: Path) -> None:
    tensor = ir.tensor(np.arange(-6, 6).clip(-6 if np.dtype(dtype).name != "uint8" else 0).reshape(3, 4).astype(dtype))
    value = ir.Value(name="w", const_value=tensor, type=ir.TensorType(tensor.dtype), shape=tensor.shape)
    node = ir.node("Identity", [value])
    graph = ir.Graph([], node.outputs, nodes=[node], initializers=[value], opset_imports={"": 21}, name="g")
    write_shuffled(ir.Model(graph, ir_version=10), ["w"], 0, tmp_path / "shuffled.onnx")
    found = ir.load(tmp_path / "shuffled.onnx").graph.initializers["w"].const_value
    assert found is not None
    assert (found.dtype, tuple(found.shape)) == (tensor.dtype, (3, 4))
    before, after = (one.numpy().astype(np.float64).ravel() for one in (tensor, found))
    assert sorted(before) == sorted(after)
    assert not np.array_equal(before, after)
    assert np.array_equal(tensor.numpy(), value.const_value.numpy())
