from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from onnxcam.errors import ModelError
from onnxcam.graph import load
from tests.conftest import Write

W = np.ones((4, 3, 3, 3), np.float32)


def test_a_constant_node_is_an_initializer_of_the_analysed_graph_alone(write_model: Write) -> None:
    model = load(
        write_model("g (float[N, 2] x) => (float[N, 2] y) { c = Constant <value_float = 2.0> ()  y = Mul(x, c) }")
    )
    assert [n.op_type for n in model.graph] == ["Mul"]
    assert [n.op_type for n in model.shipped.graph] == ["Constant", "Mul"]
    assert model.constants.array(model.value("c")) == 2.0


def test_functions_are_inlined_and_their_values_can_be_named(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
    g (float[N, 2] x) => (float[N, 2] y) { y = local.twice(x) }
    <opset_import: ["" : 17], domain: "local"> twice (a) => (b) { t = Relu(a)  b = Add(t, t) }"""
    onnx.save(onnx.parser.parse_model(text), tmp_path / "f.onnx")
    model = load(tmp_path / "f.onnx")
    assert [n.op_type for n in model.shipped.graph] == ["Relu", "Add"]
    assert model.value("y").producer() is not None


def test_initializers_listed_as_inputs_are_no_inputs(write_model: Write) -> None:
    path = write_model("g (float[N, 2] x, float[2] w) => (float[N, 2] y) { y = Mul(x, w) }", w=np.ones(2, np.float32))
    model = load(path)
    assert [v.name for v in model.graph.inputs] == ["x"]
    assert model.constants.is_constant(model.value("w"))


def test_the_rank_behind_a_reshape_to_computed_sizes_is_found(write_model: Write) -> None:
    text = """g (float[N, 4, 3] x) => (float[A, B] y) {
        s = Shape <start = 0, end = 1> (x)   m = Constant <value_ints = [-1]> ()   t = Concat <axis = 0> (s, m)
        y = Reshape(x, t)
    }"""
    shape = load(write_model(text)).value("y").shape
    assert shape is not None
    assert shape.rank() == 2


def test_map_outputs_and_operators_without_a_schema_do_not_stop_inference(write_model: Write) -> None:
    text = """g (float[N, 3, 8, 8] x) => (float[N, 3] y) {
        s = ImageScaler <scale = 2.0> (x)   p = GlobalAveragePool(s)   y = Flatten(p)
        z = ai.onnx.ml.ZipMap <classlabels_int64s = [0, 1, 2]> (y)
    }"""
    model = load(write_model(text))
    assert model.value("p").shape == ["N", 3, 1, 1]
    assert model.graph.node(3).domain == "ai.onnx.ml"


def test_the_standard_domain_may_be_spelled_out(tmp_path: Path) -> None:
    node = helper.make_node("Relu", ["x"], ["y"], domain="ai.onnx")
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N", 2]) for n in "xy")
    graph = helper.make_graph([node], "g", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx", 13)]), tmp_path / "m.onnx")
    assert load(tmp_path / "m.onnx").opset == 13


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"no file '.*m\.onnx'"),
        (b"", "it holds no graph"),
        (b"not a model at all, but text", "is not an ONNX model, or it is truncated"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "is not an ONNX model"),
    ],
    ids=["missing", "empty", "text", "picture"],
)
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load(tmp_path / "m.onnx")


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999], ids=["early", "late", "last bytes"])
def test_a_truncated_file_is_refused(classifier: Path, share: float) -> None:
    whole = classifier.read_bytes()
    classifier.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelError, match=r"truncated|damaged|no graph"):
        load(classifier)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is a folder"):
        load(tmp_path)


def test_an_opset_that_no_runtime_runs_is_refused(write_model: Write) -> None:
    with pytest.raises(ModelError, match="uses opset 6; onnxcam reads opset 7 and newer") as caught:
        load(write_model("g (float[2] x) => (float[2] y) { y = Relu(x) }", opset=6))
    assert caught.value.opset == 6


def test_a_custom_operator_is_refused(tmp_path: Path) -> None:
    text = '<ir_version: 8, opset_import: ["" : 17, "acme" : 1]> g (float[2] x) => (float[2] y) { y = acme.Magic(x) }'
    onnx.save(onnx.parser.parse_model(text), tmp_path / "m.onnx")
    with pytest.raises(ModelError, match="needs the custom operator acme::Magic") as caught:
        load(tmp_path / "m.onnx")
    assert caught.value.op_type == "Magic"


def test_an_unknown_value_is_refused_with_the_nearest_name(classifier: Path) -> None:
    with pytest.raises(ModelError, match="no value 'yy' in model.onnx. Did you mean 'y'"):
        load(classifier).value("yy")


def test_what_the_file_declares_of_inner_values_is_not_believed(write_model: Write) -> None:
    """Some exporters write value_info in the wrong layout; the operator knows better."""
    path = write_model("g (float[N, 3, 8, 8] x) => (float[N, 4, 6, 6] y) { c = Conv(x, w)  y = Relu(c) }", w=W)
    proto = onnx.load(path)
    proto.graph.value_info.append(helper.make_tensor_value_info("c", TensorProto.FLOAT, ["N", 6, 6, 4]))
    onnx.save(proto, path)
    assert load(path).value("c").shape == ["N", 4, 6, 6]


def test_what_the_file_declares_helps_where_inference_knows_nothing(write_model: Write) -> None:
    path = write_model("g (float[N, 3] x) => (float[N, 3] y) { c = com.microsoft.QuickGelu(x)  y = Relu(c) }")
    assert load(path).value("y").shape == ["N", 3]
    proto = onnx.load(path)
    proto.graph.value_info.append(helper.make_tensor_value_info("c", TensorProto.FLOAT, ["N", 3]))
    onnx.save(proto, path)
    assert load(path).value("c").shape == ["N", 3]


def test_nodes_may_stand_in_any_order(write_model: Write) -> None:
    model = load(write_model("g (float[2] x) => (float[2] y) { y = Relu(a) a = Abs(x) }"))
    assert [n.op_type for n in model.graph] == ["Abs", "Relu"]


def test_a_value_that_nothing_makes_is_an_error(write_model: Write) -> None:
    with pytest.raises(ModelError, match=r"node 'y' \(Relu\) reads 'a', which nothing makes"):
        load(write_model("g (float[2] x) => (float[2] y) { y = Relu(a) }"))
