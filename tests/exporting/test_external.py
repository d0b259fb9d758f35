"""Weights in files of their own: they stay there, whatever their size."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import onnxcam

MODEL = Path(__file__).parents[2] / "models/shapes-torchscript.onnx"
ROWS, WIDTH = 150_000, 4096  # a table of 2.3 GiB


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The bundled model with its weights in `weights/w.bin`."""
    folder = tmp_path / "in"
    (folder / "weights").mkdir(parents=True)
    onnx.save(
        onnx.load(MODEL),
        folder / "m.onnx",
        save_as_external_data=True,
        location="weights/w.bin",
        size_threshold=0,
    )
    return folder / "m.onnx"


def maps(path: Path) -> np.ndarray:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).standard_normal((2, 3, 96, 96)).astype(np.float32)
    (found,) = session.run(["cam"], {"input": x})
    return np.asarray(found)


def test_beside_the_model_the_weights_are_shared(model: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in model.parent.rglob("*") if p.is_file()}
    exported = onnxcam.export(model, model.parent / "m.cam.onnx", provider="cpu")
    assert exported.files == (model.parent / "m.cam.onnx",)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert exported.size < 60_000
    assert maps(exported.path).max() == pytest.approx(1, abs=1e-5)


def test_elsewhere_they_are_copied(model: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    exported = onnxcam.export(model, tmp_path / "out/m.cam.onnx", provider="cpu")
    copied = tmp_path / "out/weights/w.bin"
    assert exported.files == (copied, tmp_path / "out/m.cam.onnx")
    assert copied.read_bytes() == (model.parent / "weights/w.bin").read_bytes()
    expected = maps(exported.path)
    again = onnxcam.export(model, tmp_path / "out/n.cam.onnx", provider="cpu")
    assert again.files == (tmp_path / "out/n.cam.onnx",)
    np.testing.assert_array_equal(maps(again.path), expected)
    assert sorted(p.name for p in (tmp_path / "out").rglob("*")) == ["m.cam.onnx", "n.cam.onnx", "w.bin", "weights"]


def test_other_weights_are_not_written_over(model: Path, tmp_path: Path) -> None:
    (tmp_path / "out/weights").mkdir(parents=True)
    (tmp_path / "out/weights/w.bin").write_bytes(b"mine")
    with pytest.raises(onnxcam.ModelError, match="exists and is not the weights of the model"):
        onnxcam.export(model, tmp_path / "out/m.cam.onnx", provider="cpu")
    assert (tmp_path / "out/weights/w.bin").read_bytes() == b"mine"
    assert not (tmp_path / "out/m.cam.onnx").exists()


def test_nothing_is_left_where_it_fails(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    (tmp_path / "out").mkdir()
    with pytest.raises(onnxcam.ModelError, match="cannot be written: No space left on device"):
        onnxcam.export(model, tmp_path / "out/m.cam.onnx", provider="cpu")
    assert [p.name for p in (tmp_path / "out").rglob("*") if p.is_file()] == []


def write_large(path: Path) -> Path:
    """A classifier of pictures and a token, whose table of embeddings lies in a sparse file of 2.3 GiB."""
    rng = np.random.default_rng(0)

    def weight(name: str, *shape: int) -> TensorProto:
        return numpy_helper.from_array((rng.standard_normal(shape) / 8).astype(np.float32), name)

    table = TensorProto(name="table", data_type=TensorProto.FLOAT, dims=[ROWS, WIDTH])
    table.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "table.bin"), ("offset", "0"), ("length", str(ROWS * WIDTH * 4))):
        table.external_data.add(key=key, value=value)
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["features"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["features"], ["active"]),
        helper.make_node("GlobalAveragePool", ["active"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gather", ["table", "token"], ["row"]),
        helper.make_node("Gemm", ["row", "down"], ["embedded"]),
        helper.make_node("Add", ["flat", "embedded"], ["both"]),
        helper.make_node("Gemm", ["both", "last"], ["scores"]),
    ]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "large",
        [info("x", TensorProto.FLOAT, ["N", 3, 32, 32]), info("token", TensorProto.INT64, ["N"])],
        [info("scores", TensorProto.FLOAT, ["N", 10])],
        [table, weight("kernel", 16, 3, 3, 3), weight("down", WIDTH, 16), weight("last", 16, 10)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    with (path.parent / "table.bin").open("wb") as file:
        file.truncate(ROWS * WIDTH * 4)
    return path


PEAK = """
import sys, onnxcam
exported = onnxcam.export(sys.argv[1], sys.argv[2], provider="cpu")
(peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak, exported.size, exported.random.maps)
"""


def test_more_than_two_gigabytes_are_not_read_into_memory(tmp_path: Path, figure: Callable[[str], None]) -> None:
    model = write_large(tmp_path / "large.onnx")
    data = (tmp_path / "table.bin").stat()
    if data.st_blocks * 512 > 1e8:
        pytest.skip("this file system has no sparse files")
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell a process's peak memory in /proc")
    ran = subprocess.run(
        [sys.executable, "-c", PEAK, str(model), str(tmp_path / "large.cam.onnx")],
        capture_output=True,
        text=True,
        check=True,
    )
    peak, size, maps_apart = map(float, ran.stdout.split())
    figure(f"export of a model of {data.st_size / 2**30:.2f} GiB: peak memory {peak / 1024:.0f} MiB, {size:,.0f} bytes")
    assert peak * 1024 < data.st_size / 4
    assert size < 1_000_000
    assert maps_apart < 1e-5
    onnx.checker.check_model(tmp_path / "large.cam.onnx", full_check=True)
