"""ONNX Runtime moves Transpose nodes past others, and must be able to do so in a gradient model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnxcam.autodiff.check import pull_back, run_reference
from tests.autodiff.cases import Case
from tests.autodiff.test_rules import build, run_checked

BODY = "t = Transpose <perm = [0, 2, 1]> (x)   c = {} z = Transpose <perm = [0, 2, 1]> (c)   y = Mul(z, z)"
STARTS, ENDS, AXES = np.array([1]), np.array([3]), np.array([1])
CUTS = {
    "constant": ("Slice(t, starts, ends, axes)", ("starts", "ends", "axes")),
    "at run time": ("Slice(t, starts, ends, axes)", ("ends",)),
    "pads at run time": ("Pad(t, pads, , axes)", ()),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_pad_between_transposes(cut: tuple[str, tuple[str, ...]], tmp_path: Path) -> None:
    """It permutes the pads of a Pad as if there were some for each axis, whether or not the node names its axes."""
    node, constant = cut
    is_pad = node.startswith("Pad")
    given = {"pads": np.array([1, 1])} if is_pad else {"starts": STARTS, "ends": ENDS}
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    case = Case("Transpose-cut", BODY.format(node), {"x": x, **given, "axes": AXES}, (18,), constant=constant)
    feeds = {n: a.astype(np.float32) if n == "x" else a for n, a in case.inputs.items() if n not in constant}
    model = build(case, 18, tmp_path, np.float32)
    weights = np.random.default_rng(1).standard_normal((2, 3, 6 if is_pad else 2))
    expected = 2 * x * (weights[:, :, 1:-1] if is_pad else np.pad(weights, ((0, 0), (0, 0), (1, 1))))
    found = pull_back(model, feeds, "x", {"y": weights}, run_reference, run_checked)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
