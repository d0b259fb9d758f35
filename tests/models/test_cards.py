"""Every file in `models/` is what its card says, and all exports of the one network agree."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from PIL import Image

MODELS = Path(__file__).resolve().parents[2] / "models"
SIZE_LIMIT = 500 * 1024
CARDS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(MODELS.glob("shapes-*.json"))]
FLOAT32 = [card for card in CARDS if card["precision"] == "float32"]
PICTURES = json.loads((MODELS / "pictures" / "index.json").read_text(encoding="utf-8"))
LABELS = (MODELS / "labels.txt").read_text(encoding="utf-8").splitlines()

every_card = pytest.mark.parametrize("card", CARDS, ids=[card["file"] for card in CARDS])


def test_every_model_has_a_card() -> None:
    assert sorted(card["file"] for card in CARDS) == sorted(path.name for path in MODELS.glob("*.onnx"))
    assert {card["precision"] for card in CARDS} == {"float32", "float16", "int8"}
    assert len({card["exporter"] for card in FLOAT32}) >= 4


@every_card
def test_file_is_the_one_on_the_card(card: dict[str, Any]) -> None:
    data = (MODELS / card["file"]).read_bytes()
    assert len(data) == card["size"] <= SIZE_LIMIT
    assert hashlib.sha256(data).hexdigest() == card["sha256"]


@every_card
def test_file_passes_the_full_checker_and_tells_nothing_of_its_maker(card: dict[str, Any]) -> None:
    model = onnx.load(MODELS / card["file"])
    onnx.checker.check_model(model, full_check=True)
    graph = model.graph
    for message in (model, graph, *graph.node, *graph.value_info, *graph.initializer):
        assert not message.doc_string
        assert not message.metadata_props
    data = (MODELS / card["file"]).read_bytes()
    assert not re.search(rb"site-packages|\.py\b|/(?:home|root|tmp|usr|opt|var|mnt|work|Users)/|[A-Z]:\\Users", data)


@every_card
def test_card_describes_the_graph(card: dict[str, Any]) -> None:
    model = onnx.load(MODELS / card["file"])
    assert card["opset"]["ai.onnx"] == next(entry.version for entry in model.opset_import if not entry.domain)
    assert sum(card["operators"].values()) == len(model.graph.node)
    session = _session(card)
    assert [entry["name"] for entry in card["inputs"]] == [value.name for value in session.get_inputs()]
    assert [entry["name"] for entry in card["outputs"]] == [value.name for value in session.get_outputs()]
    assert _preprocessing(card)["layout"] == card["layout"]
    assert (MODELS / card["labels"]).is_file()


@every_card
def test_predictions_on_the_pictures_are_right(card: dict[str, Any]) -> None:
    predicted = _log_probabilities(card).argmax(axis=1)
    assert [LABELS[index] for index in predicted] == [picture["label"] for picture in PICTURES]


@every_card
def test_a_batch_of_one_gives_its_row_of_a_larger_one(card: dict[str, Any]) -> None:
    inputs = _inputs(card)
    session = _session(card)
    (batch,) = session.run(None, {card["inputs"][0]["name"]: inputs})
    (single,) = session.run(None, {card["inputs"][0]["name"]: inputs[:1]})
    np.testing.assert_allclose(single, batch[:1], atol=1e-2 if card["precision"] == "float16" else 1e-4)


@every_card
def test_measured_values_are_good(card: dict[str, Any]) -> None:
    assert card["held_out"]["accuracy"] >= 0.97
    assert card["held_out"]["peak_in_mask"] >= 0.9


def test_float32_exports_agree() -> None:
    reference = _log_probabilities(FLOAT32[0])
    for card in FLOAT32[1:]:
        difference = np.abs(_log_probabilities(card) - reference).max()
        assert difference <= 1e-4 * np.abs(reference).max(), card["file"]


def test_readme_repeats_the_cards() -> None:
    lines = (MODELS / "README.md").read_text(encoding="utf-8").splitlines()
    rows = {line.split("`")[1]: line for line in lines if line.startswith("| `")}
    assert set(rows) == {card["file"] for card in CARDS}
    for card in CARDS:
        measured = card["held_out"]
        accuracy, difference = f"{measured['accuracy']:.2%}", f"{measured['max_logit_difference']:.1e}"
        assert rows[card["file"]].endswith(f"| {accuracy} | {difference} | {measured['peak_in_mask']:.1%} |")


@pytest.mark.parametrize("picture", PICTURES, ids=[picture["file"] for picture in PICTURES])
def test_mask_belongs_to_its_picture(picture: dict[str, Any]) -> None:
    assert LABELS[picture["class_index"]] == picture["label"]
    pixels = np.asarray(Image.open(MODELS / "pictures" / picture["file"]))
    mask = np.asarray(Image.open(MODELS / "pictures" / picture["mask"]))
    assert pixels.shape == (*mask.shape, 3)
    assert set(np.unique(mask)) == {0, 255}
    assert 0.04 < (mask == 255).mean() < 0.17


def _session(card: dict[str, Any]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(MODELS / card["file"], options, providers=["CPUExecutionProvider"])


def _preprocessing(card: dict[str, Any]) -> dict[str, Any]:
    preprocessing: dict[str, Any] = json.loads((MODELS / card["preprocess"]).read_text(encoding="utf-8"))
    return preprocessing


def _inputs(card: dict[str, Any]) -> NDArray[np.float32]:
    how = _preprocessing(card)
    pictures = [Image.open(MODELS / "pictures" / picture["file"]).convert("RGB") for picture in PICTURES]
    height, width = how["size"]
    pixels = np.stack([np.asarray(picture.resize((width, height))) for picture in pictures])
    scaled = ((pixels * how["scale"] - how["mean"]) / how["std"]).astype(np.float32)
    return scaled if how["layout"] == "NHWC" else np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def _log_probabilities(card: dict[str, Any]) -> NDArray[np.float32]:
    """Log-softmax of the scores, in which a file that ends in Softmax and one that gives logits agree."""
    (scores,) = _session(card).run(None, {card["inputs"][0]["name"]: _inputs(card)})
    logits = np.log(scores) if card["scores"] == "probabilities" else scores
    shifted = logits - logits.max(axis=1, keepdims=True)
    result: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result
