"""Methods are found by name, and a wrong name gets a hint."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.cam import Saliency, find_method, method, method_names
from onnxcam.cam.registry import METHODS
from onnxcam.errors import InputError


def constant(activation: NDArray[np.float32], gradient: NDArray[np.float32]) -> Saliency:
    """A method for this test: ones everywhere."""
    return Saliency(raw=np.ones_like(activation[:, 0]), alpha=np.ones(gradient.shape[:2], np.float32))


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
        pytest.param("gradcam", r"unknown method 'gradcam'\. Did you mean 'grad-cam'\?", id="near"),
        pytest.param("zzz", r"unknown method 'zzz'\. Known: .*grad-cam", id="far"),
    ],
)
def test_unknown_method(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        find_method(name)
    assert caught.value.method == name
