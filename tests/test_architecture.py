"""A module imports only from floors below its own, and a library only where it is fenced in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "onnxcam"

# Part of the package -> floor. Parts of one floor do not know each other; explainer.py stands on what is beside it.
FLOORS = {
    "blas": 0,
    "crew": 0,
    "errors": 0,
    "notes": 1,
    "cam": 1,
    "graph": 1,
    "imaging": 1,
    "metrics": 1,
    "shortcuts": 1,
    "signals": 1,
    "datasets": 2,
    "space": 2,
    "targets": 2,
    "plan": 3,
    "autodiff": 4,
    "tellers": 4,
    "runtime": 5,
    "explanation": 6,
    "reporting": 7,
    "samples": 7,
    "forward_runs": 8,
    "passes": 8,
    "layers": 9,
    "explainer": 10,
    "exporting": 11,
    "randomising": 11,
    "auditing": 12,
    "comparing": 13,
    "checking": 14,
    "__init__": 15,
    "cli": 16,
    "__main__": 17,
}

# Library -> the only parts that may import it.
FENCES = {
    "click": {"cli"},
    "cv2": {"cam", "imaging"},
    "filelock": {"auditing"},
    "onnxruntime": {"runtime"},
    "onnxscript": {"autodiff", "exporting"},
    "jinja2": {"reporting"},
    "nibabel": {"signals"},
    "PIL": {"imaging"},
    "rich": {"cli"},
    "scipy": {"metrics", "shortcuts"},
    "sklearn": {"shortcuts"},
    "threadpoolctl": {"blas"},
    "vl_convert": {"reporting"},
}

FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(file: Path) -> str:
    """The folder or module of the package that a file belongs to."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(file: Path) -> Iterator[str]:
    """Every module that a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def breaches(file: Path) -> Iterator[str]:
    """What a file imports and must not, one sentence each."""
    place, part = file.relative_to(PACKAGE.parent), part_of(file)
    for name in imports_of(file):
        library, *path = name.split(".")
        if library in FENCES and part not in FENCES[library]:
            yield f"{place} imports {library}, which only {' and '.join(sorted(FENCES[library]))} may"
        if library != "onnxcam":
            continue
        other = path[0] if path and path[0] in FLOORS else "__init__"
        if other != part and FLOORS[other] >= FLOORS[part]:
            yield f"{place} imports onnxcam.{other} (floor {FLOORS[other]}) from floor {FLOORS[part]}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_down(file: Path) -> None:
    assert part_of(file) in FLOORS, f"{file.name} stands on no floor: add '{part_of(file)}' to FLOORS"
    assert not list(breaches(file))


def test_no_module_is_a_drawer_for_everything() -> None:
    assert not [file for file in FILES if file.stem in {"base", "common", "helpers", "misc", "utils"}]
