"""Heads of detectors, by family, against boxes that are written into them; and the targets that name a box."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.imaging import Preprocess
from onnxcam.imaging.framing import frame
from onnxcam.targets import Aim, Box, Scores, read_head, resolve_target
from onnxcam.targets.detection import DECODERS, detect, suppress

Array = NDArray[Any]
SIZE = (64, 96)
CLASSES = 6
RNG = np.random.default_rng(0)
CELLS = [(x, y, s) for s in (8, 16, 32) for y in range(SIZE[0] // s) for x in range(SIZE[1] // s)]
P = len(CELLS)
CENTRES = np.array([((x + 0.5) * s, (y + 0.5) * s) for x, y, s in CELLS])
STRIDE = np.array([[s] for _, _, s in CELLS])
EXTENT = RNG.uniform(40, 60, (P, 2))
BOXES = np.concatenate([CENTRES - EXTENT / 2, CENTRES + EXTENT / 2], axis=1)
LOGITS = RNG.standard_normal((P, CLASSES)) - 3
OBJECT = RNG.uniform(0.5, 1, (P, 1))


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def batch(*columns: Array) -> Array:
    return np.concatenate(columns, axis=1).astype(np.float32)[None]


def distributed(distances: Array, bins: int = 8) -> Array:
    """Distances as logits over bins whose expected bin they are: the two bins beside them share the weight."""
    low = np.floor(distances).astype(int)
    weights = np.full((*distances.shape, bins), 1e-9)
    np.put_along_axis(weights, low[..., None], (1 - distances + low)[..., None], -1)
    np.put_along_axis(weights, low[..., None] + 1, (distances - low)[..., None], -1)
    return np.log(weights).reshape(len(distances), -1)


def case(family: str) -> tuple[Scores, Array]:
    """Scores with BOXES in the family's form, and the probabilities of the classes."""
    centred = np.concatenate([CENTRES, EXTENT], axis=1)
    sides = EXTENT / 2 / STRIDE
    probabilities = sigmoid(LOGITS)
    outputs: Mapping[str, Array] = {}
    axis, before, positions = 2, ("Sigmoid",), (1,)
    if family == "yolov8":
        logits, axis, before, positions = batch(centred, probabilities).transpose(0, 2, 1), 1, (), (2,)
    elif family == "yolov5":
        logits, before = batch(centred, OBJECT, probabilities), ()
        probabilities = probabilities * OBJECT
    elif family == "yolox":
        offset = (CENTRES - np.array([(x * s, y * s) for x, y, s in CELLS])) / STRIDE
        logits, before = batch(offset, np.log(EXTENT / STRIDE), OBJECT, probabilities), ()
        probabilities = probabilities * OBJECT
    elif family == "gfl":
        near = np.minimum(sides, 6.5)
        logits, outputs = batch(LOGITS), {"dfl": batch(distributed(np.concatenate([near, near], axis=1)))}
    elif family == "fcos":
        logits = batch(LOGITS)
        outputs = {"sides": batch(sides, sides), "centredness": batch(np.log(OBJECT / (1 - OBJECT + 1e-9)))}
        probabilities = np.sqrt(probabilities * OBJECT)
    elif family == "ssd":
        logits, before = batch(LOGITS), ("Softmax",)
        outputs = {"boxes": batch(BOXES / [96, 64, 96, 64])}
        powers = np.exp(LOGITS)
        probabilities = (powers / powers.sum(1, keepdims=True))[:, 1:]
    elif family == "detr":
        logits, before, positions = batch(LOGITS), (), ()
        outputs = {"boxes": batch(np.clip(centred / [96, 64, 96, 64], 0, 1))}
        powers = np.exp(LOGITS)
        probabilities = (powers / powers.sum(1, keepdims=True))[:, :-1]
        axis = 1  # the plan cannot know that the longer axis is that of queries
    scores = Scores(logits, axis, positions, before, input_size=SIZE, outputs=lambda: outputs)
    return scores, probabilities


@pytest.mark.parametrize("family", ["yolov8", "yolov5", "yolox", "gfl", "fcos", "ssd", "detr"])
def test_a_head_is_recognised_and_decoded(family: str) -> None:
    scores, probabilities = case(family)
    found = detect(scores)
    assert found is not None
    assert found.family == family
    np.testing.assert_allclose(found.probabilities[0], probabilities, rtol=1e-4, atol=1e-6)
    wanted = BOXES
    if family == "gfl":
        reach = np.minimum(EXTENT / 2, 6.5 * STRIDE)
        wanted = np.concatenate([CENTRES - reach, CENTRES + reach], axis=1)
    if family == "detr":
        half = np.clip(EXTENT / [96, 64], 0, 1) * [96, 64] / 2
        wanted = np.concatenate([CENTRES - half, CENTRES + half], axis=1)
    np.testing.assert_allclose(found.boxes[0], wanted, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("family", ["yolov8", "yolov5", "yolox", "gfl", "fcos", "ssd", "detr"])
def test_the_cotangent_is_one_at_the_class_of_the_box(family: str) -> None:
    scores, probabilities = case(family)
    (aim,) = Box(0, 3).aims(scores)
    place = int(probabilities[:, 3].argmax())
    (at,) = np.argwhere(aim.cotangent)
    column = {"yolov8": 4 + 3, "yolov5": 5 + 3, "yolox": 5 + 3, "ssd": 4}.get(family, 3)
    assert at.tolist() == [0, column, place] if family == "yolov8" else [0, place, column]
    assert (aim.class_index.tolist(), f"{probabilities[place, 3]:.2f}" in aim.names[0]) == ([3], True)


def test_blazeface_has_anchors_of_its_own() -> None:
    rows = np.zeros((1, 896, 16), np.float32)
    rows[0, 2 * (16 * 3 + 5) + 1, :4] = (2, -4, 30, 40)
    rows[0, 512 + 6 * (8 * 2 + 7), :4] = (1, 1, 50, 60)
    logits = np.full((1, 896, 1), -5, np.float32)
    logits[0, 512 + 6 * (8 * 2 + 7)] = 3
    outputs = {"a": rows[:, :512], "b": rows[:, 512:], "c": logits[:, :512], "d": logits[:, 512:]}
    scores = Scores(logits, 2, (1,), input_size=(256, 256), outputs=lambda: outputs)
    found = detect(scores)
    assert found is not None
    assert found.family == "blazeface"
    np.testing.assert_allclose(found.boxes[0, 107], [88 + 2 - 15, 56 - 4 - 20, 88 + 2 + 15, 56 - 4 + 20])
    np.testing.assert_allclose(found.boxes[0, 512 + 138], [240 + 1 - 25, 80 + 1 - 30, 240 + 1 + 25, 80 + 1 + 30])
    assert resolve_target(None).aims(scores)[0].cotangent.argmax() == 512 + 138


def test_anchors_come_from_the_settings() -> None:
    anchors = BOXES + RNG.uniform(-3, 3, BOXES.shape)
    size = anchors[:, 2:] - anchors[:, :2]
    offset = (CENTRES - anchors[:, :2] - size / 2) / size
    outputs = {"offsets": batch(offset * 10, np.log(EXTENT / size) * 5)}
    head = {"family": "anchors", "anchors": anchors.tolist(), "weights": [10, 10, 5, 5]}
    scores = Scores(batch(LOGITS), 2, (1,), ("Sigmoid",), input_size=SIZE, outputs=lambda: outputs, head=head)
    found = detect(scores)
    assert found is not None
    np.testing.assert_allclose(found.boxes[0], BOXES, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(
    ("shape", "axis", "positions"),
    [((1, 10), 1, ()), ((1, 5, 8, 12), 1, (2, 3)), ((1, 12, 100), 1, (2,)), ((1, P - 1, 11), 2, (1,))],
    ids=["classifier", "segmentation", "sequence", "other grids"],
)
def test_other_models_are_no_detectors(shape: tuple[int, ...], axis: int, positions: tuple[int, ...]) -> None:
    scores = Scores(RNG.uniform(0, 50, shape).astype(np.float32), axis, positions, input_size=SIZE)
    assert detect(scores) is None
    with pytest.raises(InputError, match="no detector's head that is known"):
        Box().aims(scores)


def aim(target: object, scores: Scores) -> Aim:
    (found,) = resolve_target(target, scores.labels).aims(scores)
    return found


def test_boxes_are_named_by_rank_by_class_and_by_place() -> None:
    scores, probabilities = case("yolov8")
    best = int(probabilities.max(1).argmax())
    for text in (None, "box 0"):
        assert np.argwhere(aim(text, scores).cotangent)[0, 2] == best
    assert np.argwhere(aim(2, scores).cotangent).tolist() == np.argwhere(aim("2 box 0", scores).cotangent).tolist()
    left, top, right, bottom = BOXES[40]
    near = aim(f"box near {left:.3f},{top:.3f},{right:.3f},{bottom:.3f}", scores)
    found = detect(scores)
    assert found is not None
    place = int(np.argwhere(near.cotangent)[0, 2])
    assert np.abs(BOXES[place] - BOXES[40]).max() < 8
    first, second, third = resolve_target("top3").aims(scores)
    order = suppress(BOXES, probabilities.max(1))
    assert np.argwhere(first.cotangent)[0, 2] == order[0]
    assert second.names != third.names


def test_boxes_are_told_and_asked_for_in_pixels_of_the_picture() -> None:
    scores, probabilities = case("yolov8")
    geometry = frame(Preprocess(resize="stretch"), (640, 960), SIZE)
    scores = Scores(scores.logits, 1, (2,), input_size=SIZE, frames=(geometry,))
    best = int(probabilities.max(1).argmax())
    told = ",".join(f"{10 * v:.0f}" for v in BOXES[best].astype(np.float32))
    assert aim(None, scores).names[0].endswith(f"in {told}")
    assert np.argwhere(aim(f"box near {told}", scores).cotangent)[0, 2] == best


def test_a_class_for_each_sample_is_its_best_box() -> None:
    one, probabilities = case("yolov8")
    both = dataclasses.replace(one, logits=np.concatenate([one.logits, one.logits]), total=2)
    found = aim([3, 1], both)
    assert found.class_index.tolist() == [3, 1]
    places = [int(probabilities[:, c].argmax()) for c in (3, 1)]
    assert np.argwhere(found.cotangent).tolist() == [[0, 4 + 3, places[0]], [1, 4 + 1, places[1]]]
    with pytest.raises(InputError, match="no class 6: the detector has 6"):
        aim([0, 6], both)


@pytest.mark.parametrize(("family", "first"), [("yolov8", 4), ("yolov5", 5), ("ssd", 1)])
def test_one_class_against_another_is_at_the_box_of_the_one(family: str, first: int) -> None:
    scores, probabilities = case(family)
    found = aim("2 vs 4", scores)
    place = int(probabilities[:, 2].argmax())
    assert place != int(probabilities[:, 4].argmax())
    wanted = np.zeros((P, scores.classes))
    wanted[place, [first + 2, first + 4]] = 1, -1
    np.testing.assert_array_equal(found.cotangent[0], wanted.T if family == "yolov8" else wanted)
    assert found.class_index.tolist() == [2]
    assert "vs" in found.names[0]
    with pytest.raises(InputError, match="no class 6"):
        aim("2 vs 6", scores)


@pytest.mark.parametrize(
    ("target", "message"),
    [("box 99", "no box 99: there are"), ("9 box 0", "no class 9"), ("box near 900,900,910,910", "no box overlaps")],
    ids=["rank", "class", "place"],
)
def test_a_box_that_is_not_there_is_refused(target: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        aim(target, case("yolov8")[0])


def test_the_head_is_told_by_name_by_file_or_by_dict(tmp_path: Path) -> None:
    settings = {"family": "yolox", "strides": [8, 16, 32]}
    (tmp_path / "head.json").write_text(json.dumps(settings))
    assert read_head("yolox") == {"family": "yolox"}
    assert read_head(tmp_path / "head.json") == read_head(settings) == settings
    assert read_head(None) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("yolow", "no head or JSON file 'yolow'. Did you mean"),
        ({"family": "yolox", "stride": [8]}, "unknown key 'stride'. Did you mean 'strides'"),
        ({"strides": [8]}, "the head's 'family' is None"),
    ],
    ids=["name", "key", "family"],
)
def test_a_head_that_is_not_known_is_refused(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_head(given)


def test_a_named_head_that_does_not_fit_is_refused() -> None:
    scores = Scores(np.zeros((1, 9, 7), np.float32), 1, (2,), input_size=SIZE, head={"family": "yolov8"})
    with pytest.raises(InputError, match="does not fit 'yolov8'"):
        detect(scores)


def test_every_decoder_has_a_case() -> None:
    assert set(DECODERS) == {"yolov8", "yolov5", "yolox", "gfl", "fcos", "ssd", "detr", "blazeface", "anchors"}


def test_boxes_of_two_classes_do_not_suppress_each_other() -> None:
    columns = case("yolov8")[0].logits.copy()
    columns[0, :4, 8:10] = columns[0, :4, 7:8]
    columns[0, 4:] = 0.01
    columns[0, 4 + 1, 7], columns[0, 4 + 1, 8], columns[0, 4 + 2, 9] = 0.9, 0.8, 0.7
    scores = Scores(columns, 1, (2,), input_size=SIZE)
    first, second = resolve_target("top2").aims(scores)
    assert [np.argwhere(a.cotangent)[0].tolist() for a in (first, second)] == [[0, 5, 7], [0, 6, 9]]
