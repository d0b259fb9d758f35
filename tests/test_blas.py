"""Products of matrices take one thread while a model runs, and as many as before afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import onnxcam
from onnxcam.blas import one_blas_thread
from onnxcam.cam.registry import METHODS
from tests.auditing.pictures import MODEL, OPTIONS, PICTURES


def threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_within_it_there_is_one_thread() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with one_blas_thread(is_anew=True), one_blas_thread():
            assert threads() == {1}
        assert threads() == before
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            _ = 1 / 0
        assert threads() == before


def test_a_method_runs_within_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[int]] = []
    method = METHODS["grad-cam"]

    def noted(evidence: object) -> object:
        seen.append(threads())
        return method(evidence)

    monkeypatch.setitem(METHODS, "grad-cam", noted)
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        found = onnxcam.explain(MODEL, PICTURES[0], **OPTIONS)
        assert threads() == before
    assert seen == [{1}]
    assert np.isfinite(found.map).all()
