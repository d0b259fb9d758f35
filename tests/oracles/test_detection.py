"""Boxes against torchvision's own, and a detector's gradient against autograd."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import onnxcam
from onnxcam.targets import Scores
from onnxcam.targets.detection import detect, overlaps, suppress
from tests.oracles.networks import export

SIZE = (64, 96)


@pytest.fixture
def boxes() -> np.ndarray:
    rng = np.random.default_rng(3)
    corner = rng.uniform(0, 60, (200, 2))
    return np.concatenate([corner, corner + rng.uniform(5, 40, (200, 2))], axis=1).astype(np.float32)


def test_overlap_and_suppression_are_torchvisions(peer: ModuleType, boxes: np.ndarray) -> None:
    from torchvision.ops import box_iou

    every = torch.from_numpy(boxes)
    np.testing.assert_allclose(overlaps(boxes, boxes[5]), box_iou(every, every[5:6])[:, 0], atol=1e-6)
    scores = np.random.default_rng(4).uniform(size=200).astype(np.float32)
    kept = suppress(boxes, scores, limit=200)
    shared = box_iou(every[kept], every[kept]).numpy() - np.eye(len(kept))
    assert shared.max() <= 0.5
    left = sorted(set(range(200)) - set(kept))
    better = scores[kept][None] >= scores[left][:, None]
    assert ((box_iou(every[left], every[kept]).numpy() > 0.5) & better).any(1).all()


def test_fcos_and_anchors_are_decoded_as_torchvision_does(peer: ModuleType, boxes: np.ndarray) -> None:
    from torchvision.models.detection._utils import BoxCoder, BoxLinearCoder

    rng = np.random.default_rng(5)
    cells = [(x, y, s) for s in (8, 16, 32) for y in range(SIZE[0] // s) for x in range(SIZE[1] // s)]
    cell = torch.tensor([(x * s, y * s, x * s + s, y * s + s) for x, y, s in cells], dtype=torch.float32)
    sides = torch.from_numpy(rng.uniform(0, 3, (len(cells), 4)).astype(np.float32))
    wanted = BoxLinearCoder(normalize_by_size=True).decode(sides, cell)
    logits = rng.standard_normal((1, len(cells), 7)).astype(np.float32)
    scores = Scores(logits, 2, (1,), ("Sigmoid",), input_size=SIZE, outputs=lambda: {"sides": sides.numpy()[None]})
    found = detect(scores)
    assert found is not None
    assert found.family == "fcos"
    np.testing.assert_allclose(found.boxes[0], wanted, rtol=1e-5, atol=1e-4)

    anchors = torch.from_numpy(boxes[: len(cells)])
    offsets = torch.from_numpy(rng.standard_normal((len(anchors), 4)).astype(np.float32))
    wanted = BoxCoder((10.0, 10.0, 5.0, 5.0)).decode_single(offsets, anchors)
    head = {"family": "anchors", "anchors": anchors.tolist(), "weights": [10, 10, 5, 5]}
    given = {"offsets": offsets.numpy()[None]}
    scores = Scores(logits[:, : len(anchors)], 2, (1,), input_size=SIZE, outputs=lambda: given, head=head)
    found = detect(scores)
    assert found is not None
    np.testing.assert_allclose(found.boxes[0], wanted, rtol=1e-4, atol=1e-3)


class Detector(nn.Module):
    """Three scales, a neck, and YOLOv8's head without its distributions."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), nn.SiLU(), nn.Conv2d(8, 12, 3, 2, 1), nn.SiLU())
        self.down = nn.ModuleList([nn.Sequential(nn.Conv2d(12, 12, 3, 2, 1), nn.SiLU()) for _ in range(2)])
        self.neck = nn.ModuleList([nn.Sequential(nn.Conv2d(12, 10, 1), nn.SiLU()) for _ in range(3)])
        self.box = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(10, 8, 3, 1, 1), nn.SiLU(), nn.Conv2d(8, 4, 1)) for _ in range(3)]
        )
        self.kind = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(10, 8, 3, 1, 1), nn.SiLU(), nn.Conv2d(8, 5, 1)) for _ in range(3)]
        )

    def features(self, x: Tensor) -> list[Tensor]:
        levels = [self.stem(x)]
        for down in self.down:
            levels.append(down(levels[-1]))
        return [neck(level) for neck, level in zip(self.neck, levels, strict=True)]

    def head(self, levels: list[Tensor]) -> Tensor:
        found = [torch.cat([b(f), k(f)], 1).flatten(2) for b, k, f in zip(self.box, self.kind, levels, strict=True)]
        box, kind = torch.cat(found, 2).split((4, 5), 1)
        return torch.cat([box.sigmoid() * 64, kind.sigmoid()], 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


def test_each_scale_of_a_detector_gets_autograds_gradient(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Detector().eval()
    path = export(network, tmp_path / "m.onnx", 64, "torchscript")
    x = torch.randn(2, 3, 64, 64)
    explainer = onnxcam.Explainer(path, provider="cpu")
    result = explainer.explain(x.numpy(), "box 0")
    levels = [f.detach().requires_grad_() for f in network.features(x)]
    scores = network.head(levels)
    place = scores[:, 4:].flatten(1).argmax(1)
    scores[:, 4:].flatten(1).gather(1, place[:, None]).sum().backward()
    assert result.class_index.tolist() == (place // scores.shape[2]).tolist()
    assert [one.activation.shape for one in result.layers] == [tuple(f.shape) for f in levels]
    for one, level in zip(result.layers, levels, strict=True):
        np.testing.assert_allclose(one.activation, level.detach(), atol=1e-5)
        np.testing.assert_allclose(one.gradient, level.grad, atol=1e-6)
