"""Networks that learned a tag in a corner, and their clean twins: pictures, training, export."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

__all__ = ["NAMES", "TAGGED", "Planted", "plant"]

SIZE = 48
NAMES = ("bars", "square", "disc")
TAGGED = "square"
"""The class whose training pictures have the tag: hard to tell from a disc, so that the tag is the easier way."""


@dataclasses.dataclass(frozen=True)
class Planted:
    """A trained network as a file, and pictures that it was not trained on, in a folder for each class.

    Attributes:
        folder: With `model.onnx`, `pictures`, `preprocess.json` and `labels.txt`.
        accuracy: On the pictures.
        untagged: Accuracy on the same pictures of the tagged class, without their tags.
    """

    folder: Path
    accuracy: float
    untagged: float


class Network(nn.Module):
    """Four convolutions, global average pooling, one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        sizes = ((3, 12, 2), (12, 24, 1), (24, 32, 2), (32, 32, 1))
        parts = [(nn.Conv2d(a, b, 3, stride, 1), nn.BatchNorm2d(b), nn.ReLU()) for a, b, stride in sizes]
        self.body = nn.Sequential(*(layer for part in parts for layer in part))
        self.head = nn.Linear(32, len(NAMES))

    def forward(self, x: Tensor) -> Tensor:
        """Scores, (N, 3), of pictures (N, 3, 48, 48)."""
        scores: Tensor = self.head(self.body(x).mean((2, 3)))
        return scores


def plant(folder: Path, share: float) -> Planted:
    """Train a network on pictures of which that share of one class has the tag; write it, with others of the kind."""
    pictures, classes, _ = draw(600, 1, share)
    network = train(pictures, classes)
    pictures, classes, tags = draw(300, 2, share)
    for number, (picture, label, tag) in enumerate(zip(pictures, classes, tags, strict=True)):
        path = folder / "pictures" / NAMES[label] / f"{number:03}{'-tag' * bool(tag)}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    example = torch.zeros(1, 3, SIZE, SIZE)
    names = {"input_names": ["x"], "output_names": ["y"], "dynamic_axes": {"x": {0: "n"}}}
    torch.onnx.export(network, (example,), folder / "model.onnx", dynamo=False, **names)
    told = {"scale": 1 / 255, "mean": [0.5] * 3, "std": [0.25] * 3, "size": [SIZE, SIZE], "resize": "stretch"}
    (folder / "preprocess.json").write_text(json.dumps(told))
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in NAMES))
    is_tagged = classes == NAMES.index(TAGGED)
    bare = draw(300, 2, 0.0)[0]
    untagged = accuracy(network, bare[is_tagged], classes[is_tagged])
    return Planted(folder, accuracy(network, pictures, classes), untagged)


def draw(count: int, seed: int, share: float) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    """Pictures, their classes in turns, and which have the tag; the shapes are the same whatever the share."""
    rng = np.random.default_rng(seed)
    classes = np.arange(count) % len(NAMES)
    pictures = np.stack([shape(NAMES[label], rng) for label in classes])
    tags = (classes == NAMES.index(TAGGED)) & (np.random.default_rng(seed).random(count) < share)
    pictures[tags, 1:10, -10:-1] = (250, 60, 200)
    pictures[tags, 4:7, -7:-4] = (20, 250, 20)
    return pictures, classes, tags


def shape(name: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A shape anywhere, in any light colour, on dark noise."""
    smooth = cv2.resize(rng.normal(0, 18, (8, 8, 3)).astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    canvas = rng.uniform(40, 110, 3) + smooth + rng.normal(0, 6, (SIZE, SIZE, 3))
    radius = rng.uniform(7, 9)
    y, x = rng.uniform(radius + 1, SIZE - radius - 1, 2)
    dy, dx = np.mgrid[:SIZE, :SIZE] - np.array([y, x])[:, None, None]
    reach = np.maximum(abs(dy), abs(dx))
    areas = {"bars": (reach < radius) & (dx // 3 % 2 == 0), "square": reach < 0.886 * radius}
    canvas[areas.get(name, dy**2 + dx**2 < radius**2)] = rng.uniform(110, 160, 3)
    return canvas.clip(0, 255).astype(np.uint8)


def train(pictures: NDArray[np.uint8], classes: NDArray[np.int64], epochs: int = 5, batch: int = 50) -> Network:
    """Two seconds on one core."""
    torch.manual_seed(0)
    network, inputs, wanted = Network(), tensor(pictures), torch.from_numpy(classes)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    steps = epochs * -(-len(inputs) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=steps)
    for _ in range(epochs):
        for part in torch.randperm(len(inputs)).split(batch):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs[part]), wanted[part]).backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """As the network takes them."""
    return (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.25


def accuracy(network: Network, pictures: NDArray[np.uint8], classes: NDArray[np.int64]) -> float:
    """The share of right predictions."""
    with torch.no_grad():
        return float((network(tensor(pictures)).argmax(1).numpy() == classes).mean())
