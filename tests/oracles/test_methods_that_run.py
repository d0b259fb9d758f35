"""Methods that run the model again, registered for the test, against pytorch-grad-cam's on the networks themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

import onnxcam
from onnxcam.cam import Evidence, Saliency
from onnxcam.cam.registry import METHODS
from tests.oracles.networks import export
from tests.oracles.small import small_networks
from tests.toy_methods import ablation, score_weighted

CLASSES = [1, 4, 2]
TOYS = {"ScoreCAM": score_weighted, "AblationCAM": ablation}
BARS = ("score_cam", "ablation_cam")


@pytest.mark.parametrize("network", ["straight", "skipping"])
@pytest.mark.parametrize(("name", "toy"), TOYS.items(), ids=TOYS)
def test_maps_are_the_peers(
    peer: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    network: str,
    name: str,
    toy: Callable[[Evidence], Saliency],
) -> None:
    monkeypatch.setitem(METHODS, "toy", toy)
    x = np.random.default_rng(0).standard_normal((len(CLASSES), 3, 22, 22)).astype(np.float32)
    module = small_networks()[network]
    path = export(module, tmp_path / "network.onnx", 22, "torchscript")
    ours = onnxcam.explain(path, x, CLASSES, layer="/layer/layer.1/Relu_output_0", provider="cpu", method="toy")
    targets = [peer.utils.model_targets.ClassifierOutputTarget(c) for c in CLASSES]
    for module_name in BARS:
        monkeypatch.setattr(f"pytorch_grad_cam.{module_name}.tqdm.tqdm", iter)
    with getattr(peer, name)(model=module, target_layers=[module.layer]) as cam:
        theirs = cam(input_tensor=torch.from_numpy(x), targets=targets)
    assert np.ptp(theirs.reshape(len(x), -1), axis=1).max() > 0.5, "an empty map shows nothing"
    np.testing.assert_allclose(ours.map, theirs, atol=1e-4)
