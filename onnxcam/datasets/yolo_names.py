"""Names of YOLO's classes: from a .yaml file, obj.names or classes.txt.

The .yaml file is read by PyYAML, since files in the wild write lists over many lines, quote and escape; nothing of it
is interpreted but text, lists and maps, so that a class called `no` keeps its name.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from onnxcam.datasets.texts import is_text, read_text
from onnxcam.errors import InputError

__all__ = ["SUFFIXES", "TEXTS", "Names", "read_names"]

SUFFIXES = (".yaml", ".yml")

FIRST = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
"""Of several .yaml files, the one that counts."""

TEXTS = ("obj.names", "classes.names", "classes.txt")


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """What a data set says of its classes.

    Attributes:
        by_index: Their names; empty where nobody says.
        file: Where they are from.
        is_yaml: Whether that is a .yaml file.
        is_pose: Whether lines of labels hold key points behind the box.
    """

    by_index: dict[int, str] = dataclasses.field(default_factory=dict)
    file: Path | None = None
    is_yaml: bool = False
    is_pose: bool = False


def read_names(root: Path, file: Path | None = None) -> Names | None:
    """The classes of the data set in `root`, from a .yaml file if one is given or there; None if none has names.

    Raises:
        InputError: The file is malformed, or PyYAML is not installed.
    """
    yamls = [file] if file else _yaml_files(root)
    for one in yamls:
        content = _load(one)
        if isinstance(content, dict) and "names" in content:
            return Names(_by_index(content["names"], one), one, is_yaml=True, is_pose="kpt_shape" in content)
    if file:
        return None
    for folder in (root, root / "labels"):
        for name in TEXTS:
            if (folder / name).is_file():
                lines = [line.strip() for line in read_text(folder / name).strip().splitlines()]
                return Names(dict(enumerate(lines)), folder / name)
    return None


def _yaml_files(root: Path) -> list[Path]:
    found = [file for file in sorted(root.iterdir()) if file.suffix.lower() in SUFFIXES and file.is_file()]
    return sorted(found, key=lambda file: file.name not in FIRST)


def _by_index(names: object, file: Path) -> dict[int, str]:
    pairs = (
        list(names.items()) if isinstance(names, dict) else list(enumerate(names)) if isinstance(names, list) else []
    )
    found = {int(n): name for n, name in pairs if str(n).isdecimal() and is_text(name)}
    if not pairs or len(found) != len(pairs):
        raise InputError(
            f"'{file}', names: neither a list of names nor a map of numbers to names. Correct it.",
            path=file,
            element="names",
        )
    return found


def _load(file: Path) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise InputError(
            f"'{file}' names the classes, and PyYAML, which reads it, is not installed. "
            'Run pip install "onnxcam[audit]", or write the names into classes.txt, one a line.',
            path=file,
        ) from error
    try:
        return yaml.load(read_text(file), Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        told = getattr(error, "problem", None) or "it cannot be read"
        raise InputError(f"'{file}', line {line}: no YAML: {told}. Correct it.", path=file, line=line) from error
    except RecursionError as error:
        raise InputError(f"'{file}', line 1: lists within lists without end. Correct it.", path=file, line=1) from error
