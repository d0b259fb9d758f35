"""Several maps for each sample, from one forward run: each row is what it would be alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import onnxcam
from onnxcam.targets import ClassIndex, PredictedSet, Several

MODEL = Path(__file__).parents[1] / "models" / "shapes-torchscript.onnx"
PICTURES = MODEL.parent / "pictures"
SETTINGS = {"provider": "cpu", "preprocess": MODEL.parent / "preprocess.json", "labels": MODEL.parent / "labels.txt"}
NAMES = ["star-large.jpg", "heart-0.png", "circle-0.png"]


@pytest.fixture(scope="module")
def explainer() -> onnxcam.Explainer:
    return onnxcam.Explainer(MODEL, **SETTINGS)


@pytest.fixture
def forwards(explainer: onnxcam.Explainer, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one for each forward run."""
    from onnxcam.runtime import SessionPair

    ran: list[int] = []
    forward = SessionPair.forward
    monkeypatch.setattr(SessionPair, "forward", lambda pair, feeds: (ran.append(1), forward(pair, feeds))[1])
    return ran


def test_each_row_is_what_it_would_be_alone(explainer: onnxcam.Explainer, forwards: list[int]) -> None:
    paths = [PICTURES / name for name in NAMES]
    explainer.explain(paths[0])
    forwards.clear()
    several = explainer.explain(paths, Several((ClassIndex(3), ClassIndex(5))))
    assert len(forwards) == 1
    assert several.sample.tolist() == [0, 0, 1, 1, 2, 2]
    assert several.logits.shape == (3, 6)
    assert len(several) == 6
    for row, (path, target) in enumerate((p, t) for p in paths for t in (3, 5)):
        alone = explainer.explain(path, target)
        assert several.target[row] == alone.target[0]
        for field in ("class_index", "score", "activation", "gradient", "alpha", "raw", "map"):
            np.testing.assert_allclose(getattr(several, field)[row], getattr(alone, field)[0], rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(several.overlay(row).shape, alone.overlay(0).shape)
        assert np.abs(several.overlay(row).astype(int) - alone.overlay(0)).max() <= 1


def test_a_fixed_batch_gives_the_same_rows(tmp_path: Path, explainer: onnxcam.Explainer) -> None:
    import onnx

    model = onnx.load(MODEL)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 2
    onnx.save(model, tmp_path / "fixed.onnx")
    paths = [PICTURES / name for name in NAMES]
    fixed = onnxcam.Explainer(tmp_path / "fixed.onnx", **SETTINGS).explain(paths, "top2")
    free = explainer.explain(paths, "top2")
    assert fixed.sample.tolist() == free.sample.tolist() == [0, 0, 1, 1, 2, 2]
    assert fixed.target == free.target
    np.testing.assert_allclose(fixed.raw, free.raw, rtol=1e-4, atol=1e-6)


def test_samples_may_have_different_numbers_of_maps(explainer: onnxcam.Explainer) -> None:
    """As if its classes did not exclude one another: what is above zero."""
    from onnxcam.targets import Aim, Scores

    class Positive:
        def aims(self, scores: Scores) -> tuple[Aim, ...]:
            import dataclasses

            return PredictedSet(6).aims(dataclasses.replace(scores, before=("Sigmoid",)))

    paths = [PICTURES / name for name in NAMES]
    result = explainer.explain(paths, Positive())
    counts = np.maximum((result.logits > 0).sum(1), 1)
    assert np.bincount(result.sample, minlength=3).tolist() == counts.tolist()
    assert len(set(counts.tolist())) > 1
    for row, sample in enumerate(result.sample):
        assert result.score[row] == result.logits[sample, result.class_index[row]]
