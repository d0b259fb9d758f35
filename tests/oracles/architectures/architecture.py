"""One architecture of the table, and what PyTorch says of the layer that the table names."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.oracles.networks import calibrate, sides

Array = NDArray[Any]
Layout = Callable[[Array], Array]
CLASSES = 20


def channels_first(array: Array) -> Array:
    """(N, K, h, w) as it is."""
    return array


def channels_last(array: Array) -> Array:
    """(N, h, w, K) -> (N, K, h, w)."""
    return np.moveaxis(array, -1, 1)


def tokens(before: int = 0, rows: int | None = None) -> Layout:
    """(N, …, tokens, K) -> (N, K, h, w), without the tokens `before` those of the patches; h = w unless it is given."""

    def place(array: Array) -> Array:
        array = array.reshape(len(array), -1, array.shape[-1])[:, before:]
        height = rows or math.isqrt(array.shape[1])
        return channels_last(array.reshape(len(array), height, array.shape[1] // height, -1))

    return place


@dataclasses.dataclass(frozen=True, slots=True)
class Architecture:
    """One network of torchvision or timm, the layer to choose, and why.

    Attributes:
        name: The library's name for it.
        layer: Path of the module whose output must be the layer; `>` before it means the module's input.
        why: Why this layer.
        layout: Turns what that module gives into channels first.
        size: Height and width of the input, one number where they are equal.
        library: `timm` or `torchvision`.
        options: What the library is given to make a small one.
        change: Changes the network before its weights are drawn.
        is_traced: Whether dynamo exports it too; TorchScript always does.
        is_quick: Whether it is in the quick run.
        label: What the test is called, where a name stands in two rows.
    """

    name: str
    layer: str
    why: str
    layout: Layout = channels_first
    size: int | tuple[int, int] = 64
    library: str = "timm"
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    change: Callable[[nn.Module], object] | None = None
    is_traced: bool = False
    is_quick: bool = False
    label: str = ""

    def __str__(self) -> str:
        return self.label or self.name

    def sample(self, seed: int) -> Array:
        """Two inputs, (2, 3, H, W) float32."""
        return np.random.default_rng(seed).standard_normal((2, 3, *sides(self.size))).astype(np.float32)

    def build(self) -> nn.Module:
        """The network in evaluation mode, nothing in place, every weight drawn so that every branch counts."""
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = self._create()
        if self.change is not None:
            self.change(network)
        for module in network.modules():
            if hasattr(module, "inplace"):
                module.inplace = False  # in-place operators would change what a hook has kept
        draw_weights(network)
        calibrate(network, self.size)
        return network.eval()

    def _create(self) -> nn.Module:
        if self.library == "timm":
            import timm

            return timm.create_model(self.name, pretrained=False, num_classes=CLASSES, **self.options)
        import torchvision.models

        created: nn.Module = getattr(torchvision.models, self.name)(num_classes=CLASSES, **self.options)
        return created


def draw_weights(network: nn.Module) -> None:
    """Weights as He et al. draw them, scales about one and shifts about zero, whatever the network starts with.

    Scales that start at 0 or 1e-6 (a block's last normalisation, layer scale) would hide a wrong layer: the layer
    before would look the same. Batch normalisation shifts by one: about zero, rectifiers halve what passes, and a
    random network magnifies float32's rounding from layer to layer until PyTorch itself is off by 1e-3.
    """
    with torch.no_grad():
        for module in network.modules():
            centre = float(isinstance(module, nn.modules.batchnorm._BatchNorm))
            for name, parameter in module.named_parameters(recurse=False):
                if parameter.numel() != max(parameter.shape, default=1):
                    if name == "weight":
                        parameter.normal_(0, math.sqrt(2 / math.prod(parameter.shape[1:])))
                elif name.endswith(("bias", "beta")):
                    parameter.normal_(centre, 0.1)
                else:
                    parameter.uniform_(0.5, 1.5)


def evidence(network: nn.Module, row: Architecture, x: Array, cotangent: Callable[[Array], Array]) -> tuple[Array, ...]:
    """The layer's output by PyTorch and autograd's gradient there, channels first, and the logits."""
    kept: list[tuple[Tensor, int]] = []

    def keep_output(_: nn.Module, __: Any, output: Tensor) -> Tensor:
        kept.append((output, output._version))
        return output.clone()  # what follows may change it in place

    def keep_input(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        kept.append((inputs[0], inputs[0]._version))

    module = find(network, row.layer.removeprefix(">"))
    is_input = row.layer.startswith(">")
    handle = module.register_forward_pre_hook(keep_input) if is_input else module.register_forward_hook(keep_output)
    try:
        logits = network(torch.from_numpy(x).requires_grad_())
    finally:
        handle.remove()
    ((layer, version),) = kept
    assert layer._version == version, "the layer was changed in place behind where it was kept"
    (gradient,) = torch.autograd.grad(logits, layer, torch.from_numpy(cotangent(logits.detach().numpy())))
    found = row.layout(layer.detach().numpy()), row.layout(gradient.numpy())
    return *found, logits.detach().numpy()


def find(network: nn.Module, path: str) -> nn.Module:
    """The module at a dotted path; a number counts in a list of modules, from its end where it is negative."""
    module: Any = network
    for part in path.split("."):
        module = module[int(part)] if part.lstrip("-").isdigit() else getattr(module, part)
    assert isinstance(module, nn.Module)
    return module
