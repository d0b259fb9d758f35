"""Recurrent layers as PyTorch exports them, against PyTorch's autograd at the input and at every weight."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import onnxcam
from onnxcam.autodiff.check import pull_back
from onnxcam.graph import load
from tests.autodiff.test_rules import run_onnxruntime

Array = NDArray[Any]
Figure = Callable[[str], None]
STEPS, BATCH, SIZE, HIDDEN = 6, 3, 5, 4
LENGTHS = (6, 4, 1)
LAYERS: dict[str, type[nn.RNNBase]] = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "relu": {"nonlinearity": "relu"},
    "no bias": {"bias": False},
    "batch first": {"batch_first": True},
    "both directions": {"bidirectional": True},
    "deep": {"num_layers": 2, "bidirectional": True, "batch_first": True},
    "packed": {"bidirectional": True},
}
ROWS = [(layer, form) for layer in LAYERS for form in FORMS if layer == "RNN" or form != "relu"]


class Recurrent(nn.Module):
    """A recurrent layer that gives the steps, and the last states one after the other."""

    def __init__(self, layer: nn.RNNBase, lengths: Tensor | None = None) -> None:
        super().__init__()
        self.layer, self.lengths = layer, lengths

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y, states = self.layer(x if self.lengths is None else pack_padded_sequence(x, self.lengths))
        if self.lengths is not None:
            y, _ = pad_packed_sequence(y)
        return y, torch.cat(states) if isinstance(states, tuple) else states


class Listener(nn.Module):
    """Convolutions over time, an LSTM in both directions, and scores of its last step."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(nn.Conv1d(4, 8, 3), nn.Tanh(), nn.Conv1d(8, SIZE, 3))
        self.layer = nn.LSTM(SIZE, HIDDEN, 2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * HIDDEN, 3)

    def after(self, activation: Tensor) -> Tensor:
        y, _ = self.layer(torch.tanh(activation).transpose(1, 2))
        return torch.as_tensor(self.head(y[:, -1]))

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.convolutions(x))


def export(model: nn.Module, path: Path, x: Tensor, outputs: list[str], **options: Any) -> Path:
    """By the TorchScript exporter, which writes RNN, GRU and LSTM."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    given = {"input_names": ["x"], "output_names": outputs, "opset_version": 17, "dynamo": False} | options
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(model.eval(), (x,), path, **given)
    return path


@pytest.mark.parametrize(("layer", "form"), ROWS, ids=[f"{layer} {form}" for layer, form in ROWS])
def test_the_gradient_at_the_input_and_at_every_weight(layer: str, form: str, tmp_path: Path, figure: Figure) -> None:
    torch.manual_seed(0)
    model = Recurrent(LAYERS[layer](SIZE, HIDDEN, **FORMS[form]), torch.tensor(LENGTHS) if form == "packed" else None)
    is_batch_first = FORMS[form].get("batch_first", False)
    x = torch.randn(*((BATCH, STEPS) if is_batch_first else (STEPS, BATCH)), SIZE, requires_grad=True)
    results = dict(zip(("y", "states"), model(x), strict=True))
    cotangents = {name: torch.randn_like(result) for name, result in results.items()}
    leaves = {"x": x, **dict(model.named_parameters())}
    expected = torch.autograd.grad(list(results.values()), list(leaves.values()), list(cotangents.values()))

    options = {"export_params": False, "do_constant_folding": False}  # weights stay inputs
    file = load(export(model, tmp_path / "m.onnx", x, list(results), **options))
    feeds = {name: leaf.detach().numpy() for name, leaf in leaves.items()}
    given = {name: ct.numpy() for name, ct in cotangents.items()}
    gaps = []
    for name, wanted in zip(leaves, expected, strict=True):
        found = pull_back(file, feeds, name, given, run_onnxruntime, run_onnxruntime)
        gaps.append(float(np.abs(found - wanted.numpy()).max() / wanted.abs().max()))
    figure(f"PyTorch oracle, {layer} {form}: {len(gaps)} gradients, relative {max(gaps):.1e}")
    assert max(gaps) < 1e-4, dict(zip(leaves, gaps, strict=True))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("steps", [10, 17])
def test_a_convolution_before_a_recurrent_layer(batch: int, steps: int, tmp_path: Path, figure: Figure) -> None:
    """One file, whose batch and length are dynamic."""
    torch.manual_seed(0)
    model = Listener()
    dynamic = {"x": {0: "N", 2: "T"}, "y": {0: "N"}}
    path = export(model, tmp_path / "m.onnx", torch.randn(2, 4, 12), ["y"], dynamic_axes=dynamic)
    x, cotangent = torch.randn(batch, 4, steps), torch.randn(batch, 3)
    activation = model.convolutions(x).detach().requires_grad_()
    (expected,) = torch.autograd.grad(model.after(activation), activation, cotangent)
    explainer = onnxcam.Explainer(path, provider="cpu")
    _, found, gradient = explainer.gradient(x.numpy(), cotangent.numpy())
    np.testing.assert_allclose(found, activation.detach().numpy(), rtol=1e-4, atol=1e-5)
    gap = float(np.abs(gradient - expected.numpy()).max() / expected.abs().max())
    figure(f"PyTorch oracle, Conv before LSTM, batch {batch}, {steps} steps: gradient {gap:.1e}")
    assert gap < 1e-4
