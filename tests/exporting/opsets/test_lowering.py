"""Real gradients at every opset: the same numbers, or a reason."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest

from onnxcam.exporting.opsets import at_opset, oldest_opset
from onnxcam.graph import whole_proto
from tests.exporting.opsets.real import EXPLAINED, real_gradient
from tests.running import run_plainly

TOLERANCE = 1e-6
OLDEST = {
    **dict.fromkeys(("mnist-cntk", "mnist-cntk-dynq", "mnist-dianna-binary", "mnist-ort-java-pytorch11"), 9),
    **dict.fromkeys(("mnist-winmltools-coreml", "openwakeword-embedding", "shapes-dianna"), 9),
    "silero-vad": 11,
}
"""Where it is not 7: windows of pools are scattered; axes are computed."""


@pytest.mark.parametrize("name", EXPLAINED)
def test_a_real_gradient_is_the_same(name: str, figure: Callable[[str], None]) -> None:
    real = real_gradient(name)
    expected = run_plainly(whole_proto(real.gradient), real.feeds)
    oldest, worst = oldest_opset(real.gradient, 7), 0.0
    assert oldest == OLDEST.get(name, 7)
    for opset in range(oldest, 18):
        older = whole_proto(at_opset(real.gradient, opset))
        assert older.opset_import[0].version == opset
        if name != "silero-vad":  # onnx's inference disagrees with what the gradient says already at opset 18
            onnx.checker.check_model(older, full_check=True)
        found = run_plainly(older, real.feeds)
        assert list(found) == list(expected)
        for key, array in expected.items():
            scale = np.abs(array).max()
            assert scale > 0
            worst = max(worst, float(np.abs(found[key] - array).max() / scale))
    needs = "" if oldest <= real.model.opset else ", which must be upgraded"
    figure(f"older opsets: the gradient of {name} from {oldest} on, file {real.model.opset}{needs}; {worst:.0e} apart")
    assert worst <= TOLERANCE
