"""pytorch-grad-cam as an oracle, where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def peer() -> Iterator[ModuleType]:
    """The package `pytorch_grad_cam`, beside a torchvision whose compiled operators need not match torch's build."""
    torch = pytest.importorskip("torch", reason="the oracle pytorch-grad-cam needs PyTorch")
    library = None
    try:
        pytest.importorskip("torchvision", reason="the oracle pytorch-grad-cam needs torchvision")
    except RuntimeError:  # no compiled operators for this torch: declare those that the import asks for
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    yield pytest.importorskip("pytorch_grad_cam", reason="the oracle pytorch-grad-cam is not installed")
    del library  # alive until here: the declarations go with it
