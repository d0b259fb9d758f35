"""The bundled classifier as ONNX Runtime's quantizer makes it smaller, against the classifier in floats."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

import onnxcam
from onnxcam import Explainer
from onnxcam.graph import load
from onnxcam.imaging import load_preprocess, read_image, to_tensor
from onnxcam.runtime import processor_notes, saturation
from tests.running import run_plainly
from tests.saturation import needs_exact_int8

Array = NDArray[Any]
Figure = Callable[[str], None]

MODELS = Path(__file__).parents[1] / "models"
FLOAT = MODELS / "shapes-torchscript.onnx"
SIGNED, UNSIGNED = QuantType.QInt8, QuantType.QUInt8


@dataclasses.dataclass(frozen=True)
class Form:
    """A way to quantise.

    Attributes:
        id: Name.
        format: Of a static one; None for a dynamic one, whose activations are of unsigned bytes.
        activations: Type of a static one's activations.
        weights: Type of the weights.
        is_per_channel: Whether each filter has a scale of its own.
    """

    id: str
    format: QuantFormat | None
    activations: QuantType
    weights: QuantType
    is_per_channel: bool

    def write(self, folder: Path, calibrating: Array, **settings: Any) -> Path:
        """(The quantizer writes beside the file that it reads.)"""
        source, path = folder / "float.onnx", folder / "quantised.onnx"
        shutil.copy(FLOAT, source)
        if self.format is None:
            settings["op_types_to_quantize"] = ["Conv", "Gemm"]
            quantize_dynamic(source, path, weight_type=self.weights, per_channel=self.is_per_channel, **settings)
        else:
            quantize_static(
                source,
                path,
                Pictures(calibrating),
                quant_format=self.format,
                activation_type=self.activations,
                weight_type=self.weights,
                per_channel=self.is_per_channel,
                **settings,
            )
        return path


FORMS = (
    Form("qlinear-uint8", QuantFormat.QOperator, UNSIGNED, UNSIGNED, False),
    Form("qlinear-mixed", QuantFormat.QOperator, UNSIGNED, SIGNED, False),
    Form("qlinear-int8-per-channel", QuantFormat.QOperator, SIGNED, SIGNED, True),
    Form("qdq-uint8", QuantFormat.QDQ, UNSIGNED, UNSIGNED, False),
    Form("qdq-int8", QuantFormat.QDQ, SIGNED, SIGNED, False),
    Form("qdq-mixed-per-channel", QuantFormat.QDQ, UNSIGNED, SIGNED, True),
    Form("dynamic-int8", None, UNSIGNED, SIGNED, False),
    Form("dynamic-uint8-per-channel", None, UNSIGNED, UNSIGNED, True),
)
STATIC = [form for form in FORMS if form.format is QuantFormat.QOperator]
# The last and the first layer in each form, and the float file's value that it is held against: a QLinearConv does what
# the Relu behind it did; in a QDQ file the Conv gives out the Relu's value before the quantiser clips it.
CONVS, RELUS = ("/last/Conv_output_0", "/stem/stem.0/Conv_output_0"), ("/Relu_7_output_0", "/Relu_output_0")
LAYERS = {
    QuantFormat.QOperator: [(f"{conv}_quantized", relu) for conv, relu in zip(CONVS, RELUS, strict=True)],
    QuantFormat.QDQ: list(zip(RELUS, CONVS, strict=True)),
    None: [(conv, conv) for conv in CONVS],
}

COSINES = {QuantFormat.QOperator: (0.999, 0.8), QuantFormat.QDQ: (0.9, 0.8), None: (0.95, 0.9)}
"""The least accepted, at those layers: on the way to the first, rounding puts activations on other sides of Relus, and
in a QDQ file a gradient passes what rounds to 0 from below."""


class Pictures(CalibrationDataReader):  # type: ignore[misc]
    """Preprocessed pictures, one at a time."""

    def __init__(self, pictures: Array) -> None:
        self._left: Iterator[Array] = iter(pictures)

    def get_next(self) -> dict[str, Array] | None:
        tensor = next(self._left, None)
        return None if tensor is None else {"input": tensor[None]}


@cache
def tensors() -> Array:
    preprocess = load_preprocess(MODELS / "preprocess.json")
    return np.stack([to_tensor(read_image(p), preprocess)[0] for p in sorted((MODELS / "pictures").glob("*.png"))])


@pytest.fixture(scope="module", params=FORMS, ids=[f.id for f in FORMS])
def form(request: pytest.FixtureRequest) -> Form:
    found: Form = request.param
    return found


@pytest.fixture(scope="module")
def quantised(form: Form, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calibrated with brighter and darker pictures too, so that no score lies at the end of its range."""
    pictures = tensors()
    return form.write(tmp_path_factory.mktemp(form.id), np.concatenate([pictures, 1.5 * pictures, -pictures]))


def explained(path: Path, layer: str) -> list[onnxcam.Explanation]:
    """One picture at a time: a dynamic form has a range for each batch."""
    explainer, floats = Explainer(path, layer=layer, provider="cpu"), Explainer(FLOAT, provider="cpu")
    classes = [int(floats.explain(one[None]).class_index[0]) for one in tensors()]
    return [explainer.explain(one[None], target=target) for one, target in zip(tensors(), classes, strict=True)]


def cosine(a: Array, b: Array) -> float:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(np.vdot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)))


def stacked(found: list[onnxcam.Explanation], name: str) -> Array:
    return np.concatenate([getattr(one, name) for one in found])


@pytest.mark.parametrize("which", [0, 1], ids=["last", "first"])
def test_the_gradient_is_nearly_that_of_the_floats(form: Form, quantised: Path, which: int, figure: Figure) -> None:
    needs_exact_int8(form.id)
    layer, twin = LAYERS[form.format][which]
    found, twins = explained(quantised, layer), explained(FLOAT, twin)
    given, expected = (stacked(e, "gradient") for e in (found, twins))
    least = min(cosine(a, b) for a, b in zip(given, expected, strict=True))
    name = ("last", "first")[which]
    figure(f"quantised by ONNX Runtime, {form.id}, {name} layer: cosine with the floats {least:.3f}")
    assert least > COSINES[form.format][which]
    assert np.linalg.norm(given) == pytest.approx(np.linalg.norm(expected), rel=0.1)
    assert cosine(stacked(found, "activation"), stacked(twins, "activation")) > 0.999


def test_the_map_at_the_last_layer_is_nearly_that_of_the_floats(form: Form, quantised: Path, figure: Figure) -> None:
    needs_exact_int8(form.id)
    layer, twin = LAYERS[form.format][0]
    found, twins = explained(quantised, layer), explained(FLOAT, twin)
    apart = float(np.abs(stacked(found, "map") - stacked(twins, "map")).mean(axis=(1, 2)).max())
    figure(f"quantised by ONNX Runtime, {form.id}, last layer: mean distance to the floats' map {apart:.4f}")
    assert apart < 0.02
    assert not any(one.notes for one in found)


SATURATING = {"qlinear-mixed", "qdq-int8", "qdq-mixed-per-channel"}
"""int8 activations are made uint8 in pairs, and stay int8 in operators; all of the dynamic form is ConvInteger."""


@pytest.mark.parametrize("provider", ["cpu", "cuda"])
def test_sums_can_saturate_but_for_weights_of_seven_bits(
    form: Form, quantised: Path, tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saturation, "sums_saturate", lambda: True)
    assert bool(processor_notes(load(quantised), provider)) == (provider == "cpu" and form.id in SATURATING)
    reduced = form.write(tmp_path, tensors(), reduce_range=True)
    assert processor_notes(load(reduced), provider) == ()


def test_the_last_convolution_is_found(form: Form, quantised: Path) -> None:
    plan = Explainer(quantised, provider="cpu").plan
    assert plan.layer == LAYERS[form.format][0][0]
    assert ("dequantised" in plan.reason) == (form.format is QuantFormat.QOperator)


@pytest.mark.parametrize("form", STATIC, ids=[f.id for f in STATIC], indirect=True)
def test_the_activation_of_integers_is_dequantised(form: Form, quantised: Path) -> None:
    proto, (layer, _) = onnx.load(quantised), LAYERS[form.format][0]
    (node,) = (n for n in proto.graph.node if layer in n.output)
    known = {t.name: onnx.numpy_helper.to_array(t) for t in proto.graph.initializer}
    proto.graph.output.append(onnx.ValueInfoProto(name=layer))
    integers = run_plainly(proto, {"input": tensors()[:1]})[layer]
    wanted = (integers.astype(np.float32) - known[node.input[7]].astype(np.float32)) * known[node.input[6]]
    found = Explainer(quantised, provider="cpu").explain(tensors()[:1]).activation
    assert integers.dtype in (np.int8, np.uint8)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_score_at_the_end_of_its_range_has_no_map_and_that_is_said(tmp_path: Path) -> None:
    """The range is that of the pictures: the largest score of all is its end, and may have been clipped."""
    explainer = Explainer(STATIC[0].write(tmp_path, tensors()), provider="cpu")
    result = explainer.explain(tensors())
    is_largest = result.score == result.logits.max()
    assert is_largest.any()
    assert [not g.any() for g in result.gradient] == is_largest.tolist()
    assert any("is zero everywhere" in note for note in result.notes)
