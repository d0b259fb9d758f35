"""Architectures of Keras's applications with channels last: layer, gradient and map of their twins in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

import onnxcam
from tests.oracles.architectures.architecture import evidence
from tests.oracles.architectures.channels_last import with_channels_last
from tests.oracles.architectures.table import TABLE
from tests.oracles.architectures.test_automatic_layer import one_hot, relative
from tests.oracles.networks import export

NAMES = ("mobilenet_v2", "resnet50", "densenet121", "inception_v3", "efficientnet_b0", "legacy_xception")
ROWS = {str(row): row for row in TABLE}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n == "mobilenet_v2" else [pytest.mark.slow]) for n in NAMES]
)
def test_channels_last_gives_the_map_of_channels_first(
    name: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    row = ROWS[name]
    network, x = row.build(), row.sample(0)
    path = export(network, tmp_path / "m.onnx", row.size, "torchscript")
    twin = with_channels_last(path)
    explainer = onnxcam.Explainer(twin, provider="cpu")
    result = explainer.explain(x.transpose(0, 2, 3, 1))
    activation, gradient, logits = evidence(network, row, x, one_hot)
    reference = onnxcam.explain(path, x, provider="cpu")
    assert result.activation.shape == activation.shape, explainer.plan.reason
    gaps = {
        "logits": relative(result.logits, logits),
        "activation": relative(result.activation, activation),
        "gradient": relative(result.gradient, gradient),
        "raw": relative(result.raw, reference.raw),
        "map": float(np.abs(result.map - reference.map).max()),
    }
    figure(f"channels last, {name}: {explainer.plan.layer}, " + ", ".join(f"{k} {v:.1e}" for k, v in gaps.items()))
    assert max(gaps.values()) < 1e-4, (gaps, explainer.plan.reason)
    assert result.map.shape == reference.map.shape


def test_the_twin_is_channels_last(tmp_path: Path) -> None:
    """Or the comparison above would show less than it says."""
    row = ROWS["resnet10t"]
    twin = onnx.load(with_channels_last(export(row.build(), tmp_path / "m.onnx", row.size, "torchscript")))
    dims = [d.dim_value for d in twin.graph.input[0].type.tensor_type.shape.dim]
    operators = [node.op_type for node in twin.graph.node]
    assert dims[1:] == [64, 64, 3]
    assert operators.count("Transpose") >= 2 * operators.count("Conv")
    assert "GlobalAveragePool" not in operators
