"""The network in PyTorch, and its weights to and from an npz file. The other exporters write the same network anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

CLASS_COUNT = 6
INPUT_SHAPE = (3, 96, 96)


class ShapesNetwork(nn.Module):
    """Pictures `(N, 3, 96, 96)` to logits `(N, 6)`; the last convolution's output is `(N, 64, 12, 12)`."""

    def __init__(self) -> None:
        """Network with random weights."""
        super().__init__()
        self.stem = _conv_bn(3, 16, stride=2)
        self.widen = _conv_bn(16, 24)
        self.residual1 = _conv_bn(24, 24)
        self.residual2 = _conv_bn(24, 24)
        self.depthwise = _conv_bn(24, 24, stride=2, groups=24)
        self.pointwise = _conv_bn(24, 64, kernel=1)
        self.middle = _conv_bn(64, 64)
        # Neither bias nor batch normalisation: exporters place both differently, and the last Conv's output, which
        # Grad-CAM looks at, would mean something else in every file.
        self.last = nn.Conv2d(64, 64, 3, padding=1, bias=False)
        self.classifier = nn.Linear(64, CLASS_COUNT)

    def forward(self, x: Tensor) -> Tensor:
        """Logits `(N, 6)`."""
        return self.head(self.last(self.trunk(x)))

    def trunk(self, x: Tensor) -> Tensor:
        """All before the last convolution: `(N, 64, 12, 12)`."""
        x = torch.relu(self.widen(torch.relu(self.stem(x))))
        x = nn.functional.max_pool2d(x, 3, stride=2, padding=1)
        x = torch.relu(x + self.residual2(torch.relu(self.residual1(x))))
        x = torch.relu(self.pointwise(torch.relu(self.depthwise(x))))
        return torch.relu(self.middle(x))

    def head(self, activation: Tensor) -> Tensor:
        """Logits from the last convolution's output."""
        return self.classifier(torch.relu(activation).mean(dim=(2, 3)))


def save_weights(network: nn.Module, path: Path) -> None:
    """Write every parameter and running statistic, under PyTorch's names."""
    state = {name: tensor.numpy() for name, tensor in network.state_dict().items() if "num_batches" not in name}
    np.savez(path, **state)


def load_network(path: Path) -> ShapesNetwork:
    """The network with weights from an npz file, in evaluation mode."""
    network = ShapesNetwork()
    with np.load(path) as weights:
        state = {name: torch.from_numpy(weights[name]) for name in weights.files}
    # The counters of batches seen are the only entries that the file leaves out.
    missing = network.load_state_dict(state, strict=False).missing_keys
    assert all("num_batches" in name for name in missing), missing
    return network.eval()


def _conv_bn(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))
