"""The Python API on small models: shapes, targets, batches, precision, notes, errors."""

from __future__ import annotations

import concurrent.futures
import math
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnx_ir
import pytest
from numpy.typing import NDArray

import onnxcam
import onnxcam.explainer
import onnxcam.runtime.fidelity
from onnxcam.errors import InputError, PlanError, ProviderError
from onnxcam.imaging import Preprocess
from onnxcam.targets import ClassIndex
from tests.conftest import Write

Array = NDArray[Any]
ROOT = Path(__file__).parents[1]


@pytest.fixture
def explainer(classifier: Path) -> onnxcam.Explainer:
    return onnxcam.Explainer(classifier, provider="cpu")


@pytest.fixture
def x(rng: np.random.Generator) -> Array:
    return rng.standard_normal((4, 3, 16, 16)).astype(np.float32)


def weights(path: Path) -> dict[str, Array]:
    return {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}


def test_the_explanation_is_grad_cam_by_hand(explainer: onnxcam.Explainer, classifier: Path, x: Array) -> None:
    """On global average pooling and a linear layer: dy/dA is v where the unit is active, over h·w."""
    result = explainer.explain(x, target=3)
    v = weights(classifier)["v"]
    gradient = (result.activation > 0) * v[:, 3][None, :, None, None] / 64
    np.testing.assert_allclose(result.gradient, gradient, atol=1e-7)
    alpha = gradient.mean((2, 3))
    np.testing.assert_allclose(result.alpha, alpha, atol=1e-7)
    raw = np.maximum((alpha[:, :, None, None] * result.activation).sum(1), 0)
    np.testing.assert_allclose(result.raw, raw, atol=1e-6)
    for one, small in zip(result.map, raw, strict=True):
        scaled = (small - small.min()) / (np.max(small - small.min()) + 1e-7)
        big = cv2.resize(scaled.astype(np.float32), (16, 16))
        np.testing.assert_allclose(one, (big - big.min()) / (np.max(big - big.min()) + 1e-7), atol=1e-5)


def test_the_fields_are_those_of_the_contract(explainer: onnxcam.Explainer, x: Array) -> None:
    result = explainer.explain(x)
    assert result.logits.shape == (4, 5)
    np.testing.assert_array_equal(result.class_index, result.logits.argmax(1))
    np.testing.assert_allclose(result.score, result.logits.max(1))
    assert (result.activation.shape, result.gradient.shape) == ((4, 8, 8, 8), (4, 8, 8, 8))
    assert (result.alpha.shape, result.raw.shape, result.map.shape) == ((4, 8), (4, 8, 8), (4, 16, 16))
    kinds = [
        result.class_index.dtype,
        *(getattr(result, n).dtype for n in ("score", "alpha", "raw", "map", "gradient")),
    ]
    assert kinds == [np.int64, *[np.float32] * 5]
    assert (result.layer, result.method, result.provider, result.notes) == ("c", "grad-cam", "cpu", ())
    assert 0 <= result.map.min() <= result.map.max() <= 1
    assert len(result) == 4


def test_explain_in_one_call_is_the_same(classifier: Path, explainer: onnxcam.Explainer, x: Array) -> None:
    np.testing.assert_array_equal(onnxcam.explain(classifier, x, 1, provider="cpu").map, explainer.explain(x, 1).map)


def test_a_batch_equals_its_singles(explainer: onnxcam.Explainer, x: Array) -> None:
    together = explainer.explain(x, target=[0, 1, 2, 3])
    for i in range(4):
        alone = explainer.explain(x[i : i + 1], target=i)
        np.testing.assert_allclose(together.map[i], alone.map[0], atol=1e-5)


def test_a_model_of_fixed_batch_takes_any_number(classifier: Path, tmp_path: Path, x: Array) -> None:
    proto = onnx.load(classifier)
    for value in (*proto.graph.input, *proto.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 3
    onnx.save(proto, tmp_path / "fixed.onnx")
    fixed, free = (
        onnxcam.Explainer(tmp_path / "fixed.onnx", provider="cpu"),
        onnxcam.Explainer(classifier, provider="cpu"),
    )
    targets = [4, 3, 2, 1]
    np.testing.assert_allclose(fixed.explain(x, targets).map, free.explain(x, targets).map, atol=1e-5)
    cotangent = np.arange(20, dtype=np.float32).reshape(4, 5)
    for ours, theirs in zip(fixed.gradient(x, cotangent), free.gradient(x, cotangent), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_gradient_gives_one_level_down(explainer: onnxcam.Explainer, x: Array) -> None:
    result = explainer.explain(x, target=2)
    one_hot = np.eye(5, dtype=np.float32)[[2] * 4]
    for cotangent in (one_hot, lambda logits: np.eye(5)[[2] * len(logits)]):
        logits, activation, gradient = explainer.gradient(x, cotangent)
        np.testing.assert_array_equal(logits, result.logits)
        np.testing.assert_array_equal(activation, result.activation)
        np.testing.assert_allclose(gradient, result.gradient, atol=1e-7)


def test_targets_of_every_form(explainer: onnxcam.Explainer, x: Array) -> None:
    by_index = explainer.explain(x, target=2)
    np.testing.assert_array_equal(explainer.explain(x, target=ClassIndex(2)).map, by_index.map)
    doubled = explainer.explain(x, target=lambda logits: 2 * np.eye(5, dtype=np.float32)[[2] * len(logits)])
    np.testing.assert_allclose(doubled.map, by_index.map, atol=1e-5)
    np.testing.assert_allclose(doubled.score, 2 * by_index.score, rtol=1e-6)
    assert doubled.class_index.tolist() == [-1] * 4


def test_labels_name_the_classes(classifier: Path, x: Array) -> None:
    names = ("a", "b", "c", "d", "e")
    explainer = onnxcam.Explainer(classifier, provider="cpu", labels=names)
    result = explainer.explain(x, target="d")
    assert result.class_index.tolist() == [3] * 4
    assert result.class_name == ("d",) * 4


def test_pictures_are_preprocessed_and_overlaid_on_the_original(explainer: onnxcam.Explainer) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    result = explainer.explain([picture, picture[:, ::-1]])
    assert result.map.shape == (2, 16, 16)
    assert result.overlay(1).shape == (40, 60, 3)
    assert any("'imagenet' is assumed" in note for note in result.notes)
    told = onnxcam.Explainer(explainer.model.path, provider="cpu", preprocess="unit").explain(picture)
    assert told.notes == ()
    scaled = onnxcam.Explainer(explainer.model.path, provider="cpu", preprocess=Preprocess(std=(2.0,))).explain(picture)
    assert not np.allclose(scaled.logits, told.logits)


def test_channels_last_inputs_are_found(write_model: Write, rng: np.random.Generator) -> None:
    text = """g (float[N, 12, 20, 3] x) => (float[N, 4] y) {
        t = Transpose <perm = [0, 3, 1, 2]> (x)   c = Conv(t, w)   g = GlobalMaxPool(c)   y = Flatten(g)
    }"""
    path = write_model(text, w=rng.standard_normal((4, 3, 3, 3)).astype(np.float32))
    result = onnxcam.explain(path, np.zeros((30, 40, 3), np.uint8), provider="cpu")
    assert result.map.shape == (1, 12, 20)


def test_signals_and_volumes(write_model: Write, rng: np.random.Generator) -> None:
    for dims, shape in (("32", (32,)), ("8, 9, 10", (8, 9, 10))):
        n = len(shape)
        text = f"""g (float[N, 2, {dims}] x) => (float[N, 4] y) {{
            c = Conv(x, w)   r = Relu(c)   g = GlobalAveragePool(r)   y = Flatten(g)
        }}"""
        path = write_model(text, w=rng.standard_normal((4, 2, *(3,) * n)).astype(np.float32))
        result = onnxcam.explain(path, rng.standard_normal((2, 2, *shape)).astype(np.float32), provider="cpu")
        assert result.map.shape == (2, *shape)
        np.testing.assert_allclose(result.map.reshape(2, -1).max(1), 1, atol=1e-4)


def test_half_precision_gives_the_same_map(
    classifier: Path, tmp_path: Path, explainer: onnxcam.Explainer, x: Array
) -> None:
    """(ONNX Runtime's CPU provider has no float64 Conv; the rules' tests run gradient models in float64.)"""
    proto = onnx.load(classifier)
    for tensor in proto.graph.initializer:
        tensor.CopyFrom(
            onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype(np.float16), tensor.name)
        )
    for value in (*proto.graph.input, *proto.graph.output):
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    onnx.save(proto, tmp_path / "half.onnx")
    result = onnxcam.explain(tmp_path / "half.onnx", x, [0, 1, 2, 3], provider="cpu")
    assert result.map.dtype == np.float32
    np.testing.assert_allclose(result.map, explainer.explain(x, [0, 1, 2, 3]).map, atol=0.02)


def test_several_inputs_are_fed_as_a_dict(write_model: Write, rng: np.random.Generator) -> None:
    text = """g (float[N, 3, 8, 8] x, float[1] s) => (float[N, 4] y) {
        c = Conv(x, w)   g = GlobalAveragePool(c)   f = Flatten(g)   y = Mul(f, s)
    }"""
    path = write_model(text, w=rng.standard_normal((4, 3, 3, 3)).astype(np.float32))
    x = rng.standard_normal((2, 3, 8, 8)).astype(np.float32)
    explainer = onnxcam.Explainer(path, provider="cpu")
    one, three = (explainer.explain({"x": x, "s": np.array([s], np.float32)}, 0) for s in (1, 3))
    np.testing.assert_allclose(three.gradient, 3 * one.gradient, rtol=1e-6)
    with pytest.raises(InputError, match="input 's' is missing"):
        explainer.explain(x)


def test_an_all_zero_map_is_said(classifier: Path, tmp_path: Path, x: Array) -> None:
    proto = onnx.load(classifier)
    for tensor in proto.graph.initializer:
        if tensor.name == "v":
            tensor.CopyFrom(onnx.numpy_helper.from_array(-np.ones((8, 5), np.float32), "v"))
    onnx.save(proto, tmp_path / "negative.onnx")
    result = onnxcam.explain(tmp_path / "negative.onnx", x, 0, layer="r", provider="cpu")
    assert not result.map.any()
    assert result.notes == ("the map of every input is zero everywhere: nothing at this layer raises the score",)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.zeros((1, 3, 16, 15), np.float32), r"takes float32 \[\?, 3, 16, 16\]; an array of shape \[1, 3, 16, 15\]"),
        (np.zeros((3, 16, 16), np.float32), "Add a batch axis in front"),
        (np.zeros((0, 3, 16, 16), np.float32), r"an array of shape \[0, 3, 16, 16\]"),
        (np.zeros((1, 3, 16, 16), np.int64), "takes float32; int64 was given"),
        ({"xx": np.zeros(1)}, "no input 'xx'. Did you mean 'x'"),
        (3, "int is no input"),
        ("nowhere.png", "nowhere.png"),
        ("nowhere.npy", "no file 'nowhere.npy'"),
    ],
    ids=["shape", "rank", "empty", "dtype", "name", "number", "no picture", "no array"],
)
def test_an_input_that_does_not_fit_is_refused(explainer: onnxcam.Explainer, inputs: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        explainer.explain(inputs)


def test_a_non_finite_result_is_refused(explainer: onnxcam.Explainer, x: Array) -> None:
    x[1, 0, 0, 0] = np.nan
    with pytest.raises(ProviderError, match="the score tensor is not finite"):
        explainer.explain(x)


def test_a_layer_without_space_is_refused_but_has_a_gradient(classifier: Path, x: Array) -> None:
    explainer = onnxcam.Explainer(classifier, layer="f", provider="cpu")
    with pytest.raises(PlanError, match="the layer 'f' has shape .*: no space to map"):
        explainer.explain(x, 1)
    _, _, gradient = explainer.gradient(x, np.eye(5, dtype=np.float32)[[1] * 4])
    np.testing.assert_allclose(gradient, np.broadcast_to(weights(classifier)["v"][:, 1], (4, 8)), atol=1e-6)


@pytest.mark.parametrize("provider", ["gpu", "CPU", ""], ids=["gpu", "case", "empty"])
def test_an_unknown_provider_is_refused(classifier: Path, provider: str) -> None:
    with pytest.raises(InputError, match="Choose one of auto, cpu, cuda"):
        onnxcam.Explainer(classifier, provider=provider)


def test_an_unknown_method_is_refused(explainer: onnxcam.Explainer, x: Array) -> None:
    with pytest.raises(InputError, match="grad-cam"):
        explainer.explain(x, method="grad-camm")


def test_a_forward_model_that_moved_is_said(classifier: Path, x: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where exposing a value changes what ONNX Runtime fuses, the difference from the shipped file is a note."""
    shipped = onnxcam.runtime.fidelity.run_shipped
    monkeypatch.setattr(
        onnxcam.explainer, "run_shipped", lambda *args: {n: a * 1.001 for n, a in shipped(*args).items()}
    )
    notes = onnxcam.explain(classifier, x, provider="cpu").notes
    assert len(notes) == 1
    assert re.search(r"its outputs move by up to (9\.9|1\.0)e-0[34] of their largest entry", notes[0])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_weights_of_more_than_two_gigabytes_stay_in_their_file(tmp_path: Path, figure: Callable[[str], None]) -> None:
    """A file whose weights no protobuf could hold is mapped, not read: sparse on disk, most of it zeros."""
    rows, width = 120_000_000, 5
    size = 4 * rows * width
    w = np.random.default_rng(0).standard_normal((width, 3, 3, 3)).astype(np.float32)
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(size)
        file.seek(size)
        file.write(w.tobytes())
    text = """<ir_version: 8, opset_import: ["" : 17]> g (float[N, 3, 8, 8] x) => (float[N, 5] y) <int64 row = {7}> {
        c = Conv(x, w)   r = Relu(c)   p = GlobalAveragePool(r)   f = Flatten(p)
        e = Gather(table, row)   y = Add(f, e)
    }"""
    proto = onnx.parser.parse_model(text)
    for name, dims, offset in (("table", (rows, width), 0), ("w", w.shape, size)):
        tensor = onnx.TensorProto(name=name, data_type=onnx.TensorProto.FLOAT, dims=dims)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        length = 4 * math.prod(dims)
        for key, value in (("location", "weights.bin"), ("offset", offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        proto.graph.initializer.append(tensor)
    onnx.save(proto, tmp_path / "big.onnx")
    script = (
        "import pathlib, re, sys, onnxcam; onnxcam.Explainer(sys.argv[1], provider='cpu'); "
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "big.onnx")]
    peak = int(subprocess.run(command, capture_output=True, check=True, text=True).stdout) / 1000
    figure(f"weights of {size / 1e9:.1f} GB: a process that loads, plans and differentiates peaks at {peak:.0f} MB")
    assert peak < 500
    explainer = onnxcam.Explainer(tmp_path / "big.onnx", provider="cpu")
    result = explainer.explain(np.random.default_rng(1).standard_normal((1, 3, 8, 8)).astype(np.float32), 2)
    np.testing.assert_allclose(result.gradient[0, 2], (result.activation[0, 2] > 0) / 36, atol=1e-7)


def test_weights_in_external_files_give_the_same_map(
    classifier: Path, tmp_path: Path, explainer: onnxcam.Explainer, x: Array
) -> None:
    """The gradient model refers to the same file: weights are neither read into it nor doubled."""
    (tmp_path / "external").mkdir()
    path = tmp_path / "external" / "model.onnx"
    onnx.save(onnx.load(classifier), path, save_as_external_data=True, location="w.bin", size_threshold=0)
    outside = onnxcam.Explainer(path, provider="cpu")
    np.testing.assert_array_equal(outside.explain(x, 1).map, explainer.explain(x, 1).map)
    weights = [v.const_value for v in outside._gradient.model.graph.initializers.values()]
    assert any(isinstance(w, onnx_ir.ExternalTensor) for w in weights)


def test_several_threads_may_call_one_explainer_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first calls open its sessions, all at once; each result is that of one call after the other."""
    paths = sorted((ROOT / "models" / "pictures").glob("*.png"))
    options = {"preprocess": ROOT / "models" / "preprocess.json", "provider": "cpu"}
    model = ROOT / "models" / "shapes-torchscript.onnx"
    alone = onnxcam.Explainer(model, **options)
    shared = onnxcam.Explainer(model, **options, threads=1)
    opened = []
    open_pair = onnxcam.explainer.open_pair

    def slowly(*given: object) -> object:
        opened.append(given)
        time.sleep(0.1)
        return open_pair(*given)

    monkeypatch.setattr(onnxcam.explainer, "open_pair", slowly)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(shared.explain, paths))
    assert len(opened) == 1
    monkeypatch.undo()
    for path, one in zip(paths, found, strict=True):
        np.testing.assert_allclose(one.map, alone.explain(path).map, atol=1e-5)


def test_threads_below_0_are_refused() -> None:
    with pytest.raises(InputError, match=r"^-1 threads cannot run a model\. Give 1 or more, or 0 for one a core\.$"):
        onnxcam.Explainer(ROOT / "models" / "shapes-torchscript.onnx", threads=-1)
