"""Networks that PyTorch exports and ONNX Runtime optimises: the gradient is that of the export."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from torch import nn

import onnxcam
from tests.oracles.networks import Family, export
from tests.test_optimised import LEVELS, optimise, shared_layers

# Of each network: the opsets to try, and what its file must hold once optimised at the extended level.
NETWORKS = {
    Family("torchvision", "resnet18"): ((13, 18), "FusedConv"),
    Family("torchvision", "mobilenet_v3_small"): ((13, 17), "FusedConv"),
    Family("torchvision", "convnext_tiny", 64): ((13, 18), "BiasGelu"),
    Family("torchvision", "efficientnet_b0"): ((17,), "QuickGelu"),
    Family("timm", "vit_tiny_patch16_224", 224): ((17,), "BiasGelu"),
}
LONGEST = ("convnext_tiny", 18)  # a minute, and the other opset is fused alike
ROWS = [
    pytest.param(family, opset, marks=[pytest.mark.slow] if (family.name, opset) == LONGEST else [])
    for family, (opsets, _) in NETWORKS.items()
    for opset in opsets
]
TRANSFORMERS = [family for family, (_, fused) in NETWORKS.items() if fused == "BiasGelu"]
Figure = Callable[[str], None]


def build(family: Family) -> nn.Module:
    """The network with what would hide a gap put right.

    Biases start as zeros, and ConvNeXt's branches as a millionth of its trunk.
    """
    network = family.build()
    for name, parameter in network.named_parameters():
        if name.endswith("layer_scale"):
            nn.init.ones_(parameter)
        elif name.endswith("bias"):
            nn.init.normal_(parameter, std=0.3)
    return network


def gaps(path: Path, optimised: Path, x: np.ndarray) -> list[float]:
    """How far the gradients at tensors that both files compute are apart, over the largest entry."""
    found = []
    for layer in shared_layers(path, optimised):
        one, other = (onnxcam.Explainer(p, layer=layer, provider="cpu") for p in (path, optimised))
        cotangent = np.random.default_rng(2).standard_normal((2, 20)).astype(np.float32)
        _, _, wanted = one.gradient(x, cotangent)
        _, _, given = other.gradient(x, cotangent)
        found.append(float(np.abs(given - wanted).max() / np.abs(wanted).max()))
    return found


def operators(path: Path) -> set[str]:
    return {n.op_type for n in onnx.load(path).graph.node}


@pytest.mark.parametrize(("family", "opset"), ROWS, ids=lambda v: getattr(v, "name", str(v)))
def test_saved_by_onnxruntime(family: Family, opset: int, tmp_path: Path, figure: Figure) -> None:
    path = export(build(family), tmp_path / "m.onnx", family.size, "torchscript", opset)
    for level in LEVELS:
        optimised = optimise(path, level)
        assert level != "extended" or NETWORKS[family][1] in operators(optimised)
        found = gaps(path, optimised, family.sample())
        figure(f"{family.name}, opset {opset}, optimised by ONNX Runtime, {level}: gradient {max(found):.1e}")
        assert max(found) < 1e-4


@pytest.mark.parametrize("family", TRANSFORMERS, ids=lambda f: f.name)
def test_saved_by_its_optimizer_of_transformers(family: Family, tmp_path: Path, figure: Figure) -> None:
    optimizer = pytest.importorskip("onnxruntime.transformers.optimizer", reason="ONNX Runtime comes without it")
    path = export(build(family), tmp_path / "m.onnx", family.size, "torchscript")
    logging.disable(logging.WARNING)
    try:
        optimizer.optimize_model(str(path), model_type="vit", opt_level=0).save_model_to_file(str(tmp_path / "o.onnx"))
    finally:
        logging.disable(logging.NOTSET)
    fused = {n.op_type for n in onnx.load(tmp_path / "o.onnx").graph.node if n.domain == "com.microsoft"}
    assert fused
    found = gaps(path, tmp_path / "o.onnx", family.sample())
    figure(f"{family.name}, optimised as a transformer ({', '.join(sorted(fused))}): gradient {max(found):.1e}")
    assert max(found) < 1e-4
