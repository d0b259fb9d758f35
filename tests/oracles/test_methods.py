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
from tests.oracles.networks import export
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
