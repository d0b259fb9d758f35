"""What metrics ask of a model again: in its own layout, its own batch, with its other inputs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import onnx
import pytest

import onnxcam
from onnxcam.auditing import RowMaker, Settings
from onnxcam.datasets import Record
from tests.auditing.pictures import MODEL, NAMES, PICTURES, ROOT
from tests.conftest import Write

METRICS = ("average-drop", "increase", "coherency", "deletion")
RECORDS = [Record(path.name, str(path), name) for path, name in zip(PICTURES[:2], NAMES, strict=False)]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    preprocess = tmp_path_factory.mktemp("preprocess") / "preprocess.json"
    preprocess.write_text(json.dumps({**json.loads((ROOT / "preprocess.json").read_text()), "layout": None}))
    return Settings(
        str(MODEL), provider="cpu", preprocess=str(preprocess), labels=str(ROOT / "labels.txt"), metrics=METRICS
    )


@pytest.fixture(scope="module")
def wanted(settings: Settings) -> list[dict[str, float | None]]:
    """The figures, by what is fed to the model by hand."""
    found = []
    explainer = onnxcam.Explainer(MODEL, provider="cpu", preprocess=settings.preprocess)
    for record in RECORDS:
        tensor = explainer.gather(record.path).feeds[explainer.input.name]
        one = explainer.explain(tensor)
        seen = explainer.explain(tensor * one.map[:, None], int(one.class_index[0]))
        y, o = (np.exp(r.logits[0]) / np.exp(r.logits[0]).sum() for r in (one, seen))
        explained = one.class_index[0]
        found.append(
            {
                "average-drop": max(0.0, float((y[explained] - o[explained]) / y[explained])),
                "increase": float(o[explained] > y[explained]),
                "coherency": None  # of a map that is constant
                if seen.map.min() == seen.map.max()
                else float((np.corrcoef(one.map.ravel(), seen.map.ravel())[0, 1] + 1) / 2),
            }
        )
    return found


def check(settings: Settings, wanted: list[dict[str, float | None]], abs_: float = 1e-4) -> None:
    rows = RowMaker(settings)(RECORDS)
    assert [row["error"] for row in rows] == [None, None]
    for row, figures in zip(rows, wanted, strict=True):
        assert {name: row[name] for name in figures} == pytest.approx(figures, abs=abs_)
        assert 0 < row["deletion"] < 1


def test_channels_first(settings: Settings, wanted: list[dict[str, float | None]]) -> None:
    check(settings, wanted)


def test_channels_last(settings: Settings, wanted: list[dict[str, float | None]]) -> None:
    check(dataclasses.replace(settings, model=str(ROOT / "shapes-keras.onnx")), wanted)


def test_a_batch_of_its_own(settings: Settings, wanted: list[dict[str, float | None]], tmp_path: Path) -> None:
    model = onnx.load(MODEL)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 2
    del model.graph.value_info[:]
    onnx.save(model, tmp_path / "two.onnx")
    check(dataclasses.replace(settings, model=str(tmp_path / "two.onnx")), wanted)


def test_other_inputs_stay_as_they_are(write_model: Write, tmp_path: Path) -> None:
    """Held against the model computed by hand: its second input moves every probability."""
    text = """g (float[N, 3, 16, 16] x, float[N, 2] facts) => (float[N, 4] y) {
        conv = Conv <strides = [4, 4]> (x, kernel)
        active = Relu(conv)
        pooled = GlobalAveragePool(active)
        flat = Flatten(pooled)
        both = Concat <axis = 1> (flat, facts)
        y = MatMul(both, head)
    }"""
    rng = np.random.default_rng(0)
    shapes = {"kernel": (8, 3, 4, 4), "head": (10, 4)}
    weights = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    x, facts = rng.random((1, 3, 16, 16), np.float32), np.array([[0.5, -1.0]], np.float32)
    model = write_model(text, **weights)
    np.savez(tmp_path / "a.npz", x=x, facts=facts)

    def probabilities(tensor: np.ndarray) -> np.ndarray:
        patches = tensor[0].reshape(3, 4, 4, 4, 4)  # channel, row, y, column, x
        conv = np.einsum("kcyx,crysx->krs", weights["kernel"], patches)
        scores = np.concatenate([np.maximum(conv, 0).mean((1, 2)), facts[0]]) @ weights["head"]
        return np.exp(scores) / np.exp(scores).sum()

    settings = Settings(str(model), layer="active", provider="cpu", preprocess="raw", metrics=METRICS)
    (row,) = RowMaker(settings)([Record("a", str(tmp_path / "a.npz"))])
    assert row["error"] is None
    explained = row["class_index"]
    map_ = onnxcam.explain(model, {"x": x, "facts": facts}, explained, layer="active", provider="cpu").map[0]
    before, after = (probabilities(tensor)[explained] for tensor in (x, x * map_))
    assert row["probability"] == pytest.approx(before, rel=1e-5)
    assert 0 < before < 1 - 1e-3  # else the drop says little
    assert row["average-drop"] == pytest.approx(max(0, (before - after) / before), abs=1e-5)
    assert row["increase"] == float(after > before)
    assert 0 < row["deletion"] < 1


def test_a_multi_label_model_has_a_probability_for_each_class(write_model: Write) -> None:
    rng = np.random.default_rng(0)
    text = """g (float[N, 3, 32, 32] x) => (float[N, 4] y) {
        conv = Conv <strides = [4, 4]> (x, kernel)
        pooled = GlobalAveragePool(conv)
        flat = Flatten(pooled)
        scores = MatMul(flat, head)
        y = Sigmoid(scores)
    }"""
    weights = {"kernel": rng.standard_normal((8, 3, 4, 4)), "head": rng.standard_normal((8, 4))}
    model = write_model(text, **{name: array.astype(np.float32) for name, array in weights.items()})
    (row,) = RowMaker(Settings(str(model), provider="cpu", preprocess="unit"))([Record("a", str(PICTURES[0]))])
    logits = onnxcam.explain(model, str(PICTURES[0]), provider="cpu", preprocess="unit").logits[0]
    assert row["confidence"] == pytest.approx(1 / (1 + np.exp(-logits.max())), abs=1e-6)
    assert sum(row["top5_probability"]) != pytest.approx(1, abs=1e-3)
    assert row["is_correct"] is None
