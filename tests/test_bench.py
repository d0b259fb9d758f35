"""`scripts/bench.py` writes networks that are models, and measures what it says."""

from __future__ import annotations

import functools
import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("bench")


def part(name: str) -> ModuleType:
    return importlib.import_module(f"benchmarks.{name}")


def small(bench: ModuleType) -> dict[str, Any]:
    networks = part("networks")
    return {
        "ResNet": networks.ResNet((1, 2, 1, 1), width=8),
        "ResNet unfolded": networks.ResNet((1, 1, 1, 1), width=8, is_folded=False),
        "DenseNet": networks.DenseNet((2, 2, 1, 1, 2), growth=4),
        "MobileNetV2": networks.MobileNetV2(),
        "EfficientNet": networks.EfficientNet(),
        "ViT": networks.ViT(2, width=48, heads=4),
    }


@pytest.mark.parametrize("name", ["ResNet", "ResNet unfolded", "DenseNet", "MobileNetV2", "EfficientNet", "ViT"])
def test_a_network_is_a_model_of_a_picture(bench: ModuleType, tmp_path: Path, name: str) -> None:
    path, first_conv, nodes = part("networks").save(small(bench)[name], tmp_path)
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
    networks = part("building").GROWING[name]
    assert tuple(part("networks").save(network, tmp_path)[2] for network in (networks[0], networks[-1])) == nodes


@pytest.fixture
def tiny(bench: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark with networks that take a moment, under the names of real ones."""
    networks = small(bench)

    def write(key: str, folder: Path) -> Any:
        (folder / key).mkdir(exist_ok=True)
        path, first_conv, _ = part("networks").save(networks[key], folder / key)
        pooled = next(n.input[0] for n in onnx.load(path).graph.node if n.op_type == "GlobalAveragePool")
        return part("exports").Export(path, first_conv, pooled, 224)

    models = {name: functools.partial(write, "ResNet") for name in ("ResNet-50", "MobileNetV2")}
    for name in list(part("ratios").MODELS):
        monkeypatch.delitem(part("ratios").MODELS, name)
    for name, one in models.items():
        monkeypatch.setitem(part("ratios").MODELS, name, one)
    monkeypatch.setattr(part("ratios"), "QUANTIZED", {})
    monkeypatch.setattr(
        part("auditing"), "NETWORKS", {"ResNet-50": (networks["ResNet"], 2), "ResNet": (networks["ResNet"], 1)}
    )
    monkeypatch.setattr(part("building"), "REAL", {"ViT": networks["ViT"]})
    monkeypatch.setattr(part("building"), "GROWING", {"ResNet": [networks["ResNet"], networks["ResNet unfolded"]]})
    return bench


PARTS = {
    "explain": 2,
    "targets": 2,
    "gradient": 2,
    "export": 2,
    "start": 3,
    "folder": 2,
    "audit": 4,
    "build": 3,
}
"""Rows of each, with the tiny networks."""


@pytest.mark.parametrize("name", PARTS)
def test_a_part_prints_a_table_and_writes_json(
    tiny: ModuleType, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--rounds", "2", "--batch", "1", "--pictures", "160", "--photographs", "9"]
    tiny.main(["--only", name, *few, "--models", str(tmp_path), "--json", str(tmp_path / "found.json")])
    table = capsys.readouterr().out.splitlines()
    rows = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))[name]
    assert len(rows) == PARTS[name] == len(table) - 2
    assert len({line.count("|") for line in table}) == 1
    assert [cell.strip() for cell in table[0].split("|")[1:-1]] == list(rows[0])
    figures = [value for row in rows for value in row.values() if isinstance(value, int | float)]
    assert figures
    assert min(figures) > 0


def test_a_side_that_does_not_start_says_why(bench: ModuleType, tmp_path: Path) -> None:
    turns, sides = part("turns"), part("sides")
    with pytest.raises(RuntimeError, match="forward does not start: NoSuchFile"):
        turns.take_turns((sides.forward,), turns.Job(tmp_path / "none.onnx", "cpu", 1), 1)


def test_the_difference_of_maps_is_one_of_their_forms(bench: ModuleType) -> None:
    peers = part("peers")
    rng = np.random.default_rng(0)
    small = rng.random((2, 7, 7)).astype(np.float32)
    large = np.stack([cv2.resize(one, (64, 64)) for one in small])
    assert peers.difference(large, 3 * small + 1) < 1e-6
    assert peers.difference(large, np.roll(small, 1, axis=2)) > 0.1
