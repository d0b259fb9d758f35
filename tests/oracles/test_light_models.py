"""The architectures without weights in the wheel of onnx: the gradient at the first Conv against onnx-ad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.version_converter
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from onnxcam.autodiff.check import pull_back
from onnxcam.graph import expose, load, whole_proto
from onnxcam.plan import make_plan
from tests.running import run_plainly

onnx_ad = pytest.importorskip("onnx_ad", reason="the oracle onnx-ad is not installed")

Array = NDArray[Any]
LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
NAMES = sorted(p.stem.removeprefix("light_") for p in LIGHT.glob("*.onnx"))
HEAVY = {"bvlc_alexnet", "vgg19", "zfnet512"}  # up to half a gigabyte of weights
ROWS = [pytest.param(name, marks=[pytest.mark.slow] if name in HEAVY else [], id=name) for name in NAMES]
OPSET = 17  # onnx-ad's MaxPool needs a ScatterND that adds


def with_weights(name: str) -> onnx.ModelProto:
    """The architecture with random weights in place of constants, under which every value ties."""
    model = onnx.version_converter.convert_version(onnx.load(LIGHT / f"light_{name}.onnx"), OPSET)
    graph = model.graph
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    shapes = {n.output[0]: tuple(constants[n.input[0]]) for n in graph.node if n.op_type == "ConstantOfShape"}
    unsqueezed = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Unsqueeze"}
    factors = {i for n in graph.node if n.op_type == "BatchNormalization" for i in (n.input[1], n.input[4])}
    factors |= {unsqueezed.get(i, i) for n in graph.node if n.op_type == "Mul" for i in n.input}
    rng = np.random.default_rng(0)
    weights = [numpy_helper.from_array(_drawn(rng, s, n in factors), n) for n, s in shapes.items()]
    nodes = [n for n in graph.node if n.op_type != "ConstantOfShape"]
    read = {i for n in nodes for i in n.input}
    kept = [t for t in graph.initializer if t.name in read]
    data = [i for i in graph.input if i.name.endswith("data_0")]  # of IR version 3: initializers are inputs as well
    del graph.node[:], graph.initializer[:], graph.input[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept + weights)
    graph.input.extend(data)
    model.ir_version = 8
    return model


def _drawn(rng: np.random.Generator, shape: tuple[int, ...], is_factor: bool) -> Array:
    """Scales and variances about one, biases and means small, weights as He et al. draw them."""
    if is_factor:
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    spread = 0.1 if len(shape) == 1 else np.sqrt(2 / np.prod(shape[1:]))
    return (rng.standard_normal(shape) * spread).astype(np.float32)


def behind(model: onnx.ModelProto, layer: str, activation: Array, output: str, scores: Array) -> onnx.ModelProto:
    """What computes the scores from the layer, as a model with known shapes, which onnx-ad needs."""
    tail = onnx.ModelProto()
    tail.CopyFrom(model)
    graph, needed, nodes = tail.graph, {output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output) and layer not in node.output:
            nodes.append(node)
            needed.update(node.input)
    weights = [t for t in graph.initializer if t.name in needed]
    del graph.node[:], graph.initializer[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(reversed(nodes))
    graph.initializer.extend(weights)
    graph.input.append(helper.make_tensor_value_info(layer, onnx.TensorProto.FLOAT, activation.shape))
    graph.output.append(helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, scores.shape))
    return onnx.shape_inference.infer_shapes(tail, data_prop=True)


@pytest.mark.parametrize("name", ROWS)
def test_the_gradient_at_the_first_conv(name: str, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Both compute the same forward values to the bit, so no rounding decides a kink for one of them alone."""
    model = with_weights(name)
    onnx.save(model, tmp_path / "model.onnx")
    loaded = load(tmp_path / "model.onnx")
    plan = make_plan(loaded)
    layer, output = plan.candidates[0].layer, plan.output
    rng = np.random.default_rng(1)
    feeds = {model.graph.input[0].name: rng.standard_normal((1, 3, 224, 224)).astype(np.float32)}
    values = run_plainly(whole_proto(expose(loaded, [layer, output])), feeds)
    weights = rng.standard_normal(values[output].shape).astype(np.float32)
    found = pull_back(loaded, feeds, layer, {output: weights}, run_plainly, run_plainly)
    tail = behind(model, layer, values[layer], output, values[output])
    theirs = onnx_ad.reverse(tail, inputs=[layer], outputs=[output], prefix="adj_", layout="onnx")
    expected = run_plainly(theirs, {layer: values[layer], f"adj_{output}": weights[..., None]})[f"adj_{layer}"][..., 0]
    gap = float(np.abs(found - expected).max() / np.abs(expected).max())
    figure(f"onnx-ad, {name} with random weights, first Conv: relative gap {gap:.1e}")
    assert found.shape == expected.shape
    assert np.abs(expected).max() > 0
    assert gap < 1e-4


def test_there_are_nine() -> None:
    assert len(NAMES) == 9
