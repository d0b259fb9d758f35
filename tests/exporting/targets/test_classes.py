"""Classes in a file: the predicted one, a fixed one, the best few, one rather than another, and what a run names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnxcam.targets import ClassIndex, Contrast, Negative, PredictedClass, Several, Target, TopClasses
from tests.conftest import Write
from tests.exporting.targets.checking import Array, Exported, write_scores

RNG = np.random.default_rng(0)
C = 9
NAMES = ("circle", "star", "heart", "ring", "cross", "moon", "sun", "wave", "leaf")
POOL = "pooled = ReduceMean <axes = [2, 3], keepdims = 0> (curve)\n"
HEAD = RNG.standard_normal((4, C))
WIDE = RNG.standard_normal((4, C * 8))
LAYOUTS = {
    "(C)": (POOL + "one = Gemm(pooled, v)\n y = Squeeze(one, zero)", f"{C}", {"v": HEAD, "zero": np.array([0])}),
    "(N, C)": (POOL + "y = Gemm(pooled, v)", f"N, {C}", {"v": HEAD}),
    "(N, C, 1, 1)": (
        "pooled = GlobalAveragePool(curve)\n y = Conv(pooled, v)",
        f"N, {C}, 1, 1",
        {"v": HEAD.T[:, :, None, None]},
    ),
    "(N, 1, 1, C)": (
        POOL + "one = Gemm(pooled, v)\n y = Unsqueeze(one, axes)",
        f"N, 1, 1, {C}",
        {"v": HEAD, "axes": np.array([1, 2])},
    ),
    "(N, C, more)": (
        POOL + "one = Gemm(pooled, v)\n y = Reshape(one, sizes)",
        f"N, {C}, 8",
        {"v": WIDE, "sizes": np.array([0, C, 8])},
    ),
    "(N, more, C)": (
        POOL + "one = Gemm(pooled, v)\n y = Reshape(one, sizes)",
        f"N, 8, {C}",
        {"v": WIDE, "sizes": np.array([0, 8, C])},
    ),
}


@pytest.fixture
def x() -> Array:
    return np.random.default_rng(1).standard_normal((6, 2, 8, 8)).astype(np.float32) * 2


@pytest.fixture
def model(write_model: Write) -> Path:
    tail, shape, weights = LAYOUTS["(N, C)"]
    return write_scores(write_model, tail, shape, **weights)


def in_layout(write_model: Write, layout: str, x: Array) -> tuple[Path, Array]:
    """A model whose scores lie so, and inputs as many as it takes."""
    tail, shape, weights = LAYOUTS[layout]
    is_one = shape == f"{C}"
    model = write_scores(write_model, tail, shape, batch="1" if is_one else "N", **weights)
    return model, x[:1] if is_one else x


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_run_names_a_class_or_leaves_it_open(write_model: Write, layout: str, x: Array) -> None:
    model, given = in_layout(write_model, layout, x)
    exported = Exported.of(model)
    assert exported.inputs == ["x", "cam_target"]
    predicted = exported.check(given)
    assert len(set(predicted)) > 1 or len(given) == 1
    for chosen in ([3, -1, C, 0, C - 1, -7], [C + 4, 8, 7, 6, -1, 5]):
        exported.check_chosen(given, chosen[: len(given)], C)
    np.testing.assert_array_equal(exported.run(given)["cam_class"], predicted)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_classes_are_where_the_scores_have_them(write_model: Write, layout: str, x: Array) -> None:
    model, given = in_layout(write_model, layout, x)
    Exported.of(model, Several((TopClasses(3), Contrast(6, 1)))).check(given)


def test_a_class_of_one_sample_is_known_without_a_run(write_model: Write, x: Array) -> None:
    """It is an output all the same, which no runtime takes from a weight."""
    model, given = in_layout(write_model, "(C)", x)
    for target in (Contrast(6, 1), 3):
        Exported.of(model, target).check(given)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        pytest.param(4, "cross (4)", id="index"),
        pytest.param("star", "star (1)", id="name"),
        pytest.param("top1", "rank 1", id="top1"),
        pytest.param("top3", "rank 1, rank 2, rank 3", id="top3"),
        pytest.param("top20", ", ".join(f"rank {k + 1}" for k in range(C)), id="more than there are"),
        pytest.param("star vs heart", "star (1) vs heart (2)", id="contrast"),
        pytest.param("heart vs star", "heart (2) vs star (1)", id="contrast the other way"),
        pytest.param("not moon", "not moon (5)", id="not"),
        pytest.param(Negative(PredictedClass()), "not the predicted class", id="not the predicted"),
        pytest.param(Negative(TopClasses(2)), "not rank 1, not rank 2", id="not the best"),
        pytest.param(
            Several((ClassIndex(7), Contrast(2, 0), PredictedClass(), TopClasses(2))),
            "wave (7), heart (2) vs circle (0), the predicted class, rank 1, rank 2",
            id="several",
        ),
    ],
)
def test_a_fixed_target_is_explained_and_named(model: Path, target: object, name: str, x: Array) -> None:
    exported = Exported.of(model, target, labels=list(NAMES))
    assert exported.names == name
    assert exported.inputs == ["x"]
    exported.check(x)


def test_a_class_without_a_name_is_told_by_its_index(model: Path) -> None:
    assert Exported.of(model, 4).names == "class 4"
    assert Exported.of(model).names == "the class that cam_target names, or the predicted one"


@pytest.mark.parametrize("target", [None, "top2"], ids=["predicted", "top2"])
def test_scaled_maps_have_the_same_target(model: Path, target: object, x: Array) -> None:
    Exported.of(model, target, raw=False).check(x)


@pytest.mark.parametrize(
    ("dtype", "close"), [(np.float64, 1e-5), (np.float16, 5e-3)], ids=["double precision", "half precision"]
)
def test_scores_of_other_types(write_model: Write, dtype: type, close: float, x: Array) -> None:
    tail, shape, weights = LAYOUTS["(N, C)"]
    model = write_scores(write_model, tail, shape, dtype=dtype, **weights)
    given = x.astype(np.float16 if dtype is np.float16 else np.float32)
    Exported.of(model).check_chosen(given, [3, -1, C, 0, C - 1, -7], C, close=close)
    Exported.of(model, Several((TopClasses(2), Contrast(0, 8)))).check(given, close=close)


def test_one_choice_may_stand_for_all_samples(model: Path, x: Array) -> None:
    exported = Exported.of(model)
    one, each = exported.run(x, [4]), exported.run(x, [4] * len(x))
    np.testing.assert_allclose(one["cam"], each["cam"], rtol=1e-6)
    assert set(one["cam_class"]) == {4}


@pytest.mark.parametrize("target", [None, TopClasses(3)], ids=["predicted", "top3"])
def test_of_equal_scores_the_first_is_the_higher(write_model: Write, target: Target | None, x: Array) -> None:
    """As in quantised models, whose scores are a few numbers."""
    tail, shape, _ = LAYOUTS["(N, C)"]
    twice = HEAD.copy()
    twice[:, 5:] = twice[:, 1:5]
    classes = Exported.of(write_scores(write_model, tail, shape, v=twice), target).check(x)
    if target is not None:
        assert all({1: 5, 2: 6, 3: 7, 4: 8}.get(one, two) == two for one, two, _ in classes.reshape(-1, 3))
