"""A file read without its weights, held against Protocol Buffers' own reader."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

import onnxcam
from onnxcam.errors import ModelError
from onnxcam.graph import load, save
from onnxcam.graph.own_weights import LARGE, own_tensors, read_without_weights, whole_proto
from tests.shared import SHARED

ROOT = Path(__file__).parents[2] / "models"
FILES = [*sorted(ROOT.glob("*.onnx")), *sorted(SHARED.glob("models/*/*.onnx"))]


def small_model(weights: int = 2) -> onnx.ModelProto:
    """A model of large and small weights."""
    rng = np.random.default_rng(0)
    arrays = {f"w{n}": rng.standard_normal((40, 40)).astype(np.float32) for n in range(weights)}
    arrays["small"] = np.ones(40, np.float32)
    nodes = [helper.make_node("MatMul", ["x" if n == 0 else f"y{n - 1}", f"w{n}"], [f"y{n}"]) for n in range(weights)]
    nodes.append(helper.make_node("Add", [f"y{weights - 1}", "small"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 40])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 40])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def joined(read: tuple[onnx.ModelProto, dict[str, tuple[int, int]]], content: bytes) -> onnx.ModelProto:
    """What was read, its weights put back from the places that were told."""
    proto, spans = read
    for weight in proto.graph.initializer:
        if weight.name in spans:
            offset, length = spans[weight.name]
            weight.raw_data = content[offset : offset + length]
    return proto


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name if path.stem == "model" else path.stem)
def test_with_its_weights_it_is_what_protobuf_reads(path: Path) -> None:
    read = read_without_weights(path)
    assert read is not None
    expected = onnx.load(path, load_external_data=False)
    large = {w.name for w in expected.graph.initializer if len(w.raw_data) >= LARGE}
    assert read[1].keys() == large
    assert read[0].ByteSize() < expected.ByteSize() or not large
    assert joined(read, path.read_bytes()) == expected


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_as_protobuf_reads_it_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(small_model().SerializeToString())
    bare = [place for place in range(len(content)) if place < 60 or place > len(content) - 300]
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.sampled_from(bare))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.sampled_from([len(content), len(content) - 5, 50]))]
    path = tmp_path_factory.mktemp("damaged") / "model.onnx"
    path.write_bytes(content)
    read = read_without_weights(path)
    if read is None:
        return
    try:
        expected = onnx.ModelProto.FromString(bytes(content))
    except DecodeError:
        pytest.fail("protobuf refuses what was read")
    assert joined(read, bytes(content)) == expected


def test_a_file_of_two_graphs_is_left_to_protobuf_which_merges_them(tmp_path: Path) -> None:
    content = small_model().SerializeToString()
    other = onnx.ModelProto(graph=onnx.GraphProto(doc_string="more")).SerializeToString()
    (tmp_path / "two.onnx").write_bytes(content + other)
    assert onnx.load(tmp_path / "two.onnx").graph.doc_string == "more"
    assert read_without_weights(tmp_path / "two.onnx") is None
    assert len(load(tmp_path / "two.onnx").graph) == 3


def test_an_empty_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "empty.onnx").touch()
    assert read_without_weights(tmp_path / "empty.onnx") is None
    with pytest.raises(ModelError, match="not an ONNX model"):
        load(tmp_path / "empty.onnx")


def test_the_weights_are_those_of_the_file(tmp_path: Path) -> None:
    onnx.save(small_model(), tmp_path / "model.onnx")
    own = own_tensors(load(tmp_path / "model.onnx").shipped)
    assert own.keys() == {"w0", "w1"}
    for weight in small_model().graph.initializer:
        if weight.name in own:
            np.testing.assert_array_equal(own[weight.name].numpy(), numpy_helper.to_array(weight))


def test_what_is_saved_elsewhere_holds_them(tmp_path: Path) -> None:
    onnx.save(small_model(), tmp_path / "model.onnx")
    (tmp_path / "other").mkdir()
    model = load(tmp_path / "model.onnx")
    save(model.shipped, tmp_path / "other/saved.onnx")
    assert whole_proto(model.shipped).graph.initializer == onnx.load(tmp_path / "other/saved.onnx").graph.initializer
    (tmp_path / "model.onnx").unlink()
    x = np.random.default_rng(1).standard_normal((2, 40)).astype(np.float32)
    sessions = [
        onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
        for source in (small_model().SerializeToString(), tmp_path / "other/saved.onnx")
    ]
    first, second = (session.run(None, {"x": x})[0] for session in sessions)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("change", ["rewritten", "replaced", "removed"])
def test_a_file_that_changes_after_it_was_loaded_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "shapes.onnx"
    shutil.copyfile(ROOT / "shapes-torchscript.onnx", path)
    picture, options = sorted((ROOT / "pictures").glob("*.png"))[0], {"provider": "cpu", "preprocess": "unit"}
    explainer = onnxcam.Explainer(path, **options)
    if change == "removed":
        path.unlink()
    elif change == "rewritten":
        os.utime(path, ns=(1, 1))
    else:
        shutil.copyfile(ROOT / "shapes-dynamo.onnx", tmp_path / "new")
        os.replace(tmp_path / "new", path)
    with pytest.raises(ModelError, match=r"shapes\.onnx was changed or removed after it was loaded"):
        explainer.explain(picture)


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    shutil.copyfile(ROOT / "shapes-torchscript.onnx", tmp_path / "blobs/0f3a")
    (tmp_path / "model.onnx").symlink_to(tmp_path / "blobs/0f3a")
    picture, options = sorted((ROOT / "pictures").glob("*.png"))[0], {"provider": "cpu", "preprocess": "unit"}
    linked, direct = (
        onnxcam.explain(path, picture, **options)
        for path in (tmp_path / "model.onnx", ROOT / "shapes-torchscript.onnx")
    )
    np.testing.assert_array_equal(linked.map, direct.map)
