"""A gradient at a newer opset than the pinned one is valid there, and the same."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import onnx
import pytest

from onnxcam.autodiff import check
from onnxcam.autodiff.check import pull_back
from onnxcam.autodiff.reverse import reverse
from onnxcam.graph import expose, whole_proto
from tests.autodiff.cases import CASES, NEWEST, Case
from tests.autodiff.test_rules import build, forward_runner, run_checked

# Their rules emit operators whose form has changed since.
CHANGED = {"CropAndResize", "DFT", "DeformConv", "GridSample", "Irfft", "Rfft", "STFT"}
ROWS = [(c, o) for c in CASES if c.runtime != "reference" for o in (21, 23, NEWEST) if o == 23 or c.op_type in CHANGED]


@pytest.mark.parametrize(("case", "opset"), ROWS, ids=[f"{c.id}-{o}" for c, o in ROWS])
def test_a_gradient_at_a_newer_opset_is_the_same(
    case: Case, opset: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build(case, case.opsets[0], tmp_path, np.float32)
    run = forward_runner(case)
    feeds = {n: a for n, a in case.arrays(np.float32).items() if n not in case.constant}
    outputs = run(whole_proto(expose(model, case.outputs)), feeds)
    cotangents = {n: np.random.default_rng(0).standard_normal(outputs[n].shape) for n in case.outputs}
    name = next(n for n, a in feeds.items() if a.dtype.kind == "f")
    pinned = pull_back(model, feeds, name, cotangents, run, run_checked)
    monkeypatch.setattr(check, "reverse", functools.partial(reverse, opset=opset))
    opsets = []

    def run_newer(proto: onnx.ModelProto, given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        opsets.append(proto.opset_import[0].version)
        return run_checked(proto, given)

    newer = pull_back(model, feeds, name, cotangents, run, run_newer)
    assert opsets[0] >= opset  # newer where the gradient reads a type that only a newer one knows
    np.testing.assert_allclose(newer, pinned, rtol=1e-4, atol=1e-5 * max(1.0, float(np.abs(pinned).max(initial=0))))
