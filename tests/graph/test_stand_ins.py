"""The shapes and types found for ONNX Runtime's own operators are those that it computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from onnxcam.graph import load
from tests.conftest import Write

DOMAIN = "com.microsoft."
WEIGHTS = {
    "s": np.array(0.1, np.float32),
    "u": np.array(3, np.uint8),
    "i": np.array(3, np.int8),
    "w": np.ones((6, 4, 3, 3), np.int8),
    "depthwise": np.ones((4, 1, 3, 3), np.int8),
    "m": np.ones((5, 7), np.int8),
    "t": np.ones((7, 5), np.uint8),
    "c": np.ones(7, np.int32),
    "words": np.ones((20, 32), np.uint8),
    "row": np.ones(32, np.uint8),
    "blocks": np.ones((9, 2, 8), np.uint8),
    "block_scales": np.ones((9, 2), np.float32),
    "table": np.ones((20, 16), np.uint8),
    "table_scales": np.ones((20, 2), np.float32),
    "lstm": np.ones((1, 5, 24), np.int8),
    "recurrent": np.ones((1, 6, 24), np.int8),
    "ones": np.ones(1, np.float32),
    "zeros": np.zeros(1, np.int8),
    "qkv": np.ones((5, 12), np.int8),
    "bias": np.ones(12, np.float32),
}
INPUTS = {
    "image": ("uint8", (2, 4, 8, 9)),
    "last": ("uint8", (2, 8, 9, 4)),
    "rows": ("uint8", (2, 5)),
    "reals": ("float", (2, 18)),
    "flag": ("bool", (2, 5)),
    "ids": ("int32", (2, 3)),
    "steps": ("float", (3, 2, 5)),
    "half": ("uint8", (2, 3, 5)),
    "sixteen": ("int16", (2, 5)),
}
NODES = {
    "QuantizeLinear": "q = {0}QuantizeLinear(reals, s, i)",
    "DequantizeLinear": "q = {0}DequantizeLinear(rows, s, u)",
    "QLinearAdd": "q = {0}QLinearAdd(image, s, u, rows4, s, u, s, u)",
    "QLinearMul": "q = {0}QLinearMul(rows, s, u, rows, s, u, s, u)",
    "QLinearLeakyRelu": "q = {0}QLinearLeakyRelu(image, s, u, s, u)",
    "QLinearSigmoid": "q = {0}QLinearSigmoid(image, s, u, s, u)",
    "QLinearSoftmax": "q = {0}QLinearSoftmax <opset = 13> (rows, s, u, s, u)",
    "QLinearWhere": "q = {0}QLinearWhere(flag, rows, s, u, rows, s, u, s, u)",
    "QLinearConcat": "q = {0}QLinearConcat <axis = 1> (s, u, rows, s, u, rows, s, u)",
    "QLinearConv": "q = {0}QLinearConv <strides = [2, 1]> (image, s, u, w, s, i, s, u)",
    "QLinearConv-last": "q = {0}QLinearConv <channels_last = 1, pads = [1, 1, 1, 1]> (last, s, u, w, s, i, s, u)",
    "QLinearConv-groups": "q = {0}QLinearConv <group = 4> (image, s, u, depthwise, s, i, s, u)",
    "QLinearAveragePool": "q = {0}QLinearAveragePool <kernel_shape = [3, 2], strides = [2, 2]> (image, s, u, s, u)",
    "QLinearAveragePool-up": "q = {0}QLinearAveragePool <kernel_shape = [3, 2], strides = [2, 2], ceil_mode = 1>"
    "(image, s, u, s, u)",
    "QLinearAveragePool-last": "q = {0}QLinearAveragePool <kernel_shape = [3, 2], channels_last = 1>(last, s, u, s, u)",
    "QLinearGlobalAveragePool": "q = {0}QLinearGlobalAveragePool(image, s, u, s, u)",
    "QLinearGlobalAveragePool-last": "q = {0}QLinearGlobalAveragePool <channels_last = 1> (last, s, u, s, u)",
    "QGemm": "q = {0}QGemm(rows, s, u, m, s, i, c, s, u)",
    "QGemm-float": "q = {0}QGemm <transB = 1> (rows, s, u, t, s, u)",
    "MatMulInteger16": "q = {0}MatMulInteger16(sixteen, sixteen5)",
    "DynamicQuantizeMatMul": "q = {0}DynamicQuantizeMatMul(steps, m, s)",
    "MatMulIntegerToFloat": "q = {0}MatMulIntegerToFloat(half, m, s, s)",
    "MatMulNBits": "q = {0}MatMulNBits <K = 18, N = 9, bits = 4, block_size = 16> (reals, blocks, block_scales)",
    "GatherBlockQuantized": "q = {0}GatherBlockQuantized <bits = 4, block_size = 16, quantize_axis = 1>"
    "(table, ids, table_scales)",
    "DynamicQuantizeLSTM": "q, h, c2 = {0}DynamicQuantizeLSTM <hidden_size = 6>"
    "(steps, lstm, recurrent, , , , , , ones, zeros, ones, zeros)",
    "QEmbedLayerNormalization": "q, h = {0}QEmbedLayerNormalization"
    "(ids, , words, words, , row, row, , s, s, , s, s, u, u, , u, u)",
    "QAttention": "q = {0}QAttention <num_heads = 2> (half, qkv, bias, s, s, , u, i)",
}
# What ONNX Runtime's CPU provider does not run: what the operator's documentation says.
DOCUMENTED = {
    "QLinearReduceMean": ("q = {0}QLinearReduceMean <axes = [1]> (image, s, u, s, u)", np.uint8, (2, 1, 8, 9)),
    "QLinearReduceMean-all": ("q = {0}QLinearReduceMean <keepdims = 0> (image, s, u, s, u)", np.uint8, ()),
    "ReduceSumInteger": ("q = {0}ReduceSumInteger <axes = [1, 2], keepdims = 0> (image)", np.int32, (2, 9)),
    "MulInteger": ("q = {0}MulInteger(image, u, rows4, u)", np.int32, (2, 4, 8, 9)),
    "MatMulBnb4": (
        "q = {0}MatMulBnb4 <K = 18, N = 9, block_size = 16, quant_type = 1> (reals, row, ones)",
        np.float32,
        (2, 9),
    ),
}
EXTRA = {"rows4": np.ones((4, 1, 1), np.uint8), "sixteen5": np.ones((5, 7), np.int16)}


def write(write_model: Write, node: str, *, is_dynamic: bool, opset: int = 17) -> Path:
    text = node.format(DOMAIN)
    used = {n: k for n, k in INPUTS.items() if n in text.replace(",", " ").replace("(", " ").replace(")", " ").split()}
    dims = {
        n: ", ".join([f"N_{n}" if is_dynamic else str(shape[0]), *map(str, shape[1:])])
        for n, (_, shape) in INPUTS.items()
    }
    given = ", ".join(f"{kind}[{dims[n]}] {n}" for n, (kind, _) in used.items())
    weights = {n: a for n, a in (WEIGHTS | EXTRA).items() if n in text}
    path = write_model(f"g ({given}) => (float[1] q) {{ {text} }}", opset=opset, **weights)
    proto = onnx.load(path)
    proto.graph.output[0].type.Clear()
    onnx.save(proto, path)
    return path


def run(path: Path) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    kinds = {"float": np.float32}
    feeds = {
        i.name: np.ones(INPUTS[i.name][1], kinds.get(INPUTS[i.name][0], INPUTS[i.name][0]))
        for i in session.get_inputs()
    }
    return np.asarray(session.run(["q"], feeds)[0])


@pytest.mark.parametrize("name", NODES)
@pytest.mark.parametrize("is_dynamic", [False, True], ids=["static", "dynamic"])
def test_shape_and_type_are_those_that_onnxruntime_computes(write_model: Write, name: str, is_dynamic: bool) -> None:
    path = write(write_model, NODES[name], is_dynamic=is_dynamic)
    found, computed = load(path).value("q"), run(path)
    assert found.dtype is not None
    assert found.dtype.numpy() == computed.dtype
    assert found.shape is not None
    assert found.shape.rank() == computed.ndim
    known = [d if isinstance(d, int) else None for d in found.shape]
    assert all(d in (None, n) for d, n in zip(known, computed.shape, strict=True))
    assert known.count(None) <= is_dynamic


@pytest.mark.parametrize("opset", [12, 17, 21])
@pytest.mark.parametrize("name", DOCUMENTED)
def test_shape_and_type_are_those_of_the_documentation(write_model: Write, name: str, opset: int) -> None:
    node, dtype, shape = DOCUMENTED[name]
    found = load(write(write_model, node, is_dynamic=False, opset=opset)).value("q")
    assert found.dtype is not None
    assert found.dtype.numpy() == dtype
    assert found.shape is not None
    assert tuple(found.shape) == shape


def test_inference_goes_on_behind_them(write_model: Write) -> None:
    text = """g (float[N, 3, 8, 8] x) => (float[N, 4, 4, 4] y) {
        q = QuantizeLinear(x, s, u)   a = com.microsoft.QLinearAdd(q, s, u, q, s, u, s, u)
        p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (a)
        b = com.microsoft.QLinearSigmoid(p, s, u, s, u)   t = Transpose(b)   y = DequantizeLinear(t, s, u)
    }"""
    model = load(write_model(text, s=WEIGHTS["s"], u=WEIGHTS["u"]))
    assert [str(model.value(n).shape) for n in ("p", "b", "t")] == ["[N,3,4,4]", "[N,3,4,4]", "[4,4,3,N]"]
    assert [n.op_type for n in model.graph] == [
        "QuantizeLinear",
        "QLinearAdd",
        "MaxPool",
        "QLinearSigmoid",
        "Transpose",
        "DequantizeLinear",
    ]


@pytest.mark.parametrize(
    ("turned", "left", "right"),
    [
        ("transA = 1", "N, 4, 3", "N, 4, 5"),
        ("transB = 1", "N, 3, 4", "N, 5, 4"),
        ("transA = 1, transB = 1", "N, 4, 3", "N, 5, 4"),
        ("transB = 1", "N, 3, 4", "5, 4"),
    ],
    ids=["left", "right", "both", "matrix"],
)
def test_a_product_with_turned_operands_has_a_shape_wherever_it_stands(
    write_model: Write, turned: str, left: str, right: str
) -> None:
    """Behind other nodes the ranks of the operands are not known yet when the stand-in is chosen."""
    text = f"""g (float[{left}] x, float[{right}] z) => (float[1] y) {{
        a = Relu(x)   b = Relu(z)   p = com.microsoft.FusedMatMul <{turned}> (a, b)   y = Relu(p)
    }}"""
    assert str(load(write_model(text, opset=13)).value("p").shape) == "[N,3,5]"
