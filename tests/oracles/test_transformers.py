"""Transformers as they are exported and as ONNX Runtime's optimisers save them, against autograd at an early layer."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

import onnxcam
from tests.oracles.networks import gradient_at
from tests.oracles.transformers import HEADS, WIDTH, Picture, Stock, Text

Figure = Callable[[str], None]
NETWORKS = {"text": Text, "picture": Picture, "stock": Stock}
EXPORTERS = ("torchscript", "dynamo", "dynamo-23")
"""Which exporter; at opset 23 attention is one node."""
NORMS = ("EmbedLayerNormalization", "SkipLayerNormalization", "LayerNormalization")


def export(network: nn.Module, inputs: dict[str, torch.Tensor], path: Path, exporter: str) -> Path:
    names = list(inputs)
    options: dict[str, Any] = {"input_names": names, "output_names": ["y"]}
    if exporter.startswith("dynamo"):
        batch = torch.export.Dim("N", min=1, max=64)
        options |= {"dynamo": True, "dynamic_shapes": tuple({0: batch} for _ in names), "verbose": False}
        options["opset_version"] = 23 if exporter == "dynamo-23" else 18
    else:
        options |= {"dynamo": False, "opset_version": 17, "dynamic_axes": {n: {0: "N"} for n in names}}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(network, tuple(inputs.values()), path, **options)
    return path


def as_exported(path: Path) -> Path:
    return path


def optimised(path: Path) -> Path:
    """What ONNX Runtime runs, saved; its fusions of the extended level in it."""
    options, saved = onnxruntime.SessionOptions(), path.with_name("optimised.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath, options.log_severity_level = str(saved), 4
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return saved


def fused(path: Path) -> Path:
    """What `onnxruntime.transformers` makes of it: layers of attention and embedding as one node each."""
    from onnxruntime.transformers import optimizer

    kind = "bert" if "ids" in {i.name for i in onnx.load(path).graph.input} else "vit"
    logging.getLogger("onnxruntime.transformers").setLevel(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        model = optimizer.optimize_model(str(path), model_type=kind, num_heads=HEADS, hidden_size=WIDTH, opt_level=0)
    saved = path.with_name("fused.onnx")
    model.save_model_to_file(str(saved))
    return saved


def fusions(path: Path) -> set[str]:
    """The operators of ONNX Runtime's own in a file, and the standard's Attention."""
    nodes = onnx.load(path).graph.node
    own = {n.op_type for n in nodes if n.domain == "com.microsoft"}
    return own | {"ai.onnx.Attention" for n in nodes if n.domain == "" and n.op_type == "Attention"}


def early_layer(path: Path) -> str:
    """The Conv that makes the patches; where there is none, the norm of the embedding."""
    nodes = onnx.load(path).graph.node
    convs = [n for n in nodes if "Conv" in n.op_type]
    return str((convs or [n for n in nodes if n.op_type in NORMS])[0].output[0])


@pytest.mark.parametrize("form", [as_exported, optimised, fused], ids=lambda form: form.__name__)
@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("name", NETWORKS)
def test_gradient_at_an_early_layer(
    name: str, exporter: str, form: Callable[[Path], Path], tmp_path: Path, figure: Figure
) -> None:
    torch.manual_seed(0)
    network, inputs = NETWORKS[name]().eval(), NETWORKS[name].sample()
    path = form(export(network, inputs, tmp_path / "model.onnx", exporter))
    cotangent = np.random.default_rng(0).standard_normal((2, 5)).astype(np.float32)
    feeds = {n: t.numpy() for n, t in inputs.items()}
    explainer = onnxcam.Explainer(path, layer=early_layer(path), provider="cpu")
    _, activation, gradient = explainer.gradient(feeds, cotangent)
    _, _, expected = gradient_at(network, tuple(inputs.values()), cotangent, activation)
    gap = float(np.abs(gradient - expected).max() / np.abs(expected).max())
    through = ", ".join(sorted(fusions(path))) or "-"
    figure(f"PyTorch oracle, transformer, {name} {exporter} {form.__name__}: {gap:.0e} through {through}")
    assert gap < 1e-4


@pytest.mark.parametrize("exporter", ["dynamo", "dynamo-23"])
@pytest.mark.parametrize("name", ["picture", "stock"])
def test_half_precision(name: str, exporter: str, tmp_path: Path, figure: Figure) -> None:
    """Exported in float16, the gradient in float32 differs from that of the float32 export by float16's rounding."""
    torch.manual_seed(0)
    network, inputs = NETWORKS[name]().eval(), NETWORKS[name].sample()
    cotangent = np.random.default_rng(0).standard_normal((2, 5)).astype(np.float32)
    found = []
    for dtype in (torch.float32, torch.float16):
        given = {n: t.to(dtype) for n, t in inputs.items()}
        path = export(network.to(dtype), given, tmp_path / f"{dtype}.onnx", exporter)
        explainer = onnxcam.Explainer(path, layer=early_layer(path), provider="cpu")
        found.append(explainer.gradient({n: t.numpy() for n, t in given.items()}, cotangent)[2])
    gap = float(np.abs(found[1] - found[0]).max() / np.abs(found[0]).max())
    figure(f"PyTorch oracle, transformer, {name} {exporter}, float16 against float32: {gap:.0e}")
    assert found[1].dtype == np.float32
    assert gap < 5e-3


@pytest.mark.parametrize(
    ("name", "exporter", "form", "wanted"),
    [
        ("text", "torchscript", fused, {"Attention", "EmbedLayerNormalization", "SkipLayerNormalization"}),
        ("picture", "dynamo", fused, {"Attention", "BiasGelu"}),
        ("picture", "torchscript", optimised, {"BiasGelu", "FusedMatMul"}),
        ("stock", "dynamo-23", as_exported, {"ai.onnx.Attention"}),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", ""),
)
def test_these_forms_hold_what_they_are_for(
    name: str, exporter: str, form: Callable[[Path], Path], wanted: set[str], tmp_path: Path
) -> None:
    """Or the comparison above would show less than it says."""
    network, inputs = NETWORKS[name]().eval(), NETWORKS[name].sample()
    assert wanted <= fusions(form(export(network, inputs, tmp_path / "model.onnx", exporter)))
