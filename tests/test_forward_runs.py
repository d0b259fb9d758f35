"""What methods may ask for: scores of changed inputs and activations, held against runs of the file itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
from numpy.typing import NDArray

import onnxcam
import onnxcam.runtime.tail
from onnxcam.autodiff import differentiate
from onnxcam.cam import Evidence, Runs, Saliency
from onnxcam.cam.registry import METHODS, method
from onnxcam.errors import InputError
from onnxcam.forward_runs import Explained, ForwardRuns
from onnxcam.graph import cut_tail, load
from onnxcam.plan import make_plan
from onnxcam.runtime import Tails, choose_provider, open_pair
from onnxcam.samples import Samples, find_inputs
from tests.conftest import Write
from tests.toy_methods import ablation

Array = NDArray[Any]
Asked = Callable[..., onnxcam.Explanation]

SKIPPING = """g (float[N, 3, 8, 8] x, float[1] k) => (float[N, 5] y) {
    s = Conv <pads = [1, 1, 1, 1]> (x, w)   c = Conv <pads = [1, 1, 1, 1]> (s, v)   r = Relu(c)   a = Mul(r, s)
    m = ReduceMean <axes = [1, 2, 3], keepdims = 0> (x)   e = Unsqueeze(m, one)
    p = ReduceMean <axes = [2, 3], keepdims = 0> (a)   q = Gemm(p, u)   t = Add(q, e)   z = Mul(t, k)   y = Softmax(z)
}"""


@pytest.fixture
def weights(rng: np.random.Generator) -> dict[str, Array]:
    shapes = {"w": (6, 3, 3, 3), "v": (6, 6, 3, 3), "u": (6, 5)}
    return {n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()} | {"one": np.array([1])}


@pytest.fixture
def path(write_model: Write, weights: dict[str, Array]) -> Path:
    return write_model(SKIPPING, **weights)


@pytest.fixture
def feeds(rng: np.random.Generator) -> dict[str, Array]:
    return {"x": rng.standard_normal((3, 3, 8, 8)).astype(np.float32), "k": np.array([2], np.float32)}


def asking(path: Path, ask: Callable[[Evidence], None], monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Explain with a method that asks, and gives an empty map."""

    def asked(evidence: Evidence) -> Saliency:
        ask(evidence)
        return evidence.by_channel(np.zeros(evidence.activation.shape[:2]))

    monkeypatch.setitem(METHODS, "asking", asked)
    explainer = onnxcam.Explainer(path, layer="r", provider="cpu")
    return lambda inputs, target=None: explainer.explain(inputs, target, method="asking")


def scores_of(path: Path, feeds: dict[str, Array], output: str = "z", /, **overwritten: Array) -> Array:
    """The file's own scores before softmax, with values overwritten."""
    proto = onnx.load(path)
    if output != proto.graph.output[0].name:
        proto.graph.output.append(onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, None))
    for node in proto.graph.node:
        for i, name in enumerate(node.output):
            if name in overwritten:
                node.output[i] = f"{name}_unused"
                proto.graph.input.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    found: Array = session.run([output], feeds | overwritten)[0]
    return found


@pytest.mark.parametrize("count", [0, 1, 5, 16, 37], ids=str)
def test_scores_of_changed_inputs_and_activations(
    path: Path, feeds: dict[str, Array], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    rng = np.random.default_rng(count)
    noise = rng.standard_normal((count, 6, 8, 8)).astype(np.float32)
    target = [4, 0, 2]
    seen = []

    def ask(evidence: Evidence) -> None:
        runs: Runs = evidence.runs
        assert runs.space == (2, 3)
        np.testing.assert_array_equal(runs.inputs, feeds["x"])
        for row in range(3):
            one = {"x": feeds["x"][row : row + 1], "k": feeds["k"]}
            plain = scores_of(path, one)[0, target[row]]
            np.testing.assert_allclose(runs.scores[row], plain, rtol=1e-5)
            inputs = [feeds["x"][row] + n[:3] for n in noise]
            wanted = [scores_of(path, one | {"x": i[None]})[0, target[row]] for i in inputs]
            np.testing.assert_allclose(runs.of_inputs(row, iter(inputs)), wanted, rtol=1e-4, atol=1e-5)
            activations = [evidence.activation[row] + n for n in noise]
            wanted = [scores_of(path, one, r=a[None])[0, target[row]] for a in activations]
            np.testing.assert_allclose(runs.of_activations(row, iter(activations)), wanted, rtol=1e-4, atol=1e-5)
            unchanged = runs.of_activations(row, [evidence.activation[row]])
            np.testing.assert_allclose(unchanged, [plain], rtol=1e-5)
        seen.append(count)

    asking(path, ask, monkeypatch)(feeds, target)
    assert seen == [count]


@pytest.mark.parametrize("batch", [1, 2, 5], ids=str)
def test_a_model_of_fixed_batch_is_run_in_it(
    path: Path, feeds: dict[str, Array], monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    free, fixed = {}, {}

    def ask_for(found: dict[str, Array]) -> Callable[[Evidence], None]:
        def ask(evidence: Evidence) -> None:
            changed = [evidence.activation[1] * factor for factor in (0, 0.5, 1, 2)]
            found["activations"] = evidence.runs.of_activations(1, changed)
            found["inputs"] = evidence.runs.of_inputs(1, [feeds["x"][1] * factor for factor in (0, 0.5, 1, 2)])

        return ask

    asking(path, ask_for(free), monkeypatch)(feeds, 3)
    proto = onnx.load(path)
    for value in (proto.graph.input[0], proto.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_value = batch
    onnx.save(proto, path)
    asking(path, ask_for(fixed), monkeypatch)(feeds, 3)
    for name, wanted in free.items():
        np.testing.assert_allclose(fixed[name], wanted, rtol=1e-5, err_msg=name)


def test_one_sample_with_an_input_that_counts_none(
    path: Path, feeds: dict[str, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`k` has one entry, as there is one sample, and is not repeated with it."""
    one = {"x": feeds["x"][:1], "k": feeds["k"]}
    found = []

    def ask(evidence: Evidence) -> None:
        found.extend(evidence.runs.of_inputs(0, [one["x"][0] * factor for factor in (1, 2, 3)]))
        found.extend(evidence.runs.of_activations(0, [evidence.activation[0]] * 3))

    asking(path, ask, monkeypatch)(one, 2)
    wanted = [scores_of(path, one | {"x": one["x"] * np.float32(factor)})[0, 2] for factor in (1, 2, 3, 1, 1, 1)]
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_a_recurrent_state_that_is_made_fits_every_run(
    write_model: Write, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """g (float[N, 3, 20] x, float[1, N, 4] state) => (float[N, 5] y) {
        c = Conv(x, w)   r = Relu(c)   t = Transpose <perm = [2, 0, 1]> (r)
        o, h = RNN <hidden_size = 4> (t, i, l, , , state)   z = Reshape(h, rows)   y = Gemm(z, v)
    }"""
    shapes = {"w": (4, 3, 3), "i": (1, 4, 4), "l": (1, 4, 4), "v": (4, 5)}
    weights = {n: rng.standard_normal(s).astype(np.float32) / 2 for n, s in shapes.items()}
    path = write_model(text, rows=np.array([-1, 4]), **weights)
    x = rng.standard_normal((2, 3, 20)).astype(np.float32)
    found = []

    def ask(evidence: Evidence) -> None:
        found.extend(evidence.runs.of_activations(1, [evidence.activation[1]] * 3))

    asking(path, ask, monkeypatch)(x, 2)
    wanted = onnxcam.explain(path, x, 2, layer="r", provider="cpu").score[1]
    np.testing.assert_allclose(found, [wanted] * 3, rtol=1e-5)


def test_inputs_with_channels_last_are_masked_where_their_space_is(
    write_model: Write, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """g (float[N, 12, 10, 3] x) => (float[N, 4] y) {
        t = Transpose <perm = [0, 3, 1, 2]> (x)   c = Conv(t, w)   r = Relu(c)   g = GlobalMaxPool(r)   y = Flatten(g)
    }"""
    path = write_model(text, w=rng.standard_normal((4, 3, 3, 3)).astype(np.float32))
    spaces = []
    ask = asking(path, lambda evidence: spaces.append(evidence.runs.space), monkeypatch)
    ask(rng.standard_normal((2, 12, 10, 3)).astype(np.float32))
    assert spaces == [(1, 2)]


def test_a_quantised_layer_is_given_real_numbers(
    write_model: Write, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """g (float[N, 3, 8, 8] x) => (float[N, 4] y) <float s = {0.05}, uint8 z = {0}> {
        c = Conv(x, w)   r = QuantizeLinear(c, s, z)   e = DequantizeLinear(r, s, z)   g = GlobalMaxPool(e)
        f = Flatten(g)   y = Gemm(f, v)
    }"""
    shapes = {"w": (4, 3, 3, 3), "v": (4, 4)}
    path = write_model(text, **{n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()})
    found = []

    def ask(evidence: Evidence) -> None:
        activation = evidence.activation[0]
        found.extend(evidence.runs.of_activations(0, [activation, np.zeros_like(activation)]))
        found.append(evidence.runs.scores[0])

    asking(path, ask, monkeypatch)(rng.standard_normal((1, 3, 8, 8)).astype(np.float32), 1)
    unchanged, nothing, plain = found
    assert unchanged == pytest.approx(plain, rel=1e-6)
    assert (nothing, abs(plain) > 0.1) == (0, True)


def test_gradients_alone_open_no_tail(path: Path, feeds: dict[str, Array], monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    open_tail = onnxcam.runtime.tail.open_tail
    monkeypatch.setattr(onnxcam.runtime.tail, "open_tail", lambda *a: opened.append(a[1]) or open_tail(*a))
    explainer = onnxcam.Explainer(path, layer="r", provider="cpu")
    for name in onnxcam.cam.method_names():
        explainer.explain(feeds, method=name)
    assert opened == []
    monkeypatch.setitem(METHODS, "ablation", ablation)
    for _ in range(2):
        explainer.explain(feeds, method="ablation")
    assert opened == ["r"]


@pytest.mark.parametrize("what", ["inputs", "activations"])
def test_another_shape_is_refused(
    path: Path, feeds: dict[str, Array], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def ask(evidence: Evidence) -> None:
        getattr(evidence.runs, f"of_{what}")(0, [np.zeros((1, 2, 3), np.float32)])

    with pytest.raises(InputError, match=rf"a changed {what[:-1]} has shape \(1, 2, 3\); the unchanged one has"):
        asking(path, ask, monkeypatch)(feeds)


def test_evidence_without_a_model_has_no_runs() -> None:
    layer = np.ones((1, 2, 3, 3), np.float32)
    with pytest.raises(InputError, match="the evidence came without one. Use Explainer.explain"):
        ablation(Evidence(layer, layer))


@pytest.fixture
def registered() -> Iterator[None]:
    """A method that comes in one file: registered by its decorator, and gone again."""
    method("ablation")(ablation)
    yield
    del METHODS["ablation"]


@pytest.mark.usefixtures("registered")
def test_a_new_method_is_found_by_its_name_alone(path: Path, feeds: dict[str, Array]) -> None:
    assert "ablation" in onnxcam.cam.method_names()
    result = onnxcam.explain(path, feeds, 3, layer="r", provider="cpu", method="ablation")
    for row in range(3):
        one = {"x": feeds["x"][row : row + 1], "k": feeds["k"]}
        plain = scores_of(path, one)[0, 3]
        for k in range(6):
            without = result.activation[row : row + 1].copy()
            without[:, k] = 0
            wanted = (plain - scores_of(path, one, r=without)[0, 3]) / plain
            assert result.alpha is not None
            assert result.alpha[row, k] == pytest.approx(wanted, rel=1e-3, abs=1e-4)


@pytest.fixture
def channels_last(write_model: Write, rng: np.random.Generator) -> Path:
    """The layer `r` is (N, 6, 6, 4), and by-passed by its own maximum."""
    text = """g (float[N, 3, 8, 8] x) => (float[N, 5] y) {
        c = Conv(x, w)   t = Transpose <perm = [0, 2, 3, 1]> (c)   b = ReduceMax <axes = [1, 2], keepdims = 0> (t)
        r = Relu(t)   p = ReduceMean <axes = [1, 2], keepdims = 0> (r)   a = Mul(p, b)   y = Gemm(a, v)
    }"""
    shapes = {"w": (4, 3, 3, 3), "v": (4, 5)}
    return write_model(text, **{n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()})


def test_activations_are_laid_out_as_the_file_has_them_and_rows_may_share_a_sample(
    channels_last: Path, rng: np.random.Generator
) -> None:
    model = load(channels_last)
    plan = make_plan(model, "r")
    provider = choose_provider("cpu")
    pair = open_pair(plan, differentiate(plan), provider)
    x = rng.standard_normal((2, 3, 8, 8)).astype(np.float32)
    specs = find_inputs(model)
    rows, classes = [0, 0, 1], [4, 1, 1]  # of the first sample two classes are explained
    explained = Explained(
        pair,
        Tails(model, "y", provider),
        Samples({"x": x}, 2),
        specs["x"],
        pair.logits({"x": x}),
        np.eye(5, dtype=np.float32)[classes],
        rows,
    )
    seen = []

    def lay_out(maps: Array, like: Array) -> Array:
        seen.append(like.shape)
        return np.moveaxis(maps, 1, 3)

    runs = ForwardRuns(explained, "r", (4, 6, 6), lay_out)
    np.testing.assert_array_equal(runs.inputs, x[rows])
    changed = rng.standard_normal((3, 4, 6, 6)).astype(np.float32)
    for row, (sample, target) in enumerate(zip(rows, classes, strict=True)):
        one = {"x": x[sample : sample + 1]}
        wanted = [scores_of(channels_last, one, "y", r=np.moveaxis(c, 0, 2)[None])[0, target] for c in changed]
        np.testing.assert_allclose(runs.of_activations(row, changed), wanted, rtol=1e-4, atol=1e-5)
        assert runs.scores[row] == pytest.approx(scores_of(channels_last, one, "y")[0, target], rel=1e-5)
    assert seen == [(3, 6, 6, 4)] * 3
    with pytest.raises(InputError, match=r"the layer 'r' has shape \(1, 6, 6, 4\) for 1 samples"):
        ForwardRuns(explained, "r", (4, 6, 6)).of_activations(0, changed[:1])


def test_weights_in_external_files_stay_there(
    path: Path, feeds: dict[str, Array], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "ablation", ablation)
    (tmp_path / "external").mkdir()
    outside = tmp_path / "external" / "model.onnx"
    onnx.save(onnx.load(path), outside, save_as_external_data=True, location="w.bin", size_threshold=64)
    tail = cut_tail(load(outside), "r", "z").model
    kept = {v.name for v in tail.graph.initializers.values() if isinstance(v.const_value, ir.ExternalTensor)}
    assert kept == {"u"}
    inside, external = (
        onnxcam.explain(p, feeds, 3, layer="r", provider="cpu", method="ablation") for p in (path, outside)
    )
    np.testing.assert_allclose(external.raw, inside.raw, rtol=1e-5)
