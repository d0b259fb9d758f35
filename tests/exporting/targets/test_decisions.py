"""A single score in a file: a regression, a decision, its sign, and one with positions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnxcam.targets import AtPosition, Negative, PredictedClass, Several, SingleScore, TopClasses
from tests.conftest import Write
from tests.exporting.targets.checking import Array, Exported, write_scores

RNG = np.random.default_rng(8)
V = RNG.standard_normal((4, 1)) * 2
POOL = "pooled = ReduceMean <axes = [2, 3], keepdims = 0> (curve)\n one = Gemm(pooled, v)\n"
LAYOUTS = {
    "(1)": ("z = Squeeze(one, axes)", "1", np.array([0])),
    "(N, 1)": ("z = Identity(one)", "N, 1", None),
    "(N, 1, 1, 1)": ("z = Unsqueeze(one, axes)", "N, 1, 1, 1", np.array([2, 3])),
}
END = {"regression": "\n y = Identity(z)", "decision": "\n y = Sigmoid(z)"}
PLACES = {
    "logits": "y = Conv(curve, k)",
    "before a sigmoid": "z = Conv(curve, k)\n y = Sigmoid(z)",
    "probabilities": "z = Conv(curve, k)\n y = HardSigmoid(z)",
    "before a sigmoid, from 0 to 1": "h = Conv(curve, k)\n z = HardSigmoid <alpha = 1.0> (h)\n y = Sigmoid(z)",
    "above 0": "z = Conv(curve, k)\n y = Softplus(z)",
    "from -0.5 to 0.5": "z = Conv(curve, k)\n p = HardSigmoid(z)\n y = Sub(p, half)",
    "low probabilities": "z = Conv(curve, k)\n p = HardSigmoid(z)\n y = Mul(p, third)",
}


def write(write_model: Write, layout: str, end: str) -> Path:
    tail, shape, axes = LAYOUTS[layout]
    weights = {"v": V} if axes is None else {"v": V, "axes": axes}
    return write_scores(write_model, POOL + tail + END[end], shape, batch="1" if shape == "1" else "N", **weights)


@pytest.fixture
def x() -> Array:
    return np.random.default_rng(4).standard_normal((6, 2, 8, 8)).astype(np.float32) * 2


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("end", END)
def test_a_single_score_is_explained_by_itself_or_by_its_decision(
    write_model: Write, end: str, layout: str, x: Array
) -> None:
    exported = Exported.of(write(write_model, layout, end))
    assert exported.names == {"regression": "the score", "decision": "the decision"}[end]
    assert exported.inputs == ["x"]
    each = [x[i : i + 1] for i in range(len(x))] if layout == "(1)" else [x]
    assert {int(c) for one in each for c in exported.check(one)} == {-1}
    signs = np.sign(np.concatenate([exported.run(one)["y"].reshape(-1) for one in each]) - (end == "decision") / 2)
    assert set(signs) == {-1, 1}


@pytest.mark.parametrize(
    ("labels", "is_named"),
    [(["cat", "dog"], True), (["cat"], False), (["cat", "dog", "fox"], False)],
    ids=["two", "one", "three"],
)
def test_a_decision_between_two_names_is_a_class(
    write_model: Write, labels: list[str], is_named: bool, x: Array
) -> None:
    exported = Exported.of(write(write_model, "(N, 1)", "decision"), labels=labels)
    positive = (exported.run(x)["y"][:, 0] > 0.5).astype(int).tolist()
    assert len(set(positive)) == 2
    assert exported.check(x).tolist() == (positive if is_named else [-1] * len(x))


def test_a_score_of_exactly_nothing_is_negative(write_model: Write) -> None:
    x = np.random.default_rng(5).standard_normal((24, 2, 8, 8)).astype(np.float32) * 2
    tail = POOL + "z = Relu(one)\n y = Sigmoid(z)"
    exported = Exported.of(write_scores(write_model, tail, "N, 1", v=V), labels=["cat", "dog"])
    nothing = exported.run(x)["y"][:, 0] == 0.5
    assert 0 < nothing.sum() < len(x)
    some = np.concatenate([np.flatnonzero(nothing)[:1], np.flatnonzero(~nothing)])
    x, nothing = x[some], nothing[some]
    np.testing.assert_array_equal(exported.check(x) == 0, nothing)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        pytest.param("positive", "what raises the score", id="positive"),
        pytest.param("negative", "what lowers the score", id="negative"),
        pytest.param(0, "class 0", id="by index"),
        pytest.param(Negative(PredictedClass()), "not the decision", id="not"),
        pytest.param("top2", "rank 1", id="top2"),
    ],
)
def test_what_raises_or_lowers_a_score(write_model: Write, target: object, name: str, x: Array) -> None:
    exported = Exported.of(write(write_model, "(N, 1, 1, 1)", "decision"), target)
    assert exported.names == name
    assert set(exported.check(x).tolist()) == {-1}


@pytest.mark.parametrize("kind", PLACES)
def test_a_single_score_is_explained_where_it_is_found(write_model: Write, kind: str) -> None:
    """Above 0, above a half where it is a probability, and everywhere where that is nowhere."""
    rng = np.random.default_rng(6)
    x = rng.standard_normal((5, 2, 8, 8)).astype(np.float32)
    weights = {"k": rng.standard_normal((1, 4, 1, 1))}
    given = {"third": np.array(0.33), "half": np.array(0.5)}
    weights |= {name: array for name, array in given.items() if name in PLACES[kind]}
    model = write_scores(write_model, PLACES[kind], "N, 1, 4, 4", stride=2, **weights)
    exported = Exported.of(model)
    assert (exported.names, exported.inputs) == ("the score", ["x"])
    assert set(exported.check(x).tolist()) == {-1}
    found = (exported.run(x)["y"] > (0.5 if "sigmoid" in kind or "probabilities" in kind else 0)).mean((1, 2, 3))
    assert not found.any() if "low" in kind else ((found > 0.1) & (found < 1 if kind != "above 0" else True)).any()
    fixed = Exported.of(model, Several((SingleScore(), AtPosition((3, 5)), TopClasses(1))))
    assert fixed.names == "what raises the score, the score at 3,5, rank 1"
    fixed.check(x)
