"""Attention as PyTorch exports it, against PyTorch's autograd at queries, keys, values and mask."""

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
import onnx
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from onnxcam.autodiff.check import pull_back
from onnxcam.graph import load
from tests.autodiff.test_rules import run_onnxruntime

QUERIES, KEYS, VALUES = (2, 4, 3, 8), (2, 4, 5, 8), (2, 4, 5, 6)
Figure = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Form:
    """A call of `scaled_dot_product_attention`.

    Attributes:
        options: Its keyword arguments.
        shapes: Of queries, keys and values.
        mask: Its shape, or the mask itself.
    """

    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    shapes: tuple[tuple[int, ...], ...] = (QUERIES, KEYS, VALUES)
    mask: tuple[int, ...] | Tensor | None = None

    def inputs(self) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(0)
        found = {n: torch.randn(s, generator=generator) for n, s in zip("qkv", self.shapes, strict=True)}
        if self.mask is not None:
            is_given = isinstance(self.mask, Tensor)
            found["mask"] = self.mask if is_given else torch.randn(self.mask, generator=generator)
        return found


SEEN = torch.tensor([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1, 1, 0, 1, 1]], dtype=torch.bool)
NOT_ALL_SEEN = torch.tensor([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 0, 1, 1]], dtype=torch.bool)
SHARED = (QUERIES, (2, 2, 5, 8), (2, 2, 5, 6))
SQUARE = ((2, 4, 5, 8), KEYS, VALUES)
FORMS = {
    "plain": Form(),
    "scaled": Form({"scale": 0.3}),
    "causal": Form({"is_causal": True}, SQUARE),
    "grouped": Form({"enable_gqa": True}, SHARED),
    "float mask": Form(mask=(2, 1, 3, 5)),
    "boolean mask": Form(mask=SEEN),
    "row that sees nothing": Form(mask=NOT_ALL_SEEN),
}
# TorchScript exports no groups; at opset 18 a row that sees nothing is exported as one that sees all.
NOT_EXPORTED = {("grouped", 17), ("row that sees nothing", 18)}
ROWS = [(name, opset) for name in FORMS for opset in (17, 18, 23) if (name, opset) not in NOT_EXPORTED]


class Attend(nn.Module):
    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__()
        self.options = options

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        return scaled_dot_product_attention(q, k, v, attn_mask=mask, **self.options)


def export(form: Form, path: Path, opset: int) -> Path:
    """Write the form as ONNX: by TorchScript at opset 17, by dynamo at later ones."""
    inputs = form.inputs()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    options: dict[str, Any] = {"dynamo": opset > 17, "opset_version": opset, "input_names": list(inputs)}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(Attend(form.options), tuple(inputs.values()), path, output_names=["y"], **options)
    return path


@pytest.mark.parametrize(("name", "opset"), ROWS, ids=[f"{n}-{o}".replace(" ", "-") for n, o in ROWS])
def test_scaled_dot_product_attention(name: str, opset: int, tmp_path: Path, figure: Figure) -> None:
    form = FORMS[name]
    path = export(form, tmp_path / "m.onnx", opset)
    assert ("Attention" in {n.op_type for n in onnx.load(path).graph.node}) == (opset == 23)
    inputs = {n: t.requires_grad_() if t.is_floating_point() else t for n, t in form.inputs().items()}
    y = Attend(form.options)(*inputs.values())
    cotangent = torch.randn(y.shape, generator=torch.Generator().manual_seed(1))
    model, feeds = load(path), {n: t.detach().numpy() for n, t in inputs.items()}
    gaps = {}
    for wrt, tensor in inputs.items():
        if tensor.requires_grad:
            (wanted,) = torch.autograd.grad(y, tensor, cotangent, retain_graph=True)
            found = pull_back(model, feeds, wrt, {"y": cotangent.numpy()}, run_onnxruntime, run_onnxruntime)
            gaps[wrt] = float(np.abs(found - wanted.numpy()).max() / wanted.abs().max())
    figure(f"PyTorch oracle, attention, {name}, opset {opset}: " + ", ".join(f"{k} {g:.0e}" for k, g in gaps.items()))
    assert max(gaps.values()) < 1e-5, gaps
