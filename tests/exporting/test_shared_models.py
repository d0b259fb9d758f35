"""The written file of every real model that can be explained, against the shipped file and the explainer."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.explanation import Explanation
from onnxcam.exporting import Exported
from onnxcam.samples import is_state
from tests.exporting.runtimes import RUNTIMES
from tests.shared import cards, shared
from tests.test_shared_unaided import BLANK, REFUSED, given

Arrays = dict[str, NDArray[Any]]

SLOW = {"brainchop-model30-64", "dnsmos-sig-bak-ovr", "picodet-s-320-paddle"}
"""`test_many_positions` has what matters of the first in small; of the others there are the like."""
NAMES = [
    pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else [], id=name)
    for name in sorted(set(cards()) - set(REFUSED)) or ["no shared material"]
]
CLOSE = 1e-5
OWN = 1e-5
"""Of a model's own outputs, as a share of the largest entry: where a value is read besides, others are fused."""
OWN_AT_HALF = 1e-4
"""A value that is read besides is rounded to half precision once more; between fused nodes it is not."""
OLD = {"customvision-cat-or-dog-op7": "unsupported type tensor"}
"""A constant of strings, which opset 7 does not have: the shipped file fails where the exported one does."""
LARGE = 2_000_000


@dataclasses.dataclass(frozen=True)
class Case:
    """A model, what was written of it, and what the explainer says of the input given.

    Attributes:
        name: The model's.
        source: The shipped file.
        exported: The file with its map.
        explainer: Of the shipped file.
        batches: What the model is fed of the input given.
        explained: All of it.
    """

    name: str
    source: Path
    exported: Exported
    explainer: onnxcam.Explainer
    batches: tuple[Arrays, ...]
    explained: Explanation


@pytest.fixture(scope="module", params=NAMES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    source = shared(f"models/{request.param}/model.onnx")
    inputs, folder = given(request.param), tmp_path_factory.mktemp(request.param)
    exported = onnxcam.export(source, folder / "model.onnx", inputs, provider="cpu")
    explainer = onnxcam.Explainer(source, provider="cpu")
    batches = tuple(explainer.batches(inputs))
    return Case(request.param, source, exported, explainer, batches, explainer.explain(inputs))


def check_same(found: Any, wanted: Any) -> None:
    """Outputs are equal: arrays of numbers but for rounding, strings, and sequences of maps from class to score."""
    if isinstance(wanted, list):
        assert [list(one) for one in found] == [list(one) for one in wanted]
        found, wanted = (np.array([list(one.values()) for one in each]) for each in (found, wanted))
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    if wanted.dtype.kind == "f":
        np.testing.assert_allclose(found, wanted, rtol=0, atol=OWN * np.abs(wanted).max(initial=0))
    else:
        np.testing.assert_array_equal(found, wanted)


def test_the_file_gives_what_was_shipped_and_the_map(case: Case, figure: Callable[[str], None]) -> None:
    cams, classes, run = [], [], RUNTIMES["onnxruntime"]
    for feeds in case.batches:
        shipped, found = run(case.source, feeds), run(case.exported.path, feeds)
        assert list(found) == [*shipped, "cam", "cam_class"]
        for name, wanted in shipped.items():
            check_same(found[name], wanted)
        cams.append(found["cam"])
        classes.append(found["cam_class"])
    maps, wanted = np.concatenate(cams), case.explained.map
    gap = float(np.abs(maps - wanted).max())
    figure(f"export, {case.name}: the map is {gap:.1e} apart from the explainer's")
    assert maps.shape == wanted.shape
    assert maps.any() == (case.name not in BLANK)
    assert gap <= CLOSE
    np.testing.assert_array_equal(np.concatenate(classes), case.explained.class_index)


def test_random_inputs_agree_too(case: Case) -> None:
    agreed = case.exported.random
    if agreed is None:
        assert case.exported.notes[0].startswith("the model does not take random inputs")
    else:
        assert agreed.maps <= CLOSE
        assert agreed.classes == 0
        assert agreed.outputs <= (OWN_AT_HALF if "fp16" in case.name else OWN)


def test_it_passes_the_checker_and_strict_inference(case: Case) -> None:
    def infer(path: Path) -> None:
        onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True, check_type=True, data_prop=True)

    paths = (case.source, case.exported.path) if case.name in OLD else ()
    for path in paths:
        with pytest.raises(onnx.shape_inference.InferenceError, match=OLD[case.name]):
            onnx.checker.check_model(path, full_check=True)
        with pytest.raises(onnx.shape_inference.InferenceError, match=OLD[case.name]):
            infer(path)
    if not paths:
        onnx.checker.check_model(case.exported.path, full_check=True)
        infer(case.exported.path)


def test_it_grows_by_standard_operators_alone(case: Case, figure: Callable[[str], None]) -> None:
    size, grown = case.exported.shipped_size, case.exported.size - case.exported.shipped_size
    figure(f"export, {case.name}: {grown:+,} bytes on {size:,}, {100 * grown / size:+.2f} %")
    assert size < LARGE or grown < size / 100
    after, before = (onnx.load(path) for path in (case.exported.path, case.source))
    assert others(after.graph.node) <= others(before.graph.node)
    assert {o.domain for o in after.opset_import} <= {"", *(o.domain for o in before.opset_import)}
    assert any(node.name.startswith("cam/") for node in after.graph.node)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_explained_is_not_exported(name: str, tmp_path: Path) -> None:
    with pytest.raises(onnxcam.OnnxcamError, match=REFUSED[name]):
        onnxcam.export(shared(f"models/{name}/model.onnx"), tmp_path / "m.onnx", provider="cpu")
    assert not list(tmp_path.iterdir())


def others(nodes: Iterable[onnx.NodeProto]) -> Counter[str]:
    """How many nodes there are of each operator outside `ai.onnx`, in sub-graphs too."""
    found: Counter[str] = Counter()
    for node in nodes:
        if node.domain not in ("", "ai.onnx"):
            found[f"{node.domain}::{node.op_type}"] += 1
        for attribute in node.attribute:
            found += others(attribute.g.node)
    return found


def test_a_batch_is_its_samples(case: Case) -> None:
    explainer, main = case.explainer, case.explainer.input
    if not main.shape or main.shape[0] is not None:
        pytest.skip("the shipped file takes a fixed batch")
    counted = {n for n, s in explainer.inputs.items() if s.shape and s.symbols[0] == main.symbols[0]}
    scales, first, run = np.array([1, 0.9, 0.7]), case.batches[0], RUNTIMES["onnxruntime"]
    many = {n: a for n, a in first.items() if not is_state(explainer.inputs[n])}
    for name in counted & set(many):
        one = many[name][:1]
        many[name] = (one * scales.reshape(-1, *[1] * (one.ndim - 1))).astype(one.dtype)
    (together,) = explainer.batches(many)
    found, singles = run(case.exported.path, together), []
    for row in range(len(scales)):
        (alone,) = explainer.batches({n: a[row : row + 1] if n in counted else a for n, a in many.items()})
        singles.append(run(case.exported.path, alone))
    for name in ("cam", "cam_class"):
        np.testing.assert_allclose(found[name], np.concatenate([one[name] for one in singles]), rtol=0, atol=CLOSE)
    assert np.abs(found["cam"][0] - found["cam"][2]).max() > (-1 if case.name in BLANK else 1e-3)
