"""Networks of torchvision with random weights, written by PyTorch's exporter, and quantised by ONNX Runtime's."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx

__all__ = ["INT8", "NETWORKS", "Export", "build", "export", "export_as_before", "import_torchvision", "quantize"]

SEED = 0
CALIBRATED_ON = 4  # pictures


@dataclasses.dataclass(frozen=True)
class Export:
    """A written network.

    Attributes:
        path: The file.
        first_conv: The value of its first convolution.
        pooled: The last value with space: what is averaged or flattened before the scores; None where there are tokens.
        side: Height and width of its input.
    """

    path: Path
    first_conv: str
    pooled: str | None
    side: int


def _vit_s16(models: ModuleType) -> Any:
    """ViT-S/16 (Touvron et al. 2021, table 1)."""
    return models.VisionTransformer(224, 16, num_layers=12, num_heads=6, hidden_dim=384, mlp_dim=1536)


NETWORKS: dict[str, Callable[[ModuleType], Any]] = {
    "ResNet-18": lambda models: models.resnet18(),
    "ResNet-50": lambda models: models.resnet50(),
    "ResNet-152": lambda models: models.resnet152(),
    "VGG-16": lambda models: models.vgg16(),
    "MobileNetV2": lambda models: models.mobilenet_v2(),
    "MobileNetV3-L": lambda models: models.mobilenet_v3_large(),
    "EfficientNet-B0": lambda models: models.efficientnet_b0(),
    "DenseNet-121": lambda models: models.densenet121(),
    "Inception-v3": lambda models: models.inception_v3(init_weights=False),
    "ConvNeXt-T": lambda models: models.convnext_tiny(),
    "ViT-S/16": _vit_s16,
    "Swin-T": lambda models: models.swin_t(),
}
INT8 = ("ResNet-50", "MobileNetV2", "EfficientNet-B0")
"""Those that are quantised too."""


def build(name: str) -> Any:
    """The `torch.nn.Module`, in evaluation mode; the same weights at each call, batch statistics of random pictures."""
    import torch

    torch.manual_seed(SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = NETWORKS[name](import_torchvision().models)
    norms = [one for one in network.modules() if isinstance(one, torch.nn.BatchNorm2d)]
    network.eval()
    with torch.no_grad():
        for norm in norms:  # deep random networks fade without statistics, and magnify rounding about zero
            norm.train()
            norm.momentum = None
            norm.bias.fill_(1)
        network(torch.randn(8 if norms else 1, 3, _side(name), _side(name)))
    return network.eval()


def export(name: str, folder: Path) -> Export:
    """Write a network, (N, 3, side, side) called `x` to (N, 1000) called `y`; once a folder."""
    import torch

    path, side = folder / f"{name.replace('/', '-')}.onnx", _side(name)
    if not path.exists():
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        network = build(name)
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network,
                (torch.randn(2, 3, side, side),),
                path,
                input_names=["x"],
                output_names=["y"],
                dynamic_shapes=({0: torch.export.Dim("N")},),
                external_data=False,
                verbose=False,
            )
    return _described(path, side)


def export_as_before(name: str, folder: Path) -> Path:
    """The same network by the exporter on TorchScript, at opset 13, which older converters know; once a folder."""
    import torch

    path, side = folder / f"{name.replace('/', '-')}.opset13.onnx", _side(name)
    if not path.exists():
        network, pictures = build(name), torch.randn(2, 3, side, side)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(network, (pictures,), path, dynamo=False, opset_version=13, input_names=["x"])
    return path


def quantize(of: Export) -> Export:
    """Beside it the int8 version, QuantizeLinear and DequantizeLinear around each operator; once a folder."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    class Pictures(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left = self._draw()

        def get_next(self) -> dict[str, Any] | None:
            return next(self._left, None)

        def _draw(self) -> Iterator[dict[str, Any]]:
            rng = np.random.default_rng(SEED)
            for _ in range(CALIBRATED_ON):
                yield {"x": rng.standard_normal((1, 3, of.side, of.side)).astype(np.float32)}

    path = of.path.with_suffix(".int8.onnx")
    if not path.exists():
        logging.disable(logging.WARNING)
        quantize_static(of.path, path, Pictures(), quant_format=QuantFormat.QDQ, per_channel=True)
        logging.disable(logging.NOTSET)
    return _described(path, of.side)


def import_torchvision() -> ModuleType:
    """The package `torchvision`, whether or not its compiled operators match PyTorch's build."""
    import torch

    try:
        import torchvision
    except RuntimeError:  # no compiled operators for this PyTorch: declare those that the import asks for
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision

        torchvision.declared = library
    module: ModuleType = torchvision
    return module


def _side(name: str) -> int:
    return 299 if name == "Inception-v3" else 224


def _described(path: Path, side: int) -> Export:
    nodes = onnx.load(path, load_external_data=False).graph.node
    first = next(node.output[0] for node in nodes if node.op_type == "Conv")
    pools = [node.input[0] for node in nodes if node.op_type in ("GlobalAveragePool", "ReduceMean")]
    return Export(path, first, pools[-1] if pools else None, side)
