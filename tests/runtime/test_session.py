from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from onnxcam.autodiff import differentiate
from onnxcam.errors import ProviderError
from onnxcam.graph import expose, load
from onnxcam.plan import make_plan
from onnxcam.runtime import SessionPair, choose_provider, largest_difference, open_pair, run_shipped
from onnxcam.runtime.providers import CPU, CUDA, Provider
from onnxcam.runtime.session import open_session, to_device
from tests.conftest import Write

CPU_ONLY = Provider("cpu", (CPU,), is_required=True)


@pytest.fixture
def pair(classifier: Path) -> SessionPair:
    plan = make_plan(load(classifier))
    return open_pair(plan, differentiate(plan), CPU_ONLY)


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((2, 3, 16, 16)).astype(np.float32)


def test_the_forward_pass_gives_the_shipped_outputs_bit_for_bit(
    pair: SessionPair, classifier: Path, x: np.ndarray
) -> None:
    shipped = run_shipped(load(classifier), {"x": x}, CPU_ONLY)
    exposed = pair.forward_session.run_arrays({"x": x}, ["y"])
    assert list(shipped) == ["y"]
    np.testing.assert_array_equal(shipped["y"], exposed["y"])
    assert largest_difference(shipped, exposed) == 0


def test_residuals_stay_where_they_are(pair: SessionPair, x: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the gradient session reads is the very tensor that the forward session wrote."""
    one = pair.forward({"x": x})
    seen = {}
    original = type(pair.gradient_session).run

    def spy(self, feeds, outputs):
        seen.update(feeds)
        return original(self, feeds, outputs)

    monkeypatch.setattr(type(pair.gradient_session), "run", spy)
    pair.backward(one, np.eye(5, dtype=np.float32)[[0, 1]])
    assert pair.gradient.residuals
    for residual in pair.gradient.residuals:
        value = one.values[residual.value + ("::shape" if residual.kind == "shape" else "")]
        assert seen[residual.name] is value
        assert value.device_name() == "cpu"


def test_one_forward_serves_many_cotangents(pair: SessionPair, x: np.ndarray) -> None:
    one = pair.forward({"x": x})
    a, b = (pair.backward(one, np.eye(5, dtype=np.float32)[[i, i]])[0] for i in (0, 1))
    (both,) = pair.backward(one, np.array([[1, 1, 0, 0, 0]] * 2, np.float32))
    np.testing.assert_allclose(a + b, both, atol=1e-7)


def test_an_array_on_the_cpu_is_wrapped_and_not_copied() -> None:
    array = np.arange(6, dtype=np.float32)
    assert to_device(array, "cpu").data_ptr() == array.ctypes.data


def test_the_largest_difference_is_relative_to_each_output() -> None:
    shipped = {"a": np.array([100.0, 1.0]), "b": np.array([0.01])}
    exposed = {"a": np.array([100.0, 2.0]), "b": np.array([0.011])}
    assert largest_difference(shipped, exposed) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("exposed", "difference"),
    [
        ([1.0, np.inf, np.nan], 0.0),
        ([1.0, -np.inf, np.nan], np.inf),
        ([1.0, np.inf, 0.0], np.inf),
        ([1.5, np.inf, np.nan], 0.5),
    ],
    ids=["the same", "another infinity", "no longer NaN", "a finite entry"],
)
def test_what_is_not_finite_is_compared_too(exposed: list[float], difference: float) -> None:
    assert largest_difference({"a": np.array([1.0, np.inf, np.nan])}, {"a": np.array(exposed)}) == difference


def test_a_model_that_the_runtime_cannot_load_is_refused(tmp_path: Path) -> None:
    text = '<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) { y = NoSuchOperator(x) }'
    onnx.save(onnx.parser.parse_model(text), tmp_path / "m.onnx")
    with pytest.raises(ProviderError, match="ONNX Runtime cannot load the model: .*NoSuchOperator") as caught:
        open_session(tmp_path / "m.onnx", CPU_ONLY, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_run_that_fails_is_one_line(pair: SessionPair) -> None:
    with pytest.raises(ProviderError, match="ONNX Runtime fails while it runs the model: .*") as caught:
        pair.forward({"x": np.zeros((1, 3, 5), np.float32)})
    assert "\n" not in str(caught.value)


def test_a_silent_fall_back_to_the_cpu_is_an_error(classifier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda m, o, providers: real(m, o, providers=[CPU]))
    with pytest.raises(ProviderError, match="could not be loaded; ONNX Runtime fell back to the CPU"):
        open_session(classifier, Provider("cuda", (CUDA, CPU), is_required=True), classifier.parent)
    assert (
        open_session(classifier, Provider("cuda", (CUDA, CPU), is_required=False), classifier.parent).provider == "cpu"
    )


@pytest.mark.cuda
def test_cuda_gives_what_the_cpu_gives(classifier: Path, x: np.ndarray) -> None:
    if CUDA not in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has no CUDA execution provider: install onnxcam[gpu] on a machine with a GPU")
    plan = make_plan(load(classifier))
    gradients = []
    for name in ("cpu", "cuda"):
        pair = open_pair(plan, differentiate(plan), choose_provider(name))
        one = pair.forward({"x": x})
        assert {v.device_name() for n, v in one.values.items() if not n.endswith("::shape")} == {name}
        gradients.append(pair.backward(one, np.eye(5, dtype=np.float32)[[0, 1]])[0])
    np.testing.assert_allclose(*gradients, rtol=1e-3, atol=1e-6)


def test_a_half_precision_product_with_a_turned_operand_does_not_crash(
    write_model: Write, rng: np.random.Generator
) -> None:
    """ONNX Runtime 1.32 ends the process where it fuses the two on the CPU."""
    text = "g (float16[N, 4, 8] x) => (float16[4, N, 6] y) { t = Transpose <perm = [1, 0, 2]> (x)   y = MatMul(t, w) }"
    w, x = (rng.standard_normal(shape).astype(np.float16) for shape in ((8, 6), (2, 4, 8)))
    model = load(write_model(text, w=w))
    given = {"x": x}
    exposed = open_session(expose(model), CPU_ONLY, model.path.parent, is_half=model.is_half).run_arrays(given, ["y"])
    for found in (run_shipped(model, given, CPU_ONLY)["y"], exposed["y"]):
        np.testing.assert_allclose(found, x.transpose(1, 0, 2) @ w, rtol=1e-2, atol=1e-2)
