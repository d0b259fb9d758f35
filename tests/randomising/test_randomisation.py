"""The model-parameter randomisation test: maps fall apart as the file's own weights are shuffled."""

from __future__ import annotations

import functools
import hashlib
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import onnxcam
from onnxcam.errors import InputError
from onnxcam.randomising import RandomisationTest, randomisation_test
from tests.conftest import Write
from tests.shared import shared

stats = pytest.importorskip("scipy.stats", reason="maps are compared by SciPy, of onnxcam[audit]")

MODELS = Path(__file__).parents[2] / "models"
PICTURES = [MODELS / "pictures" / f"{name}-0.png" for name in ("circle", "heart", "star")]
PRECISIONS = ["float32", "int8", "float16"]


@functools.cache
def shapes(kind: str, **options: Any) -> RandomisationTest:
    path = MODELS / f"shapes-{kind}.onnx"
    return randomisation_test(path, PICTURES, preprocess=MODELS / "preprocess.json", **options)


def shuffled(source: Path, target: Path, names: Sequence[str], seed: int) -> Path:
    """The file with the entries of those initializers shuffled by the numbers that the documentation names."""
    model = onnx.load(source)
    for tensor in model.graph.initializer:
        if tensor.name in names:
            array = onnx.numpy_helper.to_array(tensor)
            order = np.random.default_rng([seed, zlib.crc32(tensor.name.encode())]).permutation(array.size)
            tensor.CopyFrom(onnx.numpy_helper.from_array(array.ravel()[order].reshape(array.shape), tensor.name))
    onnx.save(model, target)
    return target


@pytest.mark.parametrize(("kind", "most"), [("torchscript", 9), ("int8", 4), ("float16", 4)], ids=PRECISIONS)
def test_similarity_falls_as_weights_are_shuffled(kind: str, most: int, figure: Callable[[str], None]) -> None:
    test = shapes(kind, most=most)
    told = ", ".join(f"{value:.2f}" for value in test.curve)
    figure(f"shuffled from the score to the input, {kind}: Spearman similarity {told}")
    assert len(test.steps) == most
    assert np.nanmax(test.curve) < 0.7
    assert abs(np.nanmean(test.curve[-3:])) < 0.4
    assert [step.reaches_layer for step in test.steps] == [most < 9] + [True] * (most - 1)
    assert np.array_equal(test.curve, [np.nanmean(step.spearman) for step in test.steps])


ALL = {t.name for t in onnx.load(MODELS / "shapes-torchscript.onnx").graph.initializer}


def test_steps_go_from_the_score_to_the_input_and_add_up() -> None:
    test = shapes("torchscript", most=3)
    first, second, third = test.steps
    assert first.nodes[0] == "/classifier/Gemm"
    assert third.nodes[-1] == "/stem/stem.0/Conv"
    assert set(first.tensors) < set(second.tensors) < set(third.tensors) == ALL
    assert len(first.nodes) == len(second.nodes) == len(third.nodes) == 3


def test_independent_steps_shuffle_their_own_nodes_alone() -> None:
    test = shapes("torchscript", mode="independent")
    assert test.steps[0].tensors == ("classifier.weight", "classifier.bias")
    assert test.steps[1].tensors == ("last.weight",)
    assert [step.nodes for step in test.steps] == [step.nodes for step in shapes("torchscript", most=9).steps]
    assert sorted(name for step in test.steps for name in step.tensors) == sorted(ALL)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("torchscript", "cascading"), ("int8", "cascading"), ("float16", "independent")],
    ids=["float32, cascading", "int8, cascading", "float16, independent"],
)
def test_a_step_is_what_a_file_shuffled_by_hand_gives(kind: str, mode: str, tmp_path: Path) -> None:
    metrics = pytest.importorskip("skimage.metrics", reason="the oracle of structural similarity is scikit-image")
    source = MODELS / f"shapes-{kind}.onnx"
    test = shapes(kind, mode=mode, seed=5, most=2)
    step = test.steps[1 if mode == "independent" else 0]
    by_hand = shuffled(source, tmp_path / "shuffled.onnx", step.tensors, 5)
    options: dict[str, Any] = {"layer": test.original.layer, "preprocess": MODELS / "preprocess.json"}
    one = onnxcam.explain(source, PICTURES, **options)
    other = onnxcam.explain(by_hand, PICTURES, [int(c) for c in one.class_index], **options)
    for row, (first, second) in enumerate(zip(one.map, other.map, strict=True)):
        if first.min() == first.max() or second.min() == second.max():
            assert np.isnan(step.spearman[row])
            assert np.isnan(step.ssim[row])
            continue
        by_structure = metrics.structural_similarity(
            first.astype(np.float64),
            second.astype(np.float64),
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1.0,
        )
        assert step.spearman[row] == pytest.approx(stats.spearmanr(first, second, axis=None).statistic, abs=1e-6)
        assert step.ssim[row] == pytest.approx(by_structure, abs=1e-6)
    np.testing.assert_allclose(step.score, other.logits[np.arange(3), one.class_index], atol=1e-4)
    np.testing.assert_allclose(step.change, step.score - one.score, atol=1e-4)


HEAD = """
    p = GlobalAveragePool({layer})
    f = Flatten(p)
    y = Gemm(f, v)
}}"""


def test_a_map_that_depends_on_no_weight_stays_as_it_is(write_model: Write, rng: np.random.Generator) -> None:
    # One channel, and weights above zero: whatever they are, the map is the activation before all of them.
    path = write_model("g (float[N, 1, 16, 16] x) => (float[N, 6] y) { r = Relu(x)" + HEAD.format(layer="r"),
                       v=rng.uniform(1, 2, (1, 6)).astype(np.float32))  # fmt: skip
    inputs = rng.standard_normal((3, 1, 16, 16)).astype(np.float32)
    test = randomisation_test(path, inputs, layer="r", seed=1)
    (step,) = test.steps
    np.testing.assert_allclose(step.spearman, 1, atol=1e-9)
    np.testing.assert_allclose(step.ssim, 1, atol=1e-6)
    assert not step.reaches_layer
    assert step.change.any()


def test_the_class_stays_the_one_that_the_original_predicted(classifier: Path, rng: np.random.Generator) -> None:
    inputs = rng.standard_normal((4, 3, 16, 16)).astype(np.float32)
    predicted = randomisation_test(classifier, inputs)
    given = randomisation_test(classifier, inputs, target=[int(c) for c in predicted.original.class_index])
    for one, other in zip(predicted.steps, given.steps, strict=True):
        np.testing.assert_array_equal(one.score, other.score)
        np.testing.assert_array_equal(one.spearman, other.spearman)


def test_a_target_of_several_maps_has_a_row_for_each(classifier: Path, rng: np.random.Generator) -> None:
    inputs = rng.standard_normal((2, 3, 16, 16)).astype(np.float32)
    test = randomisation_test(classifier, inputs, target="top2")
    assert [step.spearman.shape for step in test.steps] == [(4,)] * len(test.steps)


def test_files_are_left_as_they_are_and_external_data_changes_nothing(tmp_path: Path) -> None:
    source = MODELS / "shapes-torchscript.onnx"
    path = tmp_path / "model.onnx"
    onnx.save(onnx.load(source), path, save_as_external_data=True, location="model.data", size_threshold=0)
    before = {p.name: hashlib.sha256(p.read_bytes()).digest() for p in tmp_path.iterdir()}
    test = randomisation_test(path, PICTURES, preprocess=MODELS / "preprocess.json", most=2)
    assert {p.name: hashlib.sha256(p.read_bytes()).digest() for p in tmp_path.iterdir()} == before
    for one, other in zip(test.steps, shapes("torchscript", most=2).steps, strict=True):
        np.testing.assert_array_equal(one.spearman, other.spearman)
        np.testing.assert_array_equal(one.score, other.score)


def test_the_seed_decides(classifier: Path, rng: np.random.Generator) -> None:
    inputs = rng.standard_normal((4, 3, 16, 16)).astype(np.float32)
    one, again, other = (randomisation_test(classifier, inputs, seed=seed).steps[0].score for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_step_without_a_finite_score_says_so_and_the_test_goes_on(write_model: Write) -> None:
    text = """g (float[N, 2, 4, 4] x) => (float[N, 3] y) {
        c = Conv(x, w)
        r = Relu(c)
        p = GlobalAveragePool(r)
        f = Flatten(p)
        z = MatMul(f, v)
        y = Sqrt(z)
    }"""
    # Only what reads the second channel, which is empty, is below zero; shuffled, some reads the first.
    path = write_model(text, w=np.array([[1, 0.5], [0, 0]], np.float32).reshape(2, 2, 1, 1),
                       v=np.array([[1, 2, 3], [-50, -60, -70]], np.float32))  # fmt: skip
    inputs = np.random.default_rng(0).uniform(0.5, 1, (2, 2, 4, 4)).astype(np.float32)
    tests = [randomisation_test(path, inputs, seed=seed, mode="independent") for seed in range(8)]
    failed = [test for test in tests if test.steps[0].note is not None and "not finite" in test.steps[0].note]
    first, second = next(test for test in failed if test.steps[1].note is None).steps
    assert np.isnan([*first.spearman, *first.ssim, *first.score, *first.change, first.mean_spearman]).all()
    assert np.isfinite([*second.spearman, *second.score]).all()


def test_constant_maps_are_counted_and_have_no_similarity(write_model: Write) -> None:
    text = "g (float[N, 1, 8, 8] x) => (float[N, 2] y) { r = Relu(x)" + HEAD.format(layer="r")
    path = write_model(text, v=np.array([[1.0, -1.0]], np.float32))
    inputs = np.random.default_rng(0).uniform(0, 1, (2, 1, 8, 8)).astype(np.float32)
    swapped = [t for s in range(8) if (t := randomisation_test(path, inputs, layer="r", seed=s)).steps[0].change.any()]
    step = swapped[0].steps[0]
    assert step.constant == 2
    assert step.note == "2 of 2 maps are constant, here or in the original"
    assert np.isnan([*step.spearman, *step.ssim, step.mean_spearman, step.mean_ssim]).all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"mode": "sideways"}, "no mode 'sideways'. Choose 'cascading' or 'independent'"),
        ({"seed": -1}, "no seed -1. Give 0 or more"),
        ({"most": 0}, "a test of 0 steps shows nothing. Give most=1 or more, or None"),
    ],
    ids=["mode", "seed", "steps"],
)
def test_what_is_no_test_is_refused(options: dict[str, Any], told: str, classifier: Path) -> None:
    with pytest.raises(InputError, match=told):
        randomisation_test(classifier, np.zeros((1, 3, 16, 16), np.float32), **options)


def test_a_model_without_weights_is_refused(write_model: Write) -> None:
    path = write_model("""g (float[N, 3, 8, 8] x) => (float[N, 3] y) {
        r = Relu(x)
        p = GlobalAveragePool(r)
        y = Flatten(p)
    }""")
    with pytest.raises(InputError, match=r"model.onnx has no weights to shuffle before its score 'y'"):
        randomisation_test(path, np.ones((1, 3, 8, 8), np.float32), layer="r")


def test_it_says_what_to_install_without_scipy(monkeypatch: pytest.MonkeyPatch, classifier: Path) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    for part in ("stats", "ndimage"):
        monkeypatch.setitem(sys.modules, f"scipy.{part}", None)
    with pytest.raises(InputError, match=r'pip install "onnxcam\[audit\]"'):
        randomisation_test(classifier, np.ones((1, 3, 16, 16), np.float32))


@pytest.mark.slow
def test_detectors_whose_scores_are_joined_keep_their_box(figure: Callable[[str], None]) -> None:
    path = shared("models/picodet-s-320-paddle/model.onnx")
    test = randomisation_test(path, shared("images/both.png"), most=2)
    figure(f"shuffled, picodet: Spearman similarity {test.curve[0]:.2f}, {test.curve[1]:.2f}")
    assert all(np.isfinite(step.score).all() for step in test.steps)
    assert all(len(step.nodes) == 133 for step in test.steps)
