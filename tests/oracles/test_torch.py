"""Gradients and maps against PyTorch autograd and pytorch-grad-cam, on networks exported here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import onnxcam
from tests.oracles.networks import Family, export, gradient_at

FAMILIES = (
    Family("torchvision", "alexnet", 224),
    Family("torchvision", "resnet18"),
    Family("torchvision", "densenet121"),
    Family("torchvision", "googlenet"),
    Family("torchvision", "mobilenet_v2"),
    Family("torchvision", "mobilenet_v3_small"),
    Family("torchvision", "efficientnet_b0"),
    Family("torchvision", "shufflenet_v2_x0_5"),
    Family("torchvision", "squeezenet1_1"),
    Family("torchvision", "regnet_y_400mf"),
    Family("torchvision", "convnext_tiny", 64),
    Family("timm", "ghostnet_050"),
    Family("timm", "repvgg_a0"),
)
EXPORTERS = ("torchscript", "dynamo")
ATTEMPTS = 5
SMOOTH = tuple(f for f in FAMILIES if f.name in {"resnet18", "mobilenet_v2", "regnet_y_400mf", "repvgg_a0"})
Array = NDArray[Any]
Figure = Callable[[str], None]


def relative(a: Array, b: Array) -> float:
    return float(np.abs(a - b).max() / np.abs(b).max())


def one_hot(logits: Array, classes: Array) -> Array:
    return np.eye(logits.shape[1], dtype=np.float32)[classes]


def gaps_at(network: nn.Module, path: Path, x: Array, peer: ModuleType) -> dict[str, float]:
    """How far onnxcam is from autograd and from pytorch-grad-cam at the last Conv, and from autograd at the first."""
    explainer = onnxcam.Explainer(path, layer="last-conv", provider="cpu")
    result = explainer.explain(x)
    module, _, gradient = gradient_at(network, x, one_hot(result.logits, result.class_index), result.activation)
    raw = np.maximum((gradient.mean((2, 3), keepdims=True) * result.activation).sum(1), 0)
    with peer.GradCAM(model=network, target_layers=[module]) as cam:
        # The peer keeps a reference, which an in-place operator behind the layer would change: give that one a copy.
        handle = module.register_forward_hook(lambda _, __, output: output.clone())
        targets = [peer.utils.model_targets.ClassifierOutputTarget(int(c)) for c in result.class_index]
        theirs = cam(input_tensor=torch.from_numpy(x), targets=targets)
        handle.remove()
    first = onnxcam.Explainer(path, layer=explainer.plan.candidates[0].layer, provider="cpu")
    logits, activation, at_first = first.gradient(x, one_hot(result.logits, result.class_index))
    _, _, expected = gradient_at(network, x, one_hot(logits, result.class_index), activation)
    cosine = np.vdot(at_first, expected) / np.linalg.norm(at_first) / np.linalg.norm(expected)
    return {
        "gradient": relative(result.gradient, gradient),
        "raw": relative(result.raw, raw),
        "map": float(np.abs(result.map - theirs).max()),
        "1 - cosine at the first Conv": float(1 - cosine),
    }


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("family", FAMILIES, ids=[f.name for f in FAMILIES])
def test_last_and_first_conv(family: Family, exporter: str, tmp_path: Path, peer: ModuleType, figure: Figure) -> None:
    """Where an activation lies within rounding of a kink, ONNX Runtime and PyTorch may take different sides, and both
    are right. Which input that hits depends on the machine, so a few are tried; a wrong rule is wrong on all of them.
    """
    network = family.build()
    path = export(network, tmp_path / "m.onnx", family.size, exporter)
    for seed in range(ATTEMPTS):
        gaps = gaps_at(network, path, family.sample(seed), peer)
        if max(gaps.values()) < 1e-4:
            break
    figure(f"PyTorch oracle, {family.name} {exporter}: " + ", ".join(f"{k} {v:.1e}" for k, v in gaps.items()))
    assert max(gaps.values()) < 1e-4, gaps


@pytest.mark.parametrize("family", SMOOTH, ids=[f.name for f in SMOOTH])
def test_first_conv_of_a_smooth_network(family: Family, tmp_path: Path, figure: Figure) -> None:
    """Without kinks no rounding flips a ReLU, so every entry of the gradient agrees."""
    network = family.build(nn.SiLU)
    path = export(network, tmp_path / "m.onnx", family.size, "torchscript")
    x = family.sample()
    plan = onnxcam.Explainer(path, provider="cpu").plan
    first = onnxcam.Explainer(path, layer=plan.candidates[0].layer, provider="cpu")
    cotangent = np.random.default_rng(1).standard_normal((2, 20)).astype(np.float32)
    _, activation, gradient = first.gradient(x, cotangent)
    _, _, expected = gradient_at(network, x, cotangent, activation)
    gap = relative(gradient, expected)
    figure(f"PyTorch oracle, {family.name}, smooth, first Conv: gradient {gap:.1e}")
    assert gap < 1e-4


def test_the_maps_of_several_layers_are_averaged_as_the_peer_does(tmp_path: Path, peer: ModuleType) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        *(nn.Conv2d(3, 8, 3, padding=1), nn.SiLU(), nn.AvgPool2d(2), nn.Conv2d(8, 12, 3, padding=1), nn.SiLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 5)),
    ).eval()
    path = export(network, tmp_path / "m.onnx", 20, "torchscript")
    x = torch.randn(3, 3, 20, 20).numpy()
    explainer = onnxcam.Explainer(path, layer=["-3", "-1"], provider="cpu")
    result = explainer.explain(x)
    with peer.GradCAM(model=network, target_layers=[network[0], network[3]]) as cam:
        targets = [peer.utils.model_targets.ClassifierOutputTarget(int(c)) for c in result.class_index]
        theirs = cam(input_tensor=torch.from_numpy(x), targets=targets)
    assert [one.raw.shape for one in result.layers] == [(3, 20, 20), (3, 10, 10)]
    np.testing.assert_allclose(result.map, theirs, atol=1e-5)
