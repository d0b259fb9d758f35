"""Tails of the bundled and the shared models: the unchanged layer gives the logits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.graph import Model, cut_tail, expose, is_quantized, load, whole_proto
from onnxcam.plan import make_plan
from onnxcam.runtime import choose_provider, open_tail
from tests.running import run_plainly
from tests.saturation import needs_exact_int8
from tests.shared import shared
from tests.shipped.inputs import INPUTS

Array = NDArray[Any]
Figure = Callable[[str], None]

BUNDLED = Path(__file__).parents[2] / "models"

BUNDLED_NAMES = ("torchscript", "dynamo", "keras", "jax", "paddle", "int8")
QUICK = (
    "blazeface-back-tf2onnx",
    "cifar-resnet20-dynamo",
    "cifar-resnet20-torchscript",
    "customvision-cat-or-dog-op7",
    "fastestdet-decoded",
    "mnist-cntk-dynq",
    "selfie-seg-mediapipe",
    "shufflenetv2-int8-qlinear",
    "silero-vad",
    "vittrack",
)
SLOW = sorted(set(INPUTS) - set(QUICK) - {"squeezenet-fp16-caffe2"})
SHARED = [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
WHERE = pytest.mark.parametrize("where", ["default", "middle"])


def chosen(path: Path, where: str) -> tuple[Model, str, str]:
    """The model, the layer and the score tensor."""
    model = load(path)
    plan = make_plan(model)
    middle = plan.candidates[len(plan.candidates) // 2].layer
    return plan.model, plan.layer if where == "default" else middle, plan.output


def bundled(name: str) -> tuple[Path, dict[str, Array]]:
    path = BUNDLED / f"shapes-{name}.onnx"
    (given,) = (v for v in load(path).shipped.graph.inputs if v.const_value is None)
    shape = [d if isinstance(d, int) else 2 for d in given.shape]
    dtype = given.dtype.numpy()
    return path, {str(given.name): np.random.default_rng(0).standard_normal(shape).astype(dtype)}


def check(path: Path, feeds: dict[str, Array], where: str, *, optimised: float = 1e-5) -> None:
    """To the bit where ONNX Runtime optimises nothing, to rounding where it does."""
    model, layer, output = chosen(path, where)
    tail = cut_tail(model, layer, output)
    plain = [n for n in (*([layer] if tail.layer == layer else []), *tail.crossing) if n not in feeds]
    reals = [n for n in (layer, output) if is_quantized(model.value(n))]
    forward = expose(model, [*plain, *([output] if output not in reals else [])], reals=reals)
    values = run_plainly(whole_proto(forward), feeds) | feeds
    wanted = values[tail.output]
    found = run_plainly(whole_proto(tail.model), {n: values[n] for n in (tail.layer, *tail.crossing)})[tail.output]
    np.testing.assert_array_equal(found, wanted)
    runner = open_tail(model, layer, output, choose_provider("cpu"))
    held = runner.hold(feeds)
    assert len(tail.model.graph) < len(model.shipped.graph)
    np.testing.assert_allclose(
        runner.logits(held, held.activation), wanted, rtol=0, atol=optimised * np.abs(wanted.astype(np.float64)).max()
    )


@pytest.mark.parametrize("name", BUNDLED_NAMES)
@WHERE
def test_bundled_models(name: str, where: str) -> None:
    needs_exact_int8(name)
    check(*bundled(name), where)


@pytest.mark.parametrize("name", SHARED)
@WHERE
def test_shared_models(name: str, where: str) -> None:
    check(shared(f"models/{name}/model.onnx"), INPUTS[name](), where)


@pytest.mark.parametrize("name", ["shapes-float16", "squeezenet-fp16-caffe2"])
@WHERE
def test_half_precision_is_as_close_as_its_rounding(name: str, where: str) -> None:
    """ONNX Runtime computes between float16 values in float32; the layer is rounded where the model is cut."""
    if name.startswith("shapes"):
        path, feeds = bundled("float16")
    else:
        path, feeds = shared(f"models/{name}/model.onnx"), INPUTS[name]()
    model, layer, output = chosen(path, where)
    runner = open_tail(model, layer, output, choose_provider("cpu"))
    held = runner.hold(feeds)
    wanted = run_plainly(whole_proto(expose(model, [output])), feeds)[output].astype(np.float64)
    found = runner.logits(held, held.activation)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-3 * np.abs(wanted).max())
