"""The layer that onnxcam chooses by itself, on the architectures of torchvision and timm as PyTorch exports them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import nn

import onnxcam
from tests.oracles.architectures.architecture import Architecture, evidence
from tests.oracles.architectures.table import TABLE
from tests.oracles.networks import export

Array = NDArray[Any]
ATTEMPTS = 5
ENOUGH = 40
"""Architectures that the table must hold."""


def cases() -> list[Any]:
    exporters = [(row, name) for row in TABLE for name in ("torchscript", "dynamo")[: 1 + row.is_traced]]
    return [
        pytest.param(row, exporter, id=f"{row}-{exporter}", marks=[] if row.is_quick else [pytest.mark.slow])
        for row, exporter in exporters
    ]


def relative(a: Array, b: Array) -> float:
    return float(np.abs(a - b).max() / np.abs(b).max())


def one_hot(logits: Array) -> Array:
    return np.eye(logits.shape[1], dtype=np.float32)[logits.argmax(1)]


def gaps_of(row: Architecture, network: nn.Module, explainer: onnxcam.Explainer, x: Array) -> dict[str, float]:
    """How far the chosen layer is from the one that the table names, and the gradient there from autograd's."""
    result = explainer.explain(x)
    activation, gradient, logits = evidence(network, row, x, one_hot)
    chosen = f"{explainer.plan.layer} {list(result.activation.shape)}, not {row.layer} {list(activation.shape)}"
    assert result.activation.shape == activation.shape, f"{chosen}: {row.why}. {explainer.plan.reason}"
    assert np.abs(gradient).max() > 0
    return {
        "logits": relative(result.logits, logits),
        "activation": relative(result.activation, activation),
        "gradient": relative(result.gradient, gradient),
    }


@pytest.mark.parametrize(("row", "exporter"), cases())
def test_the_layer_is_the_one_that_the_table_names(
    row: Architecture, exporter: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """Where an activation lies within rounding of a kink, ONNX Runtime and PyTorch may take different sides, and both
    are right. Which input that hits depends on the machine, so a few are tried; a wrong rule is wrong on all of them.
    """
    start = time.perf_counter()
    network = row.build()
    path = export(network, tmp_path / "m.onnx", row.size, exporter)
    explainer = onnxcam.Explainer(path, provider="cpu")
    for seed in range(ATTEMPTS):
        gaps = gaps_of(row, network, explainer, row.sample(seed))
        if max(gaps.values()) < 1e-4:
            break
    spent = time.perf_counter() - start
    told = ", ".join(f"{key} {gap:.1e}" for key, gap in gaps.items())
    figure(f"automatic layer, {row} {exporter}: {explainer.plan.layer}, {told}, {spent:.1f} s")
    assert max(gaps.values()) < 1e-4, (gaps, explainer.plan.reason)


def test_the_table_is_large_enough() -> None:
    """Forty architectures, a third of them by dynamo too, a tenth of them in the quick run, each with its reason."""
    assert len({row.name for row in TABLE}) >= ENOUGH
    assert len({str(row) for row in TABLE}) == len(TABLE)
    assert 3 * sum(row.is_traced for row in TABLE) >= len(TABLE)
    assert 10 * sum(row.is_quick for row in TABLE) >= len(TABLE)
    assert all(row.why for row in TABLE)
