"""Methods on exported networks against pytorch-grad-cam on the networks themselves."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import onnxcam
from tests.oracles.networks import Family, export, gradient_at
from tests.oracles.small import small_networks

Array = NDArray[Any]

# Method -> the class of pytorch-grad-cam that computes the same behind a ReLU. Its GradCAMPlusPlus does not: a constant
# in it drowns gradients of this size.
PEERS = {"grad-cam": "GradCAM", "hires-cam": "HiResCAM", "layer-cam": "LayerCAM", "xgrad-cam": "XGradCAM"}
CLASSES = [1, 4, 2]


@pytest.fixture(scope="module")
def x() -> Array:
    return np.random.default_rng(0).standard_normal((len(CLASSES), 3, 22, 22)).astype(np.float32)


@pytest.mark.parametrize("network", ["straight", "skipping"])
def test_maps_are_the_peers(peer: ModuleType, tmp_path: Path, x: Array, network: str) -> None:
    module = small_networks()[network]
    path = export(module, tmp_path / "network.onnx", 22, "torchscript")
    explainer = onnxcam.Explainer(path, layer="/layer/layer.1/Relu_output_0", provider="cpu")
    targets = [peer.utils.model_targets.ClassifierOutputTarget(c) for c in CLASSES]
    for method, name in PEERS.items():
        with getattr(peer, name)(model=module, target_layers=[module.layer]) as cam:
            theirs = cam(input_tensor=torch.from_numpy(x), targets=targets)
        assert theirs.reshape(len(x), -1).max(1).min() > 0.99, "an empty map shows nothing"
        ours = explainer.explain(x, CLASSES, method=method)
        np.testing.assert_allclose(ours.map, theirs, atol=2e-5, err_msg=method)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v3_small"])
@pytest.mark.parametrize("exporter", ["torchscript", "dynamo"])
def test_maps_of_torchvisions_networks_are_the_peers(
    peer: ModuleType, tmp_path: Path, name: str, exporter: str
) -> None:
    """At the last Conv, before its ReLU: there XGrad-CAM divides by sums near zero, in which rounding is all."""
    family = Family("torchvision", name)
    network, x = family.build(), family.sample()
    explainer = onnxcam.Explainer(export(network, tmp_path / "network.onnx", family.size, exporter), provider="cpu")
    for method in ("grad-cam", "hires-cam", "layer-cam"):
        ours = explainer.explain(x, method=method)
        one_hot = np.eye(ours.logits.shape[1], dtype=np.float32)[ours.class_index]
        module, _, _ = gradient_at(network, x, one_hot, ours.activation)
        with getattr(peer, PEERS[method])(model=network, target_layers=[module]) as cam:
            handle = module.register_forward_hook(lambda _, __, output: output.clone())
            targets = [peer.utils.model_targets.ClassifierOutputTarget(int(c)) for c in ours.class_index]
            theirs = cam(input_tensor=torch.from_numpy(x), targets=targets)
            handle.remove()
        np.testing.assert_allclose(ours.map, theirs, atol=1e-4, err_msg=method)
