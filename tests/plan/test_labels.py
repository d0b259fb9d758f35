from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from onnxcam.errors import InputError
from onnxcam.graph import load
from onnxcam.plan import find_labels, read_labels
from tests.conftest import Write


def with_metadata(path: Path, **metadata: str) -> Path:
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, metadata)
    onnx.save(proto, path)
    return path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{0: 'cat', 1: 'dog'}", ("cat", "dog")),
        ('["cat", "dog"]', ("cat", "dog")),
        ('{"1": "dog", "0": "cat"}', ("cat", "dog")),
        ("cat,dog", ("cat", "dog")),
        ("cat\ndog", ("cat", "dog")),
        ("{0: 'cat', 2: 'dog'}", ("cat", "1", "dog")),
    ],
    ids=["python dict", "json list", "json dict", "commas", "lines", "gap"],
)
def test_metadata_names_the_classes(classifier: Path, text: str, names: tuple[str, ...]) -> None:
    assert find_labels(load(with_metadata(classifier, names=text))) == names


def test_a_zipmap_names_the_classes(write_model: Write) -> None:
    text = """g (float[N, 2] x) => (float[N, 2] y) {
        y = ai.onnx.ml.ZipMap <classlabels_strings = ["cat", "dog"]> (x)
    }"""
    assert find_labels(load(write_model(text))) == ("cat", "dog")


def test_a_label_lookup_names_the_classes(write_model: Write) -> None:
    text = "g (int64[N] i) => (string[N] y) { y = ai.onnx.ml.ArrayFeatureExtractor(names, i) }"
    assert find_labels(load(write_model(text, names=np.array(["cat", "dog"], dtype=object)))) == ("cat", "dog")


def test_a_file_without_names_has_none(classifier: Path) -> None:
    assert find_labels(load(classifier)) is None


@pytest.mark.parametrize(
    ("name", "content", "labels"),
    [
        ("l.txt", "tabby, tabby cat\ntiger cat\n", ("tabby, tabby cat", "tiger cat")),
        ("l.txt", "a\n\nc\n", ("a", "", "c")),
        ("l.json", '["a", "b"]', ("a", "b")),
    ],
    ids=["lines", "an empty name keeps its place", "json"],
)
def test_a_labels_file_is_read(tmp_path: Path, name: str, content: str, labels: tuple[str, ...]) -> None:
    (tmp_path / name).write_text(content)
    assert read_labels(tmp_path / name) == labels


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), (b"", "is empty"), (b"\xff\xfe\x00", "it is not UTF-8 text")],
    ids=["missing", "empty", "binary"],
)
def test_an_unreadable_labels_file_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "l.txt").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_labels(tmp_path / "l.txt")
