"""The exported file against the explainer, on the bundled models of seven exporters and types."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.cam import method_names
from onnxcam.cam.registry import GRAPH_METHODS, METHODS
from onnxcam.targets import ClassIndex, Contrast, Several
from tests.exporting.runtimes import RUNTIMES
from tests.toy_methods import ablation

MODELS = sorted(Path(__file__).parents[2].glob("models/shapes-*.onnx"))
IDS = [m.stem for m in MODELS]
MODEL = Path(__file__).parents[2] / "models/shapes-torchscript.onnx"
CLOSE = 1e-5
CLOSE_AT_HALF = 2e-3
"""ONNX Runtime's CPU computes half precision in float32, and leaves out that a value is rounded between two nodes."""


def noise(model: Path, count: int = 3, seed: int = 1) -> dict[str, NDArray[np.float32]]:
    """Pictures of noise in the model's layout and type, by its input's name."""
    explainer = onnxcam.Explainer(model, provider="cpu")
    shape = [count, *(d or 96 for d in explainer.input.shape[1:])]
    values = np.random.default_rng(seed).standard_normal(shape)
    return {explainer.input.name: values.astype(explainer.input.dtype)}


def close(model: Path) -> float:
    return CLOSE_AT_HALF if "float16" in model.stem else CLOSE


@pytest.fixture(scope="module", params=MODELS, ids=IDS)
def model(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_it_gives_the_outputs_as_before_and_the_maps(model: Path, tmp_path: Path) -> None:
    exported = onnxcam.export(model, tmp_path / "m.onnx", provider="cpu")
    feeds = noise(model)
    found = RUNTIMES["onnxruntime"](exported.path, feeds)
    for name, wanted in RUNTIMES["onnxruntime"](model, feeds).items():
        assert found[name].dtype == wanted.dtype
        np.testing.assert_allclose(found[name], wanted, rtol=0, atol=1e-6 * np.abs(wanted).max())
    explained = onnxcam.explain(model, feeds, provider="cpu")
    np.testing.assert_array_equal(found["cam_class"], explained.class_index)
    np.testing.assert_allclose(found["cam"], explained.map, rtol=0, atol=close(model))
    assert found["cam"].dtype == np.float32
    assert found["cam"].max() == pytest.approx(1, abs=1e-5)


def test_any_class_may_be_chosen_in_a_run(model: Path, tmp_path: Path) -> None:
    path = onnxcam.export(model, tmp_path / "m.onnx", provider="cpu").path
    feeds, chosen = noise(model, 6), np.array([5, -1, 0, -7, 2, 3])
    found = RUNTIMES["onnxruntime"](path, {**feeds, "cam_target": chosen})
    predicted = onnxcam.explain(model, feeds, provider="cpu").class_index
    wanted = np.where(chosen < 0, predicted, chosen)
    np.testing.assert_array_equal(found["cam_class"], wanted)
    explained = onnxcam.explain(model, feeds, [int(c) for c in wanted], provider="cpu")
    np.testing.assert_allclose(found["cam"], explained.map, rtol=0, atol=close(model))


@pytest.mark.parametrize("method", sorted(GRAPH_METHODS))
def test_every_method_is_its_graph(model: Path, method: str, tmp_path: Path) -> None:
    exported = onnxcam.export(model, tmp_path / "m.onnx", method=method, provider="cpu")
    feeds = noise(model)
    found = RUNTIMES["onnxruntime"](exported.path, feeds)
    explained = onnxcam.explain(model, feeds, method=method, provider="cpu")
    np.testing.assert_allclose(found["cam"], explained.map, rtol=0, atol=close(model))


def test_every_method_has_a_graph() -> None:
    assert sorted(GRAPH_METHODS) == list(method_names())


def test_a_method_that_runs_the_model_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "ablation", ablation)
    with pytest.raises(onnxcam.InputError, match="'ablation' runs the model again, so no file can carry it"):
        onnxcam.export(MODEL, tmp_path / "m.onnx", method="ablation", provider="cpu")


def test_the_raw_map(model: Path, tmp_path: Path) -> None:
    exported = onnxcam.export(model, tmp_path / "m.onnx", raw=True, provider="cpu")
    feeds = noise(model)
    found = RUNTIMES["onnxruntime"](exported.path, feeds)["cam"]
    wanted = onnxcam.explain(model, feeds, provider="cpu").raw
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=close(model) * wanted.max())


def test_several_layers_are_averaged(tmp_path: Path) -> None:
    layers = ["/widen/widen.0/Conv_output_0", "/last/Conv_output_0"]
    exported = onnxcam.export(MODEL, tmp_path / "m.onnx", layer=layers, provider="cpu")
    feeds = noise(MODEL)
    found = RUNTIMES["onnxruntime"](exported.path, feeds)["cam"]
    wanted = onnxcam.explain(MODEL, feeds, layer=layers, provider="cpu").map
    np.testing.assert_allclose(found, wanted, rtol=0, atol=CLOSE)
    assert np.abs(wanted - onnxcam.explain(MODEL, feeds, provider="cpu").map).max() > 0.1
    with pytest.raises(onnxcam.InputError, match="their raw maps differ in size"):
        onnxcam.export(MODEL, tmp_path / "r.onnx", layer=layers, raw=True, provider="cpu")


@pytest.mark.parametrize("layer", ["/stem/stem.0/Conv_output_0", "/MaxPool_output_0", "/Relu_3_output_0"])
def test_an_early_layer(layer: str, tmp_path: Path) -> None:
    exported = onnxcam.export(MODEL, tmp_path / "m.onnx", layer=layer, provider="cpu")
    feeds = noise(MODEL)
    found = RUNTIMES["onnxruntime"](exported.path, feeds)["cam"]
    np.testing.assert_allclose(found, onnxcam.explain(MODEL, feeds, layer=layer, provider="cpu").map, atol=CLOSE)


def test_the_best_classes(model: Path, tmp_path: Path) -> None:
    exported = onnxcam.export(model, tmp_path / "m.onnx", target="top3", provider="cpu")
    feeds = noise(model, 2)
    found = RUNTIMES["onnxruntime"](exported.path, feeds)
    explained = onnxcam.explain(model, feeds, "top3", provider="cpu")
    np.testing.assert_array_equal(found["cam_class"], explained.class_index.reshape(2, 3))
    np.testing.assert_allclose(found["cam"], explained.map.reshape(found["cam"].shape), rtol=0, atol=close(model))
    assert [str(p) for p in exported.inputs if p.is_added] == []


@pytest.mark.parametrize("target", [4, "star", "star vs heart", "not star", Several((ClassIndex(1), Contrast(2, 0)))])
def test_a_fixed_target(target: object, tmp_path: Path) -> None:
    exported = onnxcam.export(MODEL, tmp_path / "m.onnx", target=target, provider="cpu")
    feeds = noise(MODEL, 2)
    found = RUNTIMES["onnxruntime"](exported.path, feeds)
    explained = onnxcam.explain(MODEL, feeds, target, provider="cpu")
    np.testing.assert_array_equal(found["cam_class"].reshape(-1), explained.class_index)
    np.testing.assert_allclose(found["cam"].reshape(explained.map.shape), explained.map, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("count", [1, 5])
def test_any_batch(model: Path, count: int, tmp_path: Path) -> None:
    path = onnxcam.export(model, tmp_path / "m.onnx", provider="cpu").path
    feeds = noise(model, count)
    found = RUNTIMES["onnxruntime"](path, feeds)
    assert len(found["cam"]) == len(found["cam_class"]) == count
    np.testing.assert_allclose(
        found["cam"], onnxcam.explain(model, feeds, provider="cpu").map, rtol=0, atol=close(model)
    )


def test_inputs_and_outputs_stay_and_come_first(model: Path, tmp_path: Path) -> None:
    before, after = (onnx.load(p) for p in (model, onnxcam.export(model, tmp_path / "m.onnx", provider="cpu").path))
    weights = {w.name for w in before.graph.initializer}
    assert [v for v in before.graph.input if v.name not in weights] == list(after.graph.input)[:1]
    assert list(before.graph.output) == list(after.graph.output)[: len(before.graph.output)]
    assert [v.name for v in after.graph.output][-2:] == ["cam", "cam_class"]
    (optional,) = [v for v in after.graph.input if v.name == "cam_target"]
    assert optional.type.tensor_type.elem_type == onnx.TensorProto.INT64


def test_it_passes_the_checker_and_strict_inference(model: Path, tmp_path: Path) -> None:
    path = onnxcam.export(model, tmp_path / "m.onnx", provider="cpu").path
    onnx.checker.check_model(path, full_check=True)
    onnx.shape_inference.infer_shapes(onnx.load(path), check_type=True, strict_mode=True, data_prop=True)


def test_only_standard_operators_are_added(model: Path, tmp_path: Path) -> None:
    path = onnxcam.export(model, tmp_path / "m.onnx", provider="cpu").path
    added = [n for n in onnx.load(path).graph.node if n.name.startswith("cam/")]
    assert added
    assert {n.domain for n in added} <= {"", "ai.onnx"}


def test_the_file_grows_by_its_nodes_alone(model: Path, tmp_path: Path, figure: Callable[[str], None]) -> None:
    exported = onnxcam.export(model, tmp_path / "m.onnx", provider="cpu")
    grown = exported.size - exported.shipped_size
    figure(f"export, {model.stem}: {grown:+,} bytes on {exported.shipped_size:,}")
    assert grown < 9_000
    tensors = sum(len(w.raw_data) for w in onnx.load(exported.path).graph.initializer if w.name.startswith("cam/"))
    assert tensors < 4_000


def test_the_metadata_say_what_it_is(tmp_path: Path) -> None:
    exported = onnxcam.export(MODEL, tmp_path / "m.onnx", target="star", method="hires-cam", provider="cpu")
    metadata = {p.key: p.value for p in onnx.load(exported.path).metadata_props}
    assert metadata == {
        "onnxcam.version": onnxcam.__version__,
        "onnxcam.layer": "/last/Conv_output_0",
        "onnxcam.score": "logits",
        "onnxcam.method": "hires-cam",
        "onnxcam.target": "star (3)",
        "onnxcam.source_sha256": hashlib.sha256(MODEL.read_bytes()).hexdigest(),
    }


def test_it_is_the_same_file_in_every_process(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        code = f"import onnxcam; onnxcam.export({str(MODEL)!r}, 'm{seed}.onnx', target='top2', provider='cpu')"
        subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": seed}, check=True
        )
    assert (tmp_path / "m1.onnx").read_bytes() == (tmp_path / "m2.onnx").read_bytes()


def test_what_was_exported_is_not_exported_again(tmp_path: Path) -> None:
    once = onnxcam.export(MODEL, tmp_path / "m.onnx", provider="cpu")
    with pytest.raises(onnxcam.ModelError, match="has a value 'cam' already"):
        onnxcam.export(once.path, tmp_path / "again.onnx", provider="cpu")
    assert not (tmp_path / "again.onnx").exists()


def test_the_model_itself_is_not_written_over(tmp_path: Path) -> None:
    copy = tmp_path / "m.onnx"
    copy.write_bytes(MODEL.read_bytes())
    with pytest.raises(onnxcam.InputError, match="is the model itself"):
        onnxcam.export(copy, tmp_path / "." / "m.onnx", provider="cpu")
    assert copy.read_bytes() == MODEL.read_bytes()


def test_a_required_choice(tmp_path: Path) -> None:
    exported = onnxcam.export(MODEL, tmp_path / "m.onnx", target_input="required", provider="cpu")
    feeds = noise(MODEL)
    with pytest.raises(ValueError, match="cam_target"):
        RUNTIMES["onnxruntime"](exported.path, feeds)
    found = RUNTIMES["onnxruntime"](exported.path, {**feeds, "cam_target": np.full(3, -1)})
    np.testing.assert_allclose(found["cam"], onnxcam.explain(MODEL, feeds, provider="cpu").map, rtol=0, atol=CLOSE)
    with pytest.raises(onnxcam.InputError, match="no target input 'maybe'"):
        onnxcam.export(MODEL, tmp_path / "m.onnx", target_input="maybe", provider="cpu")  # type: ignore[arg-type]
