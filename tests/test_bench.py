"""`scripts/bench.py` writes networks that are models, and measures what it says."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("bench")


def small(bench: ModuleType) -> dict[str, Any]:
    return {
        "ResNet": bench.ResNet((1, 2, 1, 1), width=8),
        "ResNet unfolded": bench.ResNet((1, 1, 1, 1), width=8, is_folded=False),
        "DenseNet": bench.DenseNet((2, 2, 1, 1, 2), growth=4),
        "MobileNetV2": bench.MobileNetV2(),
        "EfficientNet": bench.EfficientNet(),
        "ViT": bench.ViT(2, width=48, heads=4),
    }


@pytest.mark.parametrize("name", ["ResNet", "ResNet unfolded", "DenseNet", "MobileNetV2", "EfficientNet", "ViT"])
def test_a_network_is_a_model_of_a_picture(bench: ModuleType, tmp_path: Path, name: str) -> None:
    path, first_conv, nodes = bench.save(small(bench)[name], tmp_path)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert nodes == len(model.graph.node)
    assert first_conv == next(n.output[0] for n in model.graph.node if n.op_type == "Conv")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (scores,) = session.run(None, {"x": np.random.default_rng(0).standard_normal((2, 3, 224, 224)).astype("f4")})
    assert scores.shape == (2, 1000)
    assert 0.01 < np.abs(scores).mean() < 100


@pytest.mark.parametrize(
    ("name", "nodes"), [("ResNet", (515, 2995)), ("DenseNet", (515, 3014)), ("ViT", (480, 2996))], ids=lambda v: str(v)
)
def test_growing_networks_have_500_to_3000_nodes(
    bench: ModuleType, tmp_path: Path, name: str, nodes: tuple[int, int]
) -> None:
    networks = bench.GROWING[name]
    assert tuple(bench.save(network, tmp_path)[2] for network in (networks[0], networks[-1])) == nodes


def test_every_part_prints_a_table(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    networks = small(bench)
    monkeypatch.setattr(bench, "RESNET_50", networks["ResNet"])
    monkeypatch.setattr(bench, "MOBILENET_V2", networks["ResNet unfolded"])
    monkeypatch.setattr(bench, "EFFICIENTNET_B0", networks["DenseNet"])
    monkeypatch.setattr(bench, "REAL", {"ViT": networks["ViT"]})
    monkeypatch.setattr(bench, "GROWING", {"ResNet": [networks["ResNet"], networks["ResNet unfolded"]]})
    bench.main(["--rounds", "2", "--batch", "1", "--pictures", "160"])
    tables = [text.splitlines() for text in capsys.readouterr().out.split("\n\n")]
    assert [len(table) for table in tables] == [3, 4, 5, 6, 5]
    assert all(len({line.count("|") for line in table}) == 1 for table in tables)
    bench.main(["--rounds", "2", "--only", "build", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [row["model"] for row in found["build"]] == ["ViT", "ResNet", "ResNet"]
    assert all(row["differentiate, ms"] > 0 for row in found["build"])
