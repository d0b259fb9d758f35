"""Laws that hold for every input: of derivatives, of Grad-CAM, and of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import onnxcam
from onnxcam.autodiff import differentiate
from onnxcam.graph import load, save, whole_proto
from onnxcam.plan import make_plan
from tests.conftest import HEADER

Array = NDArray[Any]

CLASSES = 5
CHANNELS = 6
WEIGHTS = {
    "w": (CHANNELS, 3, 3, 3),
    "d": (CHANNELS,),
    "u": (4, CHANNELS, 3, 3),
    "v": (4, CLASSES),
    "b": (CLASSES,),
}
STEM = "c = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (x, w, d)   r = Relu(c)"
NECK = "n = Conv(r, u)   a = Sigmoid(n)"
HEAD = "g = GlobalAveragePool(a)   f = Flatten(g)   z = Gemm(f, v, b)"
SIZES = "(float[N, 3, 16, 16] x) => (float[N, 5] y)"

few = settings(deadline=None, derandomize=True, max_examples=8)
seeds = st.integers(0, 2**16)
factors = st.floats(-3, 3, width=32)
positive = st.floats(0.125, 8, width=32)


def write(path: Path, text: str, weights: dict[str, Array], *, opset: int = 17) -> Path:
    proto = onnx.parser.parse_model(HEADER.format(opset=opset) + text)
    proto.graph.initializer.extend(onnx.numpy_helper.from_array(array, name) for name, array in weights.items())
    onnx.save(proto, path)
    return path


def drawn(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def classifier(path: Path, *, tail: str = "y = Softmax(z)", outputs: str = SIZES, **changed: Array) -> Path:
    """Two convolutions, global average pool, linear: five classes, any batch, 3 x 16 x 16; the layer is `n`."""
    text = f"m {outputs} {{ {STEM} {NECK} {HEAD} {tail} }}"
    return write(path, text, weights() | changed)


def weights() -> dict[str, Array]:
    return {name: drawn(i, *shape) for i, (name, shape) in enumerate(WEIGHTS.items())}


def explainer(path: Path, layer: str | None = None) -> onnxcam.Explainer:
    return onnxcam.Explainer(path, layer, provider="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def plain(folder: Path) -> onnxcam.Explainer:
    return explainer(classifier(folder / "plain.onnx"), "r")


@few
@given(seeds, factors, factors)
def test_the_gradient_is_linear_in_the_cotangent(
    plain: onnxcam.Explainer, seed: int, first: float, second: float
) -> None:
    x, p, q = drawn(seed, 2, 3, 16, 16), drawn(seed + 1, 2, CLASSES), drawn(seed + 2, 2, CLASSES)
    of_p, of_q, of_both = (plain.gradient(x, ct)[2] for ct in (p, q, np.float32(first) * p + np.float32(second) * q))
    np.testing.assert_allclose(of_both, first * of_p + second * of_q, atol=1e-5)


@pytest.fixture(scope="module")
def smooth(folder: Path) -> onnxcam.Explainer:
    """No kinks, which a difference might step over; the layer is the input, so that the file itself can be moved."""
    text = f"m {SIZES} {{ {STEM.replace('Relu', 'Tanh')} {NECK} {HEAD} y = Identity(z) }}"
    return explainer(write(folder / "smooth.onnx", text, {name: array / 4 for name, array in weights().items()}), "x")


@few
@given(seeds)
def test_the_gradient_is_the_transpose_of_the_derivative(smooth: onnxcam.Explainer, seed: int) -> None:
    """<ct, J·v> = <Jᵀ·ct, v>, J·v by differences of the shipped file."""
    x, v, ct = drawn(seed, 1, 3, 16, 16), drawn(seed + 1, 1, 3, 16, 16), drawn(seed + 2, 1, CLASSES)
    session = onnxruntime.InferenceSession(str(smooth.model.path), providers=["CPUExecutionProvider"])
    step = np.float32(2**-6)
    ahead, behind = (session.run(["y"], {"x": x + s * v})[0].astype(np.float64) for s in (step, -step))
    _, _, gradient = smooth.gradient(x, ct)
    moved = np.sum(ct * (ahead - behind)) / (2 * step)
    assert abs(np.sum(gradient.astype(np.float64) * v) - moved) < 5e-3 * np.linalg.norm(gradient)


@few
@given(seeds, st.lists(st.integers(0, CLASSES - 1), min_size=1, max_size=4))
def test_a_batch_equals_its_singles(plain: onnxcam.Explainer, seed: int, target: list[int]) -> None:
    x = drawn(seed, len(target), 3, 16, 16)
    together = plain.explain(x, target)
    for i, one in enumerate(target):
        alone = plain.explain(x[i : i + 1], one)
        np.testing.assert_allclose(together.gradient[i], alone.gradient[0], atol=1e-6)
        np.testing.assert_allclose(together.map[i], alone.map[0], atol=1e-4)


@few
@given(seeds, positive)
def test_a_dead_branch_changes_nothing(plain: onnxcam.Explainer, folder: Path, seed: int, slope: float) -> None:
    """What leaves the path from the layer to the score, into an output of its own, takes no part."""
    path = classifier(
        folder / "branch.onnx",
        tail="y = Softmax(z)   l = Mul(r, k)   e = Tanh(l)   h = ReduceMax <axes = [1, 2, 3]> (e)",
        outputs="(float[N, 3, 16, 16] x) => (float[N, 5] y, float[N, 1, 1, 1] h)",
        k=np.array(slope, np.float32),
    )
    x = drawn(seed, 2, 3, 16, 16)
    branched, alone = explainer(path, "r").explain(x, 1), plain.explain(x, 1)
    np.testing.assert_allclose(branched.gradient, alone.gradient, atol=1e-6)
    np.testing.assert_allclose(branched.map, alone.map, atol=1e-4)


@few
@given(seeds, seeds)
def test_a_constant_added_to_the_logits_changes_no_gradient(
    plain: onnxcam.Explainer, folder: Path, seed: int, constant: int
) -> None:
    path = classifier(folder / "moved.onnx", tail="s = Add(z, k)   y = Softmax(s)", k=drawn(constant, CLASSES))
    x = drawn(seed, 2, 3, 16, 16)
    moved, alone = explainer(path, "r").explain(x, 2), plain.explain(x, 2)
    np.testing.assert_allclose(moved.logits, alone.logits + drawn(constant, CLASSES), atol=1e-5)
    np.testing.assert_allclose(moved.gradient, alone.gradient, atol=1e-7)


@few
@given(seeds, positive)
def test_scaled_logits_leave_the_map_alone(plain: onnxcam.Explainer, folder: Path, seed: int, factor: float) -> None:
    path = classifier(folder / "scaled.onnx", tail="s = Mul(z, k)   y = Softmax(s)", k=np.array(factor, np.float32))
    x = drawn(seed, 2, 3, 16, 16)
    scaled, alone = explainer(path, "r").explain(x, 3), plain.explain(x, 3)
    np.testing.assert_allclose(scaled.gradient, factor * alone.gradient, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(scaled.map, alone.map, atol=1e-4)


@few
@given(seeds, st.permutations(range(CHANNELS)))
def test_permuted_channels_leave_the_map_alone(
    plain: onnxcam.Explainer, folder: Path, seed: int, order: list[int]
) -> None:
    had = weights()
    changed = {"w": had["w"][order], "d": had["d"][order], "u": had["u"][:, order]}
    x = drawn(seed, 2, 3, 16, 16)
    permuted = explainer(classifier(folder / "permuted.onnx", **changed), "r").explain(x, 4)
    alone = plain.explain(x, 4)
    np.testing.assert_allclose(permuted.alpha, alone.alpha[:, order], atol=1e-6)
    np.testing.assert_allclose(permuted.map, alone.map, atol=1e-4)


# Layer, and the model's body between `x` and `z`: each ends in global average pooling and a linear layer.
LINEAR_HEADS = {
    "straight": ("c", "c = Conv(x, w, d)   g = GlobalAveragePool(c)   f = Flatten(g)   z = Gemm(f, t)"),
    "relu": ("r", "c = Conv(x, w, d)   r = Relu(c)   g = GlobalAveragePool(r)   f = Flatten(g)   z = Gemm(f, t)"),
    "relu-after": (
        "a",
        """c = Conv(x, w, d)   a = Softplus(c)   r = Relu(a)
        g = GlobalAveragePool(r)   f = Flatten(g)   z = Gemm(f, t)""",
    ),
    "mean": (
        "r",
        "c = Conv(x, w, d)   r = Relu(c)   f = ReduceMean <axes = [2, 3], keepdims = 0> (r)   z = MatMul(f, t)",
    ),
    "pool": (
        "r",
        """c = Conv(x, w, d)   r = Relu(c)   p = AveragePool <kernel_shape = [14, 14]> (r)   q = Conv(p, s)
        z = Flatten(q)""",
    ),
}


@pytest.mark.parametrize(("layer", "body"), LINEAR_HEADS.values(), ids=LINEAR_HEADS.keys())
@few
@given(seeds, st.integers(0, CLASSES - 1))
def test_grad_cam_is_cam_on_a_linear_head(folder: Path, layer: str, body: str, seed: int, target: int) -> None:
    """Up to 1/(h·w): the mean of dy/dA_k is the class's weight of channel k over the number of positions."""
    t = drawn(seed + 1, CHANNELS, CLASSES)
    given_ = weights() | {"t": t, "s": np.ascontiguousarray(t.T)[:, :, None, None]}
    path = write(folder / f"{layer}.onnx", f"m {SIZES} {{ {body} y = Softmax(z) }}", given_)
    result = explainer(path, layer).explain(drawn(seed, 2, 3, 16, 16), target)
    cam = np.maximum(np.einsum("k,nkhw->nhw", t[:, target].astype(np.float64), result.activation), 0)
    np.testing.assert_allclose(result.alpha, np.broadcast_to(t[:, target] / 14**2, (2, CHANNELS)), rtol=1e-5)
    np.testing.assert_allclose(result.raw, cam / 14**2, rtol=1e-5, atol=1e-7)


# Graphs of different structure, each with its weights.
GRAPHS: dict[str, tuple[str, dict[str, tuple[int, ...]]]] = {
    "chain": (f"m {SIZES} {{ {STEM} {NECK} {HEAD} y = Softmax(z) }}", WEIGHTS),
    "residual": (
        """m (float[N, 4, 12, 12] x) => (float[N, 4] y) {
            c = Conv <pads = [1, 1, 1, 1]> (x, w)   n = BatchNormalization(c, s, b, m, v)   a = Add(n, x)   r = Relu(a)
            p = MaxPool <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]> (r)
            f = ReduceMean <axes = [2, 3], keepdims = 0> (p)   y = Sigmoid(f)
        }""",
        {"w": (4, 4, 3, 3), "s": (4,), "b": (4,), "m": (4,), "v": (4,)},
    ),
    "pyramid": (
        """m (float[N, 3, H, W] x) => (float[N, 2, H2, W2] y) <float[4] k = {1, 1, 2, 2}> {
            c = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (x, w)   r = HardSwish(c)
            o = Conv <pads = [1, 1, 1, 1], strides = [2, 2], group = 4> (r, o_w)
            u = Resize <mode = "linear"> (o, , k)   t = Concat <axis = 1> (u, r)   y = Conv(t, t_w)
        }""",
        {"w": (4, 3, 3, 3), "o_w": (4, 1, 3, 3), "t_w": (2, 8, 1, 1)},
    ),
    "attention": (
        """m (float[N, 3, 16, 16] x) => (float[N, 5] y)
        <int64[3] t_s = {0, 8, -1}, int64 first = {0}, float k = {0.35}> {
            c = Conv <strides = [4, 4]> (x, w)   e = Reshape(c, t_s)   t = Transpose <perm = [0, 2, 1]> (e)
            n = LayerNormalization(t, s, b)   q = MatMul(n, q_w)   kt = Transpose <perm = [0, 2, 1]> (n)
            l = MatMul(q, kt)   d = Mul(l, k)   a = Softmax(d)   o = MatMul(a, n)   j = Add(t, o)
            h = Gather <axis = 1> (j, first)   y = Gemm(h, h_w)
        }""",
        {"w": (8, 3, 4, 4), "s": (8,), "b": (8,), "q_w": (8, 8), "h_w": (8, 5)},
    ),
    "branches": (
        """m (float[N, 3, 16, 16] x) => (float[N, 5] y, float[N, 6, 1, 1] e, int64[N] i) {
            c = Conv(x, w, d)   p, q = Split <axis = 1> (c)   t = Tanh(p)   s = Sigmoid(q)   g = Mul(t, s)
            a = GlobalAveragePool(g)   f = Flatten(a)   z = Gemm(f, t_w)   y = LogSoftmax(z)
            e = GlobalMaxPool(c)   i = ArgMax <axis = 1, keepdims = 0> (z)
        }""",
        {"w": (6, 3, 3, 3), "d": (6,), "t_w": (3, 5)},
    ),
}


@pytest.fixture(scope="module", params=GRAPHS)
def graph(request: pytest.FixtureRequest, folder: Path) -> Path:
    text, shapes = GRAPHS[request.param]
    drawn_ = {name: np.abs(drawn(i, *shape)) for i, (name, shape) in enumerate(shapes.items())}
    return write(folder / f"{request.param}.onnx", text, drawn_)


@few
@given(st.data())
def test_a_gradient_model_is_valid_and_of_the_standard_domain_alone(graph: Path, data: st.DataObject) -> None:
    """From the score to whichever value is drawn."""
    model = load(graph)
    plan = make_plan(model)
    layers = [c.layer for c in plan.candidates if c.layer != plan.output]
    gradient = differentiate(make_plan(model, data.draw(st.sampled_from(layers))))
    proto = whole_proto(gradient.model)
    onnx.checker.check_model(proto, full_check=True)
    assert {n.domain for n in proto.graph.node} | {i.domain for i in proto.opset_import} == {""}


@pytest.mark.parametrize("is_external", [False, True], ids=["inside", "external"])
def test_save_load_save_is_identical(graph: Path, tmp_path: Path, is_external: bool) -> None:
    source = tmp_path / "shipped.onnx"
    proto = onnx.load(graph)
    if is_external:
        onnx.save(proto, source, save_as_external_data=True, location="weights.bin", size_threshold=0)
    else:
        onnx.save(proto, source)
    once, twice = tmp_path / "once.onnx", tmp_path / "twice.onnx"
    save(load(source).shipped, once)
    save(load(once).shipped, twice)
    assert once.read_bytes() == twice.read_bytes()
