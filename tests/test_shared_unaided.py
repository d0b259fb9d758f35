"""Every real file, with no option but what it is given; those that cannot be explained say why in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import onnxcam
from tests.shared import cards, shared

REFUSED = {
    "customvision-cat-or-dog-op1": "uses opset 1",
    "lightgbm-tract": "no layer with more than one position",
    "mnist-cntk-op1": "uses opset 1",
    "mnist-quant-finn-mixed": "custom operator finn::MultiThreshold",
    "skl-rf-iris-zipmap": "no layer with more than one position",
}
OTHERS = {
    "brainchop-model30-64": "images/signals/t1_crop.nii.gz",
    "dnsmos-sig-bak-ovr": "images/signals/speech.wav",
    "silero-vad": "images/signals/speech.wav",
}
RANDOM = {
    "openwakeword-embedding": {"input_1": (1, 76, 32, 1)},
    "vittrack": {"template": (1, 3, 128, 128), "search": (1, 3, 256, 256)},
}
BLANK = {"blazeface-back-tf2onnx", "selfie-seg-mediapipe"}
"""No face and no person is on the picture: nothing raises their scores."""


def given(name: str) -> Path | dict[str, Any]:
    if name in RANDOM:
        rng = np.random.default_rng(0)
        return {n: rng.standard_normal(shape).astype(np.float32) for n, shape in RANDOM[name].items()}
    return shared(OTHERS.get(name, "images/both.png"))


@pytest.mark.parametrize("name", sorted(set(cards()) - set(REFUSED)) or ["no shared material"])
def test_it_is_explained(name: str) -> None:
    explainer = onnxcam.Explainer(shared(f"models/{name}/model.onnx"), provider="cpu")
    result = explainer.explain(given(name))
    assert result.reason
    assert result.layer == ", ".join(explainer.plan.layers)
    assert result.map.shape[0] == len(result.target)
    assert np.isfinite(result.map).all()
    assert result.map.min() >= 0
    assert result.map.any() == (name not in BLANK)
    shapes = {one.activation.ndim for one in result.layers}
    assert shapes == {result.map.ndim + 1}


@pytest.mark.parametrize("name", REFUSED)
def test_it_says_why_not(name: str) -> None:
    with pytest.raises(onnxcam.OnnxcamError, match=REFUSED[name]):
        onnxcam.Explainer(shared(f"models/{name}/model.onnx"), provider="cpu")
