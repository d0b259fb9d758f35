"""What of the command line's targets a file can carry, and what it refuses, each with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import onnxcam
from onnxcam.exporting.targets.registry import GRAPHS, in_graph
from onnxcam.targets import SPELLINGS, BestBoxes, ClassIndex, Contrast, PredictedSet, Several, Similarity, TopClasses
from tests.conftest import Write
from tests.exporting.targets.checking import Array, Exported, write_scores
from tests.exporting.targets.heads import write_detector

NAMES = ["circle", "heart", "star", "ring", "moon"]
RNG = np.random.default_rng(2)
POOL = "p = ReduceMean <axes = [2, 3], keepdims = 0> (curve)\n"
WEIGHTS = {"k": RNG.standard_normal((5, 4, 1, 1)), "v": RNG.standard_normal((4, 5)), "s": RNG.standard_normal((4, 1))}
RUNS_ALONE = "cannot be exported: what it is about is known in a run of onnxcam alone"


def write(write_model: Write, kind: str) -> tuple[Path, dict[str, Any]]:
    """A model of that kind, and what the explainer is told of it."""
    if kind == "detector":
        model, head = write_detector(write_model, "yolov8")
        return model, {"head": head, "labels": NAMES[:3]}
    if kind == "places":  # large enough for the places that the examples name
        tail, shape, key = "y = Conv(curve, k)", "N, 5, 6, 6", "k"
        size, stride = "48, 48", 8
    else:
        key = "s" if kind == "single" else "v"
        tail, shape = POOL + f"y = Gemm(p, {key})", f"N, {WEIGHTS[key].shape[1]}"
        size, stride = "8, 8", 1
    model = write_scores(write_model, tail, shape, size=size, stride=stride, **{key: WEIGHTS[key]})
    return model, {"labels": NAMES if kind != "single" else None}


def pictures(kind: str) -> Array:
    shape = {"detector": (3, 32, 32), "places": (2, 48, 48)}.get(kind, (2, 8, 8))
    return np.random.default_rng(3).standard_normal((5, *shape)).astype(np.float32)


EXAMPLES = {
    "top5": ("classes", None),
    "star vs heart": ("classes", None),
    "not star": ("classes", None),
    "negative": ("single", None),
    "every": ("classes", f"a target such as PredictedSet {RUNS_ALONE}"),
    "star at 12,40": ("places", None),
    "star in 10,20,90,80": ("places", None),
    "star in mask.png": ("places", None),
    "like reference.png": ("classes", f"a target such as Similarity {RUNS_ALONE}"),
    "star box 0": ("detector", None),
    "box near 10,20,90,80": ("detector", f"a target such as NearestBox {RUNS_ALONE}"),
}
"""For the example of each spelling the kind of a model, and why it is refused; None where it is exported."""


@pytest.fixture
def mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mask that an example names, in the folder of the run."""
    drawn = np.zeros((48, 48), np.uint8)
    drawn[8:33, 16:] = 255
    Image.fromarray(drawn).save(tmp_path / "mask.png")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("mask")
@pytest.mark.parametrize("example", [spelling.example for spelling in SPELLINGS])
def test_every_spelling_is_exported_or_refused(write_model: Write, example: str) -> None:
    assert example in EXAMPLES, "a new spelling: say here whether it can be exported"
    kind, message = EXAMPLES[example]
    model, options = write(write_model, kind)
    if message is None:
        Exported.of(model, example, **options).check(pictures(kind))
        return
    with pytest.raises(onnxcam.InputError, match=message):
        Exported.of(model, example, **options)
    assert not model.with_name("cam.onnx").exists()


def test_every_example_is_a_spellings() -> None:
    assert set(EXAMPLES) == {spelling.example for spelling in SPELLINGS}


@pytest.mark.parametrize(
    ("kind", "target", "message"),
    [
        ("classes", 5, "no class 5: the score tensor has 5 classes"),
        ("classes", -1, "no class -1"),
        ("classes", Contrast(0, 5), "no class 5"),
        ("classes", Several((ClassIndex(0), ClassIndex(7))), "no class 7"),
        ("classes", "strr", "no class is called 'strr'. Did you mean 'star'"),
        ("classes", [0, 1], "a class for each sample cannot be fixed in a file; leave it to the input cam_target"),
        ("classes", ["star", "heart"], "a class for each sample cannot be fixed"),
        ("classes", "positive", "'positive' and 'negative' are for a single score"),
        ("classes", "star at 1,1", "no position at 1,1: the score tensor has no positions"),
        ("classes", "box 0", "is no detector's head that is known"),
        ("classes", lambda logits: logits, f"a target such as Cotangent {RUNS_ALONE}"),
        ("classes", Similarity("other.png"), f"a target such as Similarity {RUNS_ALONE}"),
        ("classes", Several((ClassIndex(0), PredictedSet())), f"a target such as PredictedSet {RUNS_ALONE}"),
        ("single", 1, "no class 1: the score tensor has 1 classes"),
        ("places", "star at 60,1", "no score lies at 60,1"),
        ("places", "9 in 0,0,20,20", "no class 9"),
        ("detector", 3, "no class 3: the detector has 3 classes"),
        ("detector", "4 box 0", "no class 4: the detector has 3 classes"),
        ("detector", "box 1", "box 1 is found by suppression, which is not exported. Export box 0, the best"),
        ("detector", TopClasses(2), "the best boxes of a detector are found by suppression"),
        ("detector", BestBoxes(1), f"a target such as BestBoxes {RUNS_ALONE}"),
        ("detector", [0], "a class for each sample cannot be fixed"),
    ],
    ids=lambda value: None if callable(value) else str(value)[:40],
)
def test_what_no_file_can_carry_is_refused(write_model: Write, kind: str, target: object, message: str) -> None:
    model, options = write(write_model, kind)
    with pytest.raises(onnxcam.InputError, match=message):
        Exported.of(model, target, **options)


def test_a_target_has_one_graph() -> None:
    with pytest.raises(ValueError, match="ClassIndex has two graphs"):
        in_graph(ClassIndex)(GRAPHS[ClassIndex])
