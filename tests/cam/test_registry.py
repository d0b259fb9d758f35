"""Methods are found by name, and a wrong name gets a hint."""

from __future__ import annotations

import numpy as np
import pytest

from onnxcam.cam import Evidence, MethodCard, Saliency, find_method, method, method_cards, method_names
from onnxcam.cam.registry import METHODS
from onnxcam.errors import InputError


def constant(evidence: Evidence) -> Saliency:
    """Ones everywhere.

    A method for this test.

    Source: nobody,
    nowhere.

    Nothing else.
    """
    return Saliency(raw=np.ones_like(evidence.activation[:, 0]), alpha=None)


def test_method_is_stored_and_returned_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "constant", constant)
    del METHODS["constant"]
    assert method("constant")(constant) is constant
    assert find_method("constant") is constant
    assert method_names() == tuple(sorted(METHODS))
    assert "constant" in method_names()


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="'grad-cam' is registered twice"):
        method("grad-cam")(constant)
    assert find_method("grad-cam") is not constant


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("gradcam", r"unknown method 'gradcam'\. Did you mean 'grad-cam'", id="near"),
        pytest.param("zzz", r"unknown method 'zzz'\. Known: .*grad-cam", id="far"),
    ],
)
def test_unknown_method(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        find_method(name)
    assert caught.value.method == name


def test_a_card_is_read_from_the_docstring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "constant", constant)
    assert MethodCard("constant", "Ones everywhere.", "nobody, nowhere.") in method_cards()


def test_every_method_says_what_it_computes_and_names_its_paper() -> None:
    cards = method_cards()
    assert tuple(card.name for card in cards) == method_names()
    assert all(card.summary.endswith(".") and card.source.endswith(".") for card in cards)
