"""Real architectures of opset 9, with random weights: gradients from the scores to the first convolution."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.backend.test import data

from onnxcam.autodiff import reverse
from onnxcam.exporting.opsets import at_opset, oldest_opset, upgraded
from onnxcam.graph import SHAPE_SUFFIX, expose, load, whole_proto
from tests.running import run_plainly

LIGHT = Path(str(data.__path__[0])) / "light"
NAMES = ("densenet121", "inception_v1", "resnet50", "shufflenet", "squeezenet")
"""The smaller ones of those that onnx brings without weights."""


def with_weights(name: str, folder: Path) -> Path:
    """The file, random initializers in place of the constants that it fills with ones."""
    rng = np.random.default_rng(0)
    proto = onnx.load(LIGHT / f"light_{name}.onnx")
    shapes = {i.name: onnx.numpy_helper.to_array(i) for i in proto.graph.initializer}
    filled = [n for n in proto.graph.node if n.op_type == "ConstantOfShape" and n.input[0] in shapes]
    for node in filled:
        shape = shapes[node.input[0]]
        drawn = rng.standard_normal(shape) / np.sqrt(max(np.prod(shape[1:]), 1))
        weight = np.abs(drawn) / 10 + 0.5 if len(shape) == 1 else drawn  # variances among them
        proto.graph.initializer.append(onnx.numpy_helper.from_array(weight.astype(np.float32), node.output[0]))
        proto.graph.node.remove(node)
    onnx.save(proto, folder / f"{name}.onnx")
    return folder / f"{name}.onnx"


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_to_the_first_layer_keeps_its_opset(
    name: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """Through pools of three by three with stride two, whose windows overlap."""
    model, rng = load(with_weights(name, tmp_path)), np.random.default_rng(1)
    (picture,) = [v for v in model.graph.inputs if v.name not in model.graph.initializers]
    first = next(n.outputs[0] for n in model.graph if n.op_type == "Conv")
    score = model.graph.outputs[0]
    gradient = reverse(model, [score], [first])
    feeds = {str(picture.name): rng.standard_normal([int(d) for d in picture.shape]).astype(np.float32)}
    wanted = {kind: [r.value for r in gradient.residuals if r.kind == kind] for kind in ("value", "shape")}
    exposed = expose(model, [v for v in wanted["value"] if v not in feeds], wanted["shape"])
    values = {**run_plainly(whole_proto(exposed), feeds), **feeds}
    given = {r.name: values[r.value + (SHAPE_SUFFIX if r.kind == "shape" else "")] for r in gradient.residuals}
    given[gradient.cotangents[0]] = rng.standard_normal(values[str(score.name)].shape).astype(np.float32)
    (expected,) = run_plainly(whole_proto(gradient.model), given).values()
    assert oldest_opset(gradient.model, 7) == model.opset == 9
    (found,) = run_plainly(whole_proto(at_opset(gradient.model, 9)), given).values()
    apart = float(np.abs(found - expected).max() / np.abs(expected).max())
    assert 0 < np.abs(expected).max() < np.inf
    assert apart < 2e-6  # sums in another order
    newer = run_plainly(whole_proto(upgraded(model.shipped, 18)), feeds)[str(score.name)]
    np.testing.assert_allclose(newer, values[str(score.name)], rtol=1e-6)
    figure(f"older opsets: {name} to its first layer at its own opset 9: {apart:.0e} apart")
