"""Arrays of uint8 pictures, and inputs that take such."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import onnxcam
from onnxcam import InputError, Preprocess
from onnxcam.samples import gather
from tests.conftest import Write
from tests.samples.reading import UNIT, specs


@pytest.mark.parametrize(
    ("given", "shape"),
    [((2, 9, 8, 3), ("N", 3, 9, 8)), ((2, 9, 8, 1), ("N", 9, 8, 3)), ((2, 9, 8), ("N", 1, 9, 8))],
    ids=["colour", "grey, NHWC", "grey, one channel"],
)
def test_uint8_pictures_in_an_array_are_preprocessed(
    tmp_path: Path, rng: np.random.Generator, given: tuple, shape: tuple
) -> None:
    pictures = rng.integers(0, 256, given, dtype=np.uint8)
    np.savez(tmp_path / "a.npz", images=pictures, labels=np.zeros(2, np.int64))
    np.save(tmp_path / "a.npy", pictures)
    grey = shape[1] == 1
    settings = Preprocess("unit", channel_order="gray") if grey else UNIT
    known = specs(x=shape)
    for source in (tmp_path / "a.npz", tmp_path / "a.npy", pictures):
        samples = gather(source, known, known["x"], settings)
        full = np.broadcast_to(pictures.reshape(2, 9, 8, -1), (2, 9, 8, 3)) / 255
        expected = full[..., :1].transpose(0, 3, 1, 2) if grey else full
        expected = expected if shape[-1] == 3 or grey else full.transpose(0, 3, 1, 2)
        np.testing.assert_allclose(samples.feeds["x"], expected, atol=1e-6)
        assert len(samples.pictures) == 2
        assert "the array holds uint8 pictures" in samples.notes[-1]


@pytest.mark.parametrize("given", [(3, 9, 8), (2, 3, 9, 8)], ids=["one without a batch axis", "channels first"])
def test_what_may_be_meant_otherwise_is_asked_about(given: tuple) -> None:
    known = specs(x=("N", 3, 9, 8))
    with pytest.raises(InputError, match="takes float32"):
        gather(np.zeros(given, np.uint8), known, known["x"], UNIT)


BYTES = """g (uint8[N, 16, 16, 3] x) => (float[N, 5] y) {
    f = Cast <to = 1> (x)  t = Transpose <perm = [0, 3, 1, 2]> (f)  u = Div(t, full)  c = Conv(u, w)
    p = GlobalAveragePool(c)  q = Flatten(p)  y = Gemm(q, v) }"""


@pytest.fixture
def model(write_model: Write, rng: np.random.Generator) -> Path:
    weights = {"w": (8, 3, 3, 3), "v": (8, 5)}
    arrays = {key: rng.standard_normal(shape).astype(np.float32) for key, shape in weights.items()}
    return write_model(BYTES, full=np.float32(255), **arrays)


def test_a_uint8_input_takes_the_picture_as_it_is(model: Path, rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (16, 16, 3), np.uint8)
    explainer = onnxcam.Explainer(model, provider="cpu")
    told, given = explainer.explain(picture), explainer.explain(picture[None])
    np.testing.assert_array_equal(told.logits, given.logits)
    np.testing.assert_array_equal(told.map, given.map)
    assert explainer.preparation.source.startswith("values from its uint8 input, which takes 0..255")


def test_what_would_be_rounded_is_refused(model: Path) -> None:
    explainer = onnxcam.Explainer(model, provider="cpu", preprocess="unit")
    with pytest.raises(InputError, match=r"takes uint8, preprocessing 'unit' makes fractions.*'raw'"):
        explainer.explain(np.full((16, 16, 3), 99, np.uint8))
