"""The written file in other runtimes than the one that onnxcam uses: the same map in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.cam.registry import GRAPH_METHODS
from tests.exporting.runtimes import RUNTIMES, Feeds
from tests.saturation import needs_exact_int8
from tests.shared import cards, shared
from tests.test_shared_unaided import REFUSED, given

MODELS = Path(__file__).parents[2] / "models"
BUNDLED = sorted(path.stem for path in MODELS.glob("shapes-*.onnx"))
PICTURES = [MODELS / "pictures" / name for name in ("star-0.png", "heart-0.png")]

CLOSE = 1e-4
CLOSE_AT_HALF = 2e-2
"""Where values are float16: runtimes differ in which of them they round, the evaluator rounds every one."""
CLOSE_AT_BYTES = 0.2
"""OpenVINO rounds quantised values otherwise than ONNX Runtime does: already as shipped, a score is a step apart."""
SAME = 1e-3
"""Of a runtime's outputs for the shipped file, as a share of the largest: one further off runs another model."""
QUICK = {
    "openvino": {"cifar-resnet20-torchscript", "mnist-cntk", "vittrack"},
    "browser": {"cifar-resnet20-torchscript"},
}


def run(runtime: str, path: Path, feeds: Feeds) -> dict[str, NDArray[Any]]:
    return RUNTIMES[runtime](path, feeds)


def told(error: Exception) -> str:
    """The last line of an error that says anything: OpenVINO begins with where it is, a browser ends with that."""
    lines = [line.strip() for line in str(error).splitlines() if any(c.isalpha() for c in line)]
    lines = [line for line in lines if not line.startswith("at ")]
    return lines[-1][:200] if lines else type(error).__name__


def shipped(runtime: str, path: Path, feeds: Feeds) -> dict[str, NDArray[Any]]:
    """What the runtime gives for the shipped file; the test skips where it cannot run that, or runs another model."""
    expected = run("onnxruntime", path, feeds)
    try:
        found = run(runtime, path, feeds)
    except Exception as error:  # noqa: BLE001 - each runtime has its own
        pytest.skip(f"{runtime} cannot run the shipped file: {told(error)}")
    for name, array in found.items():
        wanted = np.asarray(expected[name])
        apart = float(np.abs(array.astype(np.float64) - wanted).max(initial=0) / max(np.abs(wanted).max(initial=0), 1))
        if apart > SAME and not is_coarse(path):
            pytest.skip(f"{runtime} gives other outputs for the shipped file: '{name}' is {apart:.0e} apart")
    return found


def is_coarse(path: Path) -> bool:
    """Whether runtimes may differ by a step of a quantised value, or by a half-precision number's last bit."""
    return any(kind in str(path) for kind in ("int8", "float16", "fp16"))


def check_own(found: Feeds, before: Feeds, path: Path) -> None:
    """The exported file gives what the shipped one does in the same runtime."""
    close = 1e-2 if is_coarse(path) else CLOSE
    for name, array in before.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        np.testing.assert_allclose(found[name], array, rtol=0, atol=close * max(1, np.abs(array).max(initial=0)))


def explainer_of(name: str) -> onnxcam.Explainer:
    spec = "preprocess-nhwc.json" if name in ("shapes-jax", "shapes-keras") else "preprocess.json"
    return onnxcam.Explainer(MODELS / f"{name}.onnx", provider="cpu", preprocess=MODELS / spec)


def marks(runtime: str, *, is_slow: bool = False) -> list[pytest.MarkDecorator]:
    return [pytest.mark.browser] * (runtime == "browser") + [pytest.mark.slow] * is_slow


def bundled() -> Iterator[Any]:
    for runtime in RUNTIMES:
        for name in BUNDLED:
            is_slow = runtime == "browser" and name not in ("shapes-float16", "shapes-int8", "shapes-torchscript")
            yield pytest.param(runtime, name, marks=marks(runtime, is_slow=is_slow), id=f"{runtime}-{name}")


@pytest.mark.parametrize(("runtime", "name"), list(bundled()))
def test_a_bundled_model(runtime: str, name: str, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """A batch of two: with the predicted classes, and with a class chosen for one of them."""
    if runtime == "browser":  # which adds exactly
        needs_exact_int8(name)
    explainer = explainer_of(name)
    (feeds,) = explainer.batches(PICTURES)
    before = shipped(runtime, explainer.model.path, feeds)
    chosen = np.array([-1, 1])
    path = onnxcam.export(explainer.model.path, tmp_path / "r.onnx", target_input="required", provider="cpu").path
    found = run(runtime, path, {**feeds, "cam_target": chosen})
    check_own(found, before, path=explainer.model.path)
    explained = explainer.explain(PICTURES, [int(explainer.explain(PICTURES).class_index[0]), 1])
    gap = float(np.abs(found["cam"] - explained.map).max())
    figure(f"runtimes, {name} in {runtime}: the map is {gap:.1e} apart from the explainer's")
    np.testing.assert_array_equal(found["cam_class"], explained.class_index)
    assert found["cam"].dtype == np.float32
    assert found["cam"].max() == pytest.approx(1, abs=1e-3)
    rounded = {("openvino", "shapes-int8"): CLOSE_AT_BYTES}
    assert gap <= rounded.get((runtime, name), CLOSE_AT_HALF if "float16" in name else CLOSE)


@pytest.mark.parametrize("runtime", [pytest.param(name, marks=marks(name), id=name) for name in RUNTIMES])
def test_a_target_that_is_left_out(runtime: str, tmp_path: Path) -> None:
    explainer = explainer_of("shapes-torchscript")
    path = onnxcam.export(explainer.model.path, tmp_path / "m.onnx", provider="cpu").path
    for pictures in (PICTURES[:1], PICTURES):
        (feeds,) = explainer.batches(pictures)
        found, explained = run(runtime, path, feeds), explainer.explain(pictures)
        np.testing.assert_array_equal(found["cam_class"], explained.class_index)
        np.testing.assert_allclose(found["cam"], explained.map, rtol=0, atol=CLOSE)


def methods() -> Iterator[Any]:
    for runtime in sorted(set(RUNTIMES) - {"onnxruntime"}):
        for method in sorted(GRAPH_METHODS):
            is_slow = runtime == "browser" and method != "xgrad-cam"
            yield pytest.param(runtime, method, marks=marks(runtime, is_slow=is_slow), id=f"{runtime}-{method}")


@pytest.mark.parametrize(("runtime", "method"), list(methods()))
def test_every_method(runtime: str, method: str, tmp_path: Path) -> None:
    """At a layer behind a ReLU, where every method divides by numbers that mean something; and the best two classes."""
    model, layer = MODELS / "shapes-torchscript.onnx", "/Relu_7_output_0"
    (feeds,) = explainer_of("shapes-torchscript").batches(PICTURES)
    options: dict[str, Any] = {"layer": layer, "target": "top2", "method": method, "provider": "cpu"}
    path = onnxcam.export(model, tmp_path / "m.onnx", **options).path
    found, explained = run(runtime, path, feeds), onnxcam.explain(model, feeds, **options)
    np.testing.assert_array_equal(found["cam_class"].reshape(-1), explained.class_index)
    np.testing.assert_allclose(found["cam"].reshape(explained.map.shape), explained.map, rtol=0, atol=CLOSE)


def real() -> Iterator[Any]:
    for runtime, quick in QUICK.items():
        for name in sorted(set(cards()) - set(REFUSED)) or ["no shared material"]:
            yield pytest.param(runtime, name, marks=marks(runtime, is_slow=name not in quick), id=f"{runtime}-{name}")


@pytest.mark.parametrize(("runtime", "name"), list(real()))
def test_a_real_model(runtime: str, name: str, tmp_path: Path, figure: Callable[[str], None]) -> None:
    source, inputs = shared(f"models/{name}/model.onnx"), given(name)
    explainer = onnxcam.Explainer(source, provider="cpu")
    feeds = next(iter(explainer.batches(inputs)))
    before = shipped(runtime, source, feeds)
    exported = onnxcam.export(source, tmp_path / "m.onnx", inputs, target_input="required", provider="cpu")
    count = len(feeds[explainer.input.name])
    added = {port.name: np.full(count, -1) for port in exported.inputs if port.is_added}
    found, explained = run(runtime, exported.path, {**feeds, **added}), explainer.explain(feeds)
    check_own(found, before, source)
    gap = float(np.abs(found["cam"] - explained.map).max())
    figure(f"runtimes, {name} in {runtime}: the map is {gap:.1e} apart from the explainer's")
    np.testing.assert_array_equal(found["cam_class"], explained.class_index)
    assert gap <= (CLOSE_AT_HALF if "fp16" in name else CLOSE)
