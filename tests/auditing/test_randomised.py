"""The randomisation test of an audit: on its first pictures, once, and never in the way of the rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import onnxcam
from onnxcam.auditing import Audit, Randomisation, RandomisedStep, audit
from onnxcam.auditing.randomised import STEPS
from onnxcam.randomising import randomisation_test
from tests.auditing.pictures import MODEL, OPTIONS, PICTURES, read_rows, write_pictures


def run(dataset: Path, folder: Path, **options: object) -> Audit:
    return audit(MODEL, dataset, folder, **{"rows": "jsonl", "metrics": ("border-energy",), **OPTIONS, **options})


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pictures, the first of which cannot be read."""
    folder = write_pictures(tmp_path_factory.mktemp("data"), 6)
    (folder / "circle" / "0.png").write_bytes(b"no picture")
    return folder


@pytest.mark.parametrize("mode", ["cascading", "independent"])
def test_it_is_the_test_of_the_first_pictures_that_can_be_read(dataset: Path, tmp_path: Path, mode: str) -> None:
    found = run(dataset, tmp_path, randomisation=mode, randomised_pictures=3)
    paths = [str(row["path"]) for row in read_rows(tmp_path) if row["error"] is None][:3]
    told = {key: OPTIONS[key] for key in ("preprocess", "labels", "provider")}
    wanted = randomisation_test(MODEL, paths, mode=mode, most=12, **told)
    assert found.randomisation is not None
    assert (found.randomisation.mode, found.randomisation.pictures) == (mode, 3)
    assert [(step.first, step.last, step.nodes) for step in found.randomisation.steps] == [
        (step.nodes[0], step.nodes[-1], len(step.nodes)) for step in wanted.steps
    ]
    for one, other in zip(found.randomisation.steps, wanted.steps, strict=True):
        for value, expected in ((one.spearman, other.mean_spearman), (one.ssim, other.mean_ssim)):
            assert (np.nan if value is None else value) == pytest.approx(expected, abs=1e-4, nan_ok=True)
        assert one.spearman_of == 3 - other.constant
    known = [step.spearman for step in found.randomisation.steps if step.spearman is not None]
    assert found.randomisation.final == known[-1]


def test_where_constant_maps_are_left_the_last_step_that_has_others_counts() -> None:
    def curve(*values: float | None) -> Randomisation:
        steps = [RandomisedStep("n", "n", 1, True, value, 3, None, 0, None) for value in values]
        return Randomisation("cascading", 3, 3, tuple(steps), ())

    assert [curve(0.7, 0.2).final, curve(0.7, 0.2, None).final, curve(None).final] == [0.2, 0.2, None]


def test_no_more_steps_than_are_allowed(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert STEPS == 12
    monkeypatch.setattr("onnxcam.auditing.randomised.STEPS", 4)
    found = run(dataset, tmp_path, randomisation="cascading", randomised_pictures=1)
    assert found.randomisation is not None
    assert [step.nodes for step in found.randomisation.steps] == [3, 2, 2, 2]


def test_a_finished_audit_is_gone_on_with_and_the_test_made_once(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(dataset, tmp_path).randomisation is None
    options = {"randomisation": "cascading", "randomised_pictures": 2}
    found = run(dataset, tmp_path, report=lambda done, total: pytest.fail("the rows are there"), **options)
    header = json.loads((tmp_path / "audit.json").read_text())
    assert header["randomisation"]["pictures"] == 2
    assert len(header["randomisation"]["steps"]) == len(found.randomisation.steps)
    assert header["summary"]["count"] == 7
    more = run(dataset, tmp_path, randomisation="cascading", randomised_pictures=3).randomisation
    other = run(dataset, tmp_path, randomisation="independent", randomised_pictures=2).randomisation
    assert (more.pictures, other.mode) == (3, "independent")
    assert run(dataset, tmp_path, **options).randomisation == found.randomisation
    monkeypatch.setattr("onnxcam.auditing.carrying_out.randomise", lambda *_: pytest.fail("the test was made before"))
    assert run(dataset, tmp_path, **options).randomisation == found.randomisation
    assert run(dataset, tmp_path).randomisation == found.randomisation


def test_what_cannot_be_tested_is_a_note(
    dataset: Path, tmp_path: Path, write_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = write_model(
        "g (float[N, 3, 8, 8] x) => (float[N, 3] y) { r = Relu(x) p = GlobalAveragePool(r) y = Flatten(p) }"
    )
    found = audit(bare, dataset, tmp_path / "out", rows="jsonl", provider="cpu", layer="r", randomisation="cascading")
    assert found.summary.overall.count == 6
    assert found.randomisation is None
    assert any("the randomisation test was not made: model.onnx has no weights to shuffle" in n for n in found.notes)
    assert json.loads((tmp_path / "out" / "audit.json").read_text())["complete"] is True


def test_tensors_of_other_sizes_are_left_out(tmp_path: Path, write_model: Callable[..., Path]) -> None:
    rng = np.random.default_rng(0)
    text = """g (float[N, 3, H, W] x) => (float[N, 4] y) {
        c = Conv(x, w) r = Relu(c) p = GlobalAveragePool(r) f = Flatten(p) y = Gemm(f, v)
    }"""
    weights = {"w": rng.standard_normal((5, 3, 3, 3)), "v": rng.standard_normal((5, 4))}
    model = write_model(text, **{name: array.astype(np.float32) for name, array in weights.items()})
    for number in range(5):
        np.save(tmp_path / f"{number}.npy", rng.random((1, 3, 20 + 4 * (number % 2), 24), dtype=np.float32))
    (tmp_path / "data.csv").write_text("path\n" + "".join(f"{number}.npy\n" for number in range(5)))
    found = audit(
        model, tmp_path / "data.csv", tmp_path / "out", rows="jsonl", provider="cpu", randomisation="cascading"
    )
    assert found.summary.failed == 0, found.summary.failures
    assert found.randomisation is not None, found.notes
    assert found.randomisation.pictures == 3


def test_labels_of_their_own_are_explained_again(tmp_path: Path) -> None:
    (tmp_path / "data" / "heart").mkdir(parents=True)
    (tmp_path / "data" / "star").mkdir()
    for number in range(2):
        shutil.copyfile(PICTURES[0], tmp_path / "data" / ("heart", "star")[number] / f"{number}.png")
    found = run(tmp_path / "data", tmp_path / "out", target="label", randomisation="independent")
    told = {key: OPTIONS[key] for key in ("preprocess", "labels", "provider")}
    wanted = randomisation_test(MODEL, [str(PICTURES[0])] * 2, target=[5, 3], mode="independent", most=12, **told)
    assert found.randomisation is not None
    assert found.randomisation.steps[0].spearman == pytest.approx(wanted.steps[0].mean_spearman, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"randomisation": "sideways"}, "no randomisation 'sideways'. Choose 'cascading' or 'independent'"),
        ({"randomised_pictures": 0}, "a randomisation test of 0 pictures shows nothing"),
    ],
    ids=["mode", "pictures"],
)
def test_what_is_no_test_is_refused_before_anything_runs(
    dataset: Path, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(onnxcam.InputError, match=message):
        run(dataset, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()
