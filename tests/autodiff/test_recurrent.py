"""RNN, GRU and LSTM in every form: the expansion against the runtime's kernel, the gradient against differences."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
from numpy.typing import NDArray

from onnxcam.autodiff import reverse
from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.sweep import entry_of
from onnxcam.graph import Model, expose, whole_proto
from tests.autodiff.cases import Case
from tests.autodiff.cases.recurrent.recurrence import FORMS
from tests.autodiff.test_rules import build, run_onnxruntime

Array = NDArray[Any]
STEP = 1e-6
LAYOUT = "layout = 1, "


class Expanded:
    """What the expansion of a model's one node emits, on ONNX Runtime, whose kernels of these three know no double."""

    def __init__(self, model: Model) -> None:
        (node,) = model.graph
        entry = entry_of(node, model.graph.opset_imports)
        assert entry is not None
        assert entry.kind == "expansion"
        assert entry.rule is not None
        assert node.inputs[0] is not None
        assert node.inputs[0].dtype is not None
        op = Emitter(model.graph, model.constants, node.inputs[0].dtype)
        made = entry.rule(op, ForwardNode(node, entry.since, model.constants, frozenset()))
        for output, value in zip(node.outputs, made, strict=False):
            if output.name:
                value.name = output.name
                op.graph.outputs.append(value)
        self.session = session(whole_proto(ir.Model(op.graph, ir_version=8)))

    def __call__(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        read = [i.name for i in self.session.get_inputs()]
        names = [o.name for o in self.session.get_outputs()]
        made = self.session.run(names, {name: feeds[name.removesuffix("::value")] for name in read})
        return dict(zip(names, made, strict=True))


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def by_kernel(case: Case, folder: Path) -> dict[str, Array]:
    """What ONNX Runtime's kernel makes; it has none for layout 1, and is given what layout 0 asks for."""
    arrays = case.arrays(np.float32)
    if LAYOUT not in case.body:
        return run_onnxruntime(
            whole_proto(expose(build(case, case.opsets[0], folder, np.float32), case.outputs)), arrays
        )
    turned = {n: np.swapaxes(a, 0, 1) if n in ("x", "h", "c") else a for n, a in arrays.items()}
    made = by_kernel(dataclasses.replace(case, body=case.body.replace(LAYOUT, ""), inputs=turned), folder)
    return {n: a.transpose((2, 0, 1, 3) if n == "y" else (1, 0, 2)) for n, a in made.items()}


@pytest.mark.parametrize("is_dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("case", FORMS, ids=[c.id for c in FORMS])
def test_an_expansion_computes_what_the_kernel_computes(case: Case, is_dynamic: bool, tmp_path: Path) -> None:
    expected = by_kernel(case, tmp_path)
    found = Expanded(build(case, case.opsets[0], tmp_path, np.float32, is_dynamic=is_dynamic))(case.arrays(np.float32))
    for name in case.outputs:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("is_dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("case", FORMS, ids=[c.id for c in FORMS])
def test_the_gradient_is_that_of_the_expansion(case: Case, is_dynamic: bool, tmp_path: Path) -> None:
    """In float64: the expansion is known from the test above, so that differences need not be taken in float32."""
    model, feeds = build(case, case.opsets[0], tmp_path, np.float64, is_dynamic=is_dynamic), case.arrays(np.float64)
    forward, rng = Expanded(model), np.random.default_rng(0)
    values = forward(feeds)
    cotangents = {name: rng.standard_normal(values[name].shape) for name in case.outputs}
    for name, gradient in gradients_of(model, feeds, values, cotangents).items():
        direction = rng.standard_normal(feeds[name].shape)
        ends = [forward({**feeds, name: feeds[name] + s * STEP * direction}) for s in (1, -1)]
        difference = sum(np.sum(ct * (ends[0][n] - ends[1][n])) for n, ct in cotangents.items()) / (2 * STEP)
        assert abs(np.sum(gradient * direction) - difference) < 1e-6 * max(1.0, abs(difference)), name


def gradients_of(
    model: Model, feeds: Mapping[str, Array], values: Mapping[str, Array], cotangents: Mapping[str, Array]
) -> dict[str, Array]:
    """The gradients at all float inputs, by one gradient model."""
    wanted = [n for n, a in feeds.items() if a.dtype == np.float64]
    gradient = reverse(model, [model.value(n) for n in cotangents], [model.value(n) for n in wanted])
    known = {**feeds, **values}
    given = {
        r.name: known[r.value] if r.kind == "value" else np.array(known[r.value].shape) for r in gradient.residuals
    }
    given |= dict(zip(gradient.cotangents, cotangents.values(), strict=True))
    found = session(whole_proto(gradient.model)).run(list(gradient.outputs), given)
    return dict(zip(wanted, found, strict=True))
