"""Pictures become what timm's own transforms make of them, from the configuration that timm writes."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from onnxcam.graph import load
from onnxcam.imaging import to_tensor
from onnxcam.tellers import prepare
from tests.conftest import Write

OPEN = "g (float[N, C, H, W] x) => (float[N, 7] y) { p = GlobalAveragePool(x) f = Flatten(p) y = Gemm(f, w) }"
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
MADE_UP = {
    "border": {"input_size": [3, 64, 64], "crop_pct": 1.0, "crop_mode": "border", "mean": MEAN, "std": STD},
    "border, cut": {"input_size": [3, 64, 64], "crop_pct": 0.9, "crop_mode": "border", "mean": MEAN, "std": STD},
    "not square": {"input_size": [3, 64, 96], "crop_pct": 0.95, "interpolation": "lanczos", "mean": MEAN, "std": STD},
    "squash": {"input_size": [3, 64, 64], "crop_pct": 0.9, "crop_mode": "squash", "interpolation": "bilinear"},
    "little": {"input_size": [3, 64, 64]},
}
NETWORKS = (
    "resnet50.a1_in1k",
    "convnext_tiny.fb_in22k",
    "vit_base_patch16_clip_224.openai",
    "tf_efficientnet_b0.ns_jft_in1k",
    "inception_v3.tf_in1k",
    "deit3_small_patch16_384.fb_in1k",
)


def configurations(timm: ModuleType) -> dict[str, dict[str, Any]]:
    """Made-up ones, and those of networks that differ in size, cut, filter or numbers."""
    own = {name: timm.models.get_pretrained_cfg(name).to_dict() for name in NETWORKS}
    return MADE_UP | {name: {k: v for k, v in cfg.items() if v is not None} for name, cfg in own.items()}


@pytest.mark.parametrize("name", [*MADE_UP, *NETWORKS])
@pytest.mark.parametrize("size", [(90, 150), (201, 100)], ids=str)
def test_pictures_are_those_of_timm(write_model: Write, tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    timm = pytest.importorskip("timm", reason="the oracle timm is not installed")
    config = configurations(timm)[name]
    path = write_model(OPEN, w=np.ones((3, 7), np.float32))
    (tmp_path / "config.json").write_text(json.dumps({"architecture": name, "pretrained_cfg": config}))
    found = prepare(load(path), "x", "NCHW", "y")
    transform = timm.data.create_transform(**timm.data.resolve_data_config(pretrained_cfg=config), is_training=False)
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    tensor, _ = to_tensor(picture, found.preprocess)
    np.testing.assert_allclose(tensor, transform(Image.fromarray(picture)).numpy(), atol=1e-5)
    assert (found.origin, found.notes, found.picture_notes) == ("told", (), ())
