"""Two small networks whose layers end in a ReLU: one straight, one with a skip connection past the explained layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Skipping", "Straight", "small_networks"]


class Straight(nn.Module):
    """Two convolutions, then a head that is not linear: pooling to a grid, two fully connected layers."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU())
        self.layer = nn.Sequential(nn.Conv2d(8, 12, 3), nn.ReLU())
        self.head = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(48, 10), nn.ReLU(), nn.Linear(10, 5))

    def forward(self, x: Tensor) -> Tensor:
        """Scores, (N, 5), of pictures (N, 3, 22, 22)."""
        scores: Tensor = self.head(self.layer(self.stem(x)))
        return scores


class Skipping(nn.Module):
    """What the layer reads is added to it behind it, twice, and the picture's mean to the scores."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU())
        self.layer = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())
        self.tail = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())
        self.head = nn.Linear(8, 5)
        self.tint = nn.Linear(3, 5)

    def forward(self, x: Tensor) -> Tensor:
        """Scores, (N, 5), of pictures (N, 3, 22, 22)."""
        stem = self.stem(x)
        added = torch.relu(self.layer(stem) + stem)
        scores: Tensor = self.head((self.tail(added) * stem).mean((2, 3))) + self.tint(x.mean((2, 3)))
        return scores


def small_networks() -> dict[str, nn.Module]:
    """Both in evaluation mode, with seeded weights."""
    torch.manual_seed(0)
    return {"straight": Straight().eval(), "skipping": Skipping().eval()}
