"""The names of the classes, where the file holds them."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import onnx_ir as ir

from onnxcam.errors import InputError
from onnxcam.graph import Model

__all__ = ["find_labels", "parse_labels", "read_labels"]

INDEX = re.compile(r"[0-9]{1,6}")
"""A class index; what is longer would make a tuple that fills the memory."""

METADATA_KEYS = ("names", "labels", "classes", "class_names")


def find_labels(model: Model) -> tuple[str, ...] | None:
    """Class names by index, from a ZipMap, a label lookup or the model's metadata; None when the file has none.

    Metadata is read under the keys `names`, `labels`, `classes` and `class_names`: a list or a dict by index, as JSON
    or as a Python literal (Ultralytics writes the latter), or names separated by commas or newlines.
    """
    for node in model.graph:
        names = _of_node(model, node)
        if names is not None:
            return names
    for key in METADATA_KEYS:
        if key in model.metadata:
            return _parsed(model.metadata[key])
    return None


def read_labels(path: str | Path) -> tuple[str, ...]:
    """Class names from a text file, one a line by index, or from a JSON list or dict.

    Raises:
        InputError: The file is missing, empty or not text.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"the labels file '{path}' cannot be read: {why}.", path=path) from error
    try:
        return parse_labels(text, path.name)
    except InputError as error:
        raise InputError(f"the labels file '{path}': {error}", path=path) from error


def parse_labels(text: str, name: str) -> tuple[str, ...]:
    """The class names in the text of a file called `name`: one a line by index, or a JSON list or dict.

    Raises:
        InputError: It is empty.
    """
    if not text.strip():
        raise InputError("it is empty. Write one class name a line.")
    if name.endswith(".json"):
        return _parsed(text)
    return tuple(line.strip() for line in text.rstrip().splitlines())


def _of_node(model: Model, node: ir.Node) -> tuple[str, ...] | None:
    if node.op_type == "ZipMap":
        for attribute in ("classlabels_strings", "classlabels_int64s"):
            if attribute in node.attributes:
                return tuple(str(v) for v in node.attributes[attribute].value)
    if node.op_type == "ArrayFeatureExtractor" and model.constants.is_constant(node.inputs[0]):
        array = model.constants.array(node.inputs[0])
        if array is not None:
            return tuple(v.decode() if isinstance(v, bytes) else str(v) for v in array.reshape(-1))
    return None


def _parsed(text: str) -> tuple[str, ...]:
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, dict):
            by_index = {int(k): str(v) for k, v in found.items() if INDEX.fullmatch(str(k))}
            return tuple(by_index.get(i, str(i)) for i in range(max(by_index, default=-1) + 1))
        if isinstance(found, (list, tuple)):
            return tuple(str(v) for v in found)
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())
