"""The written file of every architecture in the table, as PyTorch's exporters give it, against the explainer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="PyTorch is not installed: scripts/test installs it, --no-oracles does not")

import onnxcam  # noqa: E402
from onnxcam.explanation import Explanation  # noqa: E402
from tests.exporting.runtimes import RUNTIMES  # noqa: E402
from tests.oracles.architectures.architecture import CLASSES, Architecture  # noqa: E402
from tests.oracles.architectures.table import TABLE  # noqa: E402
from tests.oracles.networks import export  # noqa: E402

pytestmark = pytest.mark.oracle
torch.set_num_threads(1)  # the tests run side by side

CLOSE = 1e-5
ROUNDING = float(np.finfo(np.float32).eps)
"""Of the terms that a map adds up, a unit in the last place of the largest."""


@pytest.fixture(autouse=True)
def vision(peer: ModuleType) -> ModuleType:
    """Torchvision imports, whether or not its compiled operators match torch's build."""
    return peer


QUICK = {
    *("lcnet_050-torchscript", "resnet10t-dynamo", "squeezenet1_1-torchscript", "swin-padded-windows-torchscript"),
    *("test_efficientnet-torchscript", "vit_tiny_patch16_224-torchscript"),
}


def cases() -> list[Any]:
    exporters = [(row, name) for row in TABLE for name in ("torchscript", "dynamo")[: 1 + row.is_traced]]
    named = {f"{row}-{exporter}": (row, exporter) for row, exporter in exporters}
    return [pytest.param(*one, id=name, marks=[pytest.mark.slow] * (name not in QUICK)) for name, one in named.items()]


def with_maps(explainer: onnxcam.Explainer, x: NDArray[np.float32]) -> NDArray[np.int64]:
    """For each sample the best class that something speaks for: a random network's map may be zero everywhere."""
    explained = explainer.explain(x)
    if explained.map.any((1, 2)).all():
        return explained.class_index
    ranked = explainer.explain(x, f"top{CLASSES}")
    is_drawn = ranked.map.any((1, 2))
    return np.array([ranked.class_index[is_drawn & (ranked.sample == row)][0] for row in range(len(x))])


def attainable(explained: Explanation) -> float:
    """How near two maps can be in float32: `CLOSE`, or less near where little is left of what they are made of.

    LeViT has four positions of nearly equal values here, and a map is scaled from its least to its greatest.
    """
    activation, gradient = (array.astype(np.float64) for array in (explained.activation, explained.gradient))
    alpha = gradient.reshape(*gradient.shape[:2], -1).mean(2)
    terms = np.einsum("nk,nk...->n...", np.abs(alpha), np.abs(activation))
    spread = np.ptp(explained.raw.reshape(len(alpha), -1), axis=1)
    return max(CLOSE, float((ROUNDING * terms.reshape(len(alpha), -1).max(1) / spread).max()))


@pytest.mark.parametrize(("row", "exporter"), cases())
def test_the_file_gives_its_outputs_and_the_map(
    row: Architecture, exporter: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    source = export(row.build(), tmp_path / "m.onnx", row.size, exporter)
    x = row.sample(0)
    exported = onnxcam.export(source, tmp_path / "cam.onnx", x, provider="cpu")
    (name,) = [port.name for port in exported.inputs if not port.is_added]
    explainer = onnxcam.Explainer(source, provider="cpu")
    classes = with_maps(explainer, x)
    explained = explainer.explain(x, [int(c) for c in classes])
    shipped = RUNTIMES["onnxruntime"](source, {name: x})
    found = RUNTIMES["onnxruntime"](exported.path, {name: x, "cam_target": classes})
    grown = exported.size - exported.shipped_size
    gap, bound = float(np.abs(found["cam"] - explained.map).max()), attainable(explained)
    size = f"{grown:+,} bytes on {exported.shipped_size:,}, {100 * grown / exported.shipped_size:+.2f} %"
    figure(f"export, {row} {exporter}: the map {gap:.1e} apart (of {bound:.0e}), opset {exported.opset}, {size}")
    assert list(found) == [*shipped, "cam", "cam_class"]
    for output, wanted in shipped.items():
        assert found[output].dtype == wanted.dtype
        np.testing.assert_allclose(found[output], wanted, rtol=0, atol=CLOSE * np.abs(wanted).max())
    np.testing.assert_array_equal(found["cam_class"], explained.class_index)
    assert explained.map.any((1, 2)).all()
    assert gap <= bound
    assert exported.opset == exported.shipped_opset
    onnx.checker.check_model(exported.path, full_check=True)
    onnx.shape_inference.infer_shapes(onnx.load(exported.path), strict_mode=True, check_type=True, data_prop=True)
