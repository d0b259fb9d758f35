"""A model exported for four samples at once takes any number of them, and says of each what its twin for one says."""

from __future__ import annotations

import contextlib
import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

from onnxcam.cli.main import cli
from onnxcam.imaging import write_png

SIZE = 32
BATCH = 4


class Shuffled(nn.Module):
    """Two convolutions with a shuffle of channels between them, whose reshapes hold the batch size in the export."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, stride=2)
        self.last = nn.Conv2d(8, 16, 3)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        a = self.first(x).relu()
        n, c, h, w = (int(side) for side in a.shape)
        a = a.reshape(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return self.head(self.last(a).relu().mean((2, 3)))


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The same network, exported for one sample and for four."""
    folder = tmp_path_factory.mktemp("twins")
    torch.manual_seed(0)
    model = Shuffled().eval()
    paths = {batch: folder / f"batch{batch}.onnx" for batch in (1, BATCH)}
    for batch, path in paths.items():
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            torch.onnx.export(model, torch.zeros(batch, 3, SIZE, SIZE), str(path), dynamo=False)
    return paths


def explained(model: Path, folder: Path, inputs: Path) -> list[dict[str, Any]]:
    options = ["--preprocess", "imagenet", "--provider", "cpu", "--json", "-o", str(folder)]
    result = CliRunner().invoke(cli, ["explain", str(model), str(inputs), *options])
    assert result.exit_code == 0, result.stderr
    entries: list[dict[str, Any]] = json.loads(result.stdout)["inputs"]
    return entries


@pytest.mark.parametrize("count", [1, 3, 4, 6, 9])
@pytest.mark.parametrize("kind", ["pictures", "tensor"])
def test_any_number_of_samples(twins: dict[int, Path], tmp_path: Path, count: int, kind: str) -> None:
    rng, inputs = np.random.default_rng(count), tmp_path / "in"
    inputs.mkdir()
    if kind == "tensor":
        np.save(inputs / "x.npy", rng.standard_normal((count, 3, SIZE, SIZE)).astype(np.float32))
    else:
        for index in range(count):
            write_png(inputs / f"{index}.png", rng.integers(0, 256, (80, 70 + index, 3), np.uint8))
    singles, fours = (explained(twins[batch], tmp_path / str(batch), inputs) for batch in (1, BATCH))
    assert len(singles) == len(fours) == count
    for one, other in zip(singles, fours, strict=True):
        assert {k: one[k] for k in ("path", "row", "overlay", "class_index", "peak", "notes")} == {
            k: other[k] for k in ("path", "row", "overlay", "class_index", "peak", "notes")
        }
        assert other["score"] == pytest.approx(one["score"], rel=1e-5)
