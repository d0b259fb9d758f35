"""Networks of torchvision and timm, exported, and PyTorch's own answers for them."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Array = NDArray[Any]
SIZE = 96


@dataclasses.dataclass(frozen=True)
class Family:
    """One architecture of a family: how it is made, and the input that it takes.

    Attributes:
        source: `torchvision` or `timm`.
        name: The library's name for it.
        size: Height and width of the input.
    """

    source: str
    name: str
    size: int = SIZE

    def sample(self, seed: int = 0) -> Array:
        """Two inputs, (2, 3, size, size) float32."""
        shape = (2, 3, self.size, self.size)
        return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)

    def build(self, activation: Callable[[], nn.Module] | None = None) -> nn.Module:
        """The network in evaluation mode, weights random but seeded, batch statistics calibrated.

        Args:
            activation: What to put in place of every ReLU and ReLU6, None to leave them.
        """
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = self._create()
        if activation is not None:
            _replace(model, activation)
        for module in model.modules():
            if hasattr(module, "inplace"):
                module.inplace = False  # in-place operators would change what a hook has kept
        calibrate(model, self.size)
        return model.eval()

    def _create(self) -> nn.Module:
        if self.source == "timm":
            import timm

            return timm.create_model(self.name, pretrained=False, num_classes=20)
        import torchvision.models

        options: dict[str, Any] = {"weights": None, "num_classes": 20}
        if self.name in {"googlenet", "inception_v3"}:
            options |= {"init_weights": False, "aux_logits": False}
        created: nn.Module = torchvision.models.get_model(self.name, **options)
        return created


def _replace(model: nn.Module, activation: Callable[[], nn.Module]) -> None:
    for name, child in model.named_children():
        if isinstance(child, (nn.ReLU, nn.ReLU6)):
            setattr(model, name, activation())
        else:
            _replace(child, activation)


def calibrate(model: nn.Module, size: int | tuple[int, int]) -> None:
    """Give batch normalisation the statistics of random input, or deep random networks fade to nothing."""
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    model.eval()
    for norm in norms:
        norm.train()
        norm.momentum = None
    with torch.no_grad():
        for _ in range(2):
            model(torch.randn(4, 3, *sides(size)))


def sides(size: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width, equal where one number is given."""
    return (size, size) if isinstance(size, int) else size


def export(model: nn.Module, path: Path, size: int | tuple[int, int], exporter: str, opset: int = 17) -> Path:
    """Write the network as ONNX with a dynamic batch, by `torchscript` or `dynamo`."""
    x = torch.randn(2, 3, *sides(size))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        if exporter == "dynamo":
            batch = torch.export.Dim("N", min=1, max=64)
            torch.onnx.export(model, (x,), path, dynamo=True, dynamic_shapes=({0: batch},), verbose=False)
        else:
            axes = {"x": {0: "N"}, "y": {0: "N"}}
            torch.onnx.export(
                model,
                (x,),
                path,
                dynamo=False,
                input_names=["x"],
                output_names=["y"],
                dynamic_axes=axes,
                opset_version=opset,
            )
    return path


def gradient_at(
    model: nn.Module, x: Array | tuple[Tensor, ...], cotangent: Array, activation: Array
) -> tuple[nn.Module, Array, Array]:
    """PyTorch autograd at the module whose output is `activation`: the module, its output and the gradient.

    Exporters fold batch normalisation into the Conv before it, so the layer is found by its value, not its name.
    """
    kept: list[tuple[nn.Module, Tensor]] = []

    def keep(module: nn.Module, _: Any, output: Any) -> Any:
        if not isinstance(output, Tensor) or output.shape != activation.shape:
            return None
        kept.append((module, output))
        return output.clone()

    handles = [m.register_forward_hook(keep) for m in model.modules() if not list(m.children())]
    try:
        logits = model(*(x if isinstance(x, tuple) else (torch.from_numpy(x).requires_grad_(),)))
    finally:
        for handle in handles:
            handle.remove()
    scale = np.abs(activation).max()
    gaps = [float((o.detach() - torch.from_numpy(activation)).abs().max()) / scale for _, o in kept]
    best = int(np.argmin(gaps))
    assert gaps[best] < 1e-4, f"no module's output is the layer's activation; the nearest is off by {gaps[best]:.1e}"
    module, output = kept[best]
    (gradient,) = torch.autograd.grad(logits, output, torch.from_numpy(cotangent))
    return module, output.detach().numpy(), gradient.numpy()
