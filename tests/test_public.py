"""The public interface: names, fields and errors that other people's scripts rely on."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
from importlib.metadata import version

import pytest

import onnxcam
from onnxcam import errors

PUBLIC = [
    "Audit",
    "Candidate",
    "Check",
    "Comparison",
    "Explainer",
    "Explanation",
    "Exported",
    "GradientError",
    "InputError",
    "ModelError",
    "OnnxcamError",
    "Plan",
    "PlanError",
    "Preprocess",
    "ProviderError",
    "Target",
    "__version__",
    "audit",
    "check",
    "compare",
    "explain",
    "export",
]

EXPLANATION = [
    "logits",
    "class_index",
    "score",
    "activation",
    "gradient",
    "alpha",
    "raw",
    "map",
    "layer",
    "method",
    "provider",
    "notes",
]


def test_all_is_the_list() -> None:
    assert sorted(onnxcam.__all__) == sorted(PUBLIC)
    assert all(hasattr(onnxcam, name) for name in PUBLIC)
    assert onnxcam.__version__ == version("onnxcam")


def test_every_public_name_has_a_docstring() -> None:
    assert all(inspect.getdoc(getattr(onnxcam, name)) for name in PUBLIC if name != "__version__")


def test_explanation_is_frozen_and_begins_with_the_promised_fields() -> None:
    fields = [field.name for field in dataclasses.fields(onnxcam.Explanation)]
    assert fields[: len(EXPLANATION)] == EXPLANATION
    assert onnxcam.Explanation.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_arguments_are_the_promised_ones() -> None:
    made = {name: p.default for name, p in inspect.signature(onnxcam.Explainer).parameters.items()}
    assert list(made) == ["model", "layer", "output", "provider", "preprocess", "labels", "head", "threads"]
    assert list(made.values())[1:] == [None, None, "auto", None, None, None, 0]
    for name in ("head", "threads"):
        assert inspect.signature(onnxcam.Explainer).parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
    asked = inspect.signature(onnxcam.Explainer.explain).parameters
    assert list(asked) == ["self", "inputs", "target", "method"]
    assert (asked["target"].default, asked["method"].default) == (None, "grad-cam")
    assert list(inspect.signature(onnxcam.Explainer.gradient).parameters) == ["self", "inputs", "cotangent"]
    at_once = inspect.signature(onnxcam.explain).parameters
    assert set(at_once) == {*made, "inputs", "target", "method"}


@pytest.mark.parametrize("name", ["GradientError", "InputError", "ModelError", "PlanError", "ProviderError"])
def test_errors_are_one_tree_with_facts(name: str) -> None:
    error = getattr(onnxcam, name)("what, where, what to do.", node="n")
    assert isinstance(error, onnxcam.OnnxcamError)
    assert (error.node, str(error)) == ("n", "what, where, what to do.")
    assert pickle.loads(pickle.dumps(error)).node == "n"
    assert name in str(errors.__doc__)
