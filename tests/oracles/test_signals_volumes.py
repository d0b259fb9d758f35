"""Networks of signals and volumes: gradients against autograd, maps against the formula and torch's resizing."""

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

import onnxcam
from tests.oracles.networks import gradient_at

Figure = Callable[[str], None]
MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}


class Mean(nn.Module):
    """The mean over space."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).mean(2)


class Waves(nn.Module):
    """A signal without a channel axis, (N, T)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x.unsqueeze(1))


class Channels(nn.Module):
    """A signal with its channels last, (N, T, C)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x.transpose(1, 2))


class Recurrent(nn.Module):
    """Convolutions, then a GRU, and the last step's scores."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv1d(2, 12, 7, 2, 3), nn.SiLU(), nn.Conv1d(12, 16, 5, 2, 2))
        self.memory = nn.GRU(16, 8, batch_first=True)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        steps, _ = self.memory(torch.tanh(self.features(x)).transpose(1, 2))
        return self.head(steps[:, -1])


class Power(nn.Module):
    """The logarithm of a short-time power spectrum, by a convolution with sines and cosines."""

    def __init__(self, length: int, hop: int) -> None:
        super().__init__()
        angle = 2 * torch.pi * torch.arange(length // 2)[:, None] * torch.arange(length) / length
        self.register_buffer("waves", torch.cat([angle.cos(), angle.sin()])[:, None])
        self.hop = hop

    def forward(self, x: Tensor) -> Tensor:
        real, imaginary = torch.nn.functional.conv1d(x, self.waves, stride=self.hop).chunk(2, 1)
        return torch.log(real**2 + imaginary**2 + 1e-3)


def convolutions() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(1, 8, 9, 2, 4), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(3, 2), nn.Conv1d(8, 16, 5, padding=2)
    )


NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "(N, C, T)": (lambda: nn.Sequential(convolutions(), nn.ReLU(), Mean(), nn.Linear(16, 5)), (1, 200)),
    "(N, T)": (lambda: Waves(nn.Sequential(convolutions(), nn.ReLU(), Mean(), nn.Linear(16, 5))), (200,)),
    "(N, T, C)": (lambda: Channels(Recurrent()), (120, 2)),
    "recurrent": (Recurrent, (2, 120)),
    "spectrum in the graph": (
        lambda: nn.Sequential(Power(32, 8), nn.Conv1d(16, 12, 3), nn.SiLU(), Mean(), nn.Linear(12, 5)),
        (1, 400),
    ),
    "volume": (
        lambda: nn.Sequential(
            nn.Conv3d(2, 8, 3, 2, 1), nn.BatchNorm3d(8), nn.ReLU(), nn.Conv3d(8, 12, 3, padding=1), nn.ReLU(), Mean()
        ).append(nn.Linear(12, 5)),
        (2, 16, 12, 20),
    ),
    "volume, every voxel scored": (
        lambda: nn.Sequential(
            nn.Conv3d(1, 8, 3, padding=1), nn.ELU(), nn.Conv3d(8, 12, 3, padding=2, dilation=2), nn.ELU()
        ).append(nn.ConvTranspose3d(12, 5, 2, 2)),
        (1, 8, 8, 10),
    ),
}


def exported(network: nn.Module, x: NDArray[Any], path: Path, exporter: str) -> Path:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    given = (torch.from_numpy(x),)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        if exporter == "dynamo":
            torch.onnx.export(network, given, path, dynamo=True, verbose=False)
        else:
            torch.onnx.export(network, given, path, dynamo=False, input_names=["x"], opset_version=17)
    return path


def scaled(maps: Tensor) -> Tensor:
    flat = maps.flatten(1)
    flat = flat - flat.min(1, keepdim=True).values
    return (flat / (flat.max(1, keepdim=True).values + 1e-7)).reshape(maps.shape)


@pytest.mark.parametrize("exporter", ["torchscript", "dynamo"])
@pytest.mark.parametrize("name", NETWORKS)
def test_gradient_and_map(name: str, exporter: str, tmp_path: Path, figure: Figure) -> None:
    torch.manual_seed(0)
    build, shape = NETWORKS[name]
    network = build().eval()
    x = np.random.default_rng(0).standard_normal((2, *shape)).astype(np.float32)
    result = onnxcam.explain(exported(network, x, tmp_path / "m.onnx", exporter), x, target=3, provider="cpu")
    cotangent = np.zeros_like(result.logits)
    cotangent[:, 3] = 1
    if result.logits.ndim > 2:  # a class of scores with positions counts where it wins
        wins = result.logits.argmax(1) == 3
        assert wins.reshape(2, -1).any(1).all()
        cotangent[:, 3] = wins
    _, activation, gradient = gradient_at(network, x, cotangent, result.activation)
    alpha = gradient.reshape(*gradient.shape[:2], -1).mean(2)
    raw = torch.from_numpy(np.maximum(np.einsum("nk,nk...->n...", alpha, activation), 0))
    space = result.map.shape[1:]
    enlarged = nn.functional.interpolate(scaled(raw)[:, None], space, mode=MODES[len(space)], align_corners=False)
    gaps = {
        "gradient": np.abs(result.gradient - gradient).max() / np.abs(gradient).max(),
        "raw": np.abs(result.raw - raw.numpy()).max() / raw.numpy().max(),
        "map": np.abs(result.map - scaled(enlarged[:, 0]).numpy()).max(),
    }
    figure(f"PyTorch oracle, {name} {exporter}: " + ", ".join(f"{k} {v:.1e}" for k, v in gaps.items()))
    assert raw.numpy().max() > 0
    assert max(gaps.values()) < 1e-4, gaps
    assert result.plot(1).shape[2] == 3
