"""The exported file on disk: whole or not at all, its external data beside it."""

from __future__ import annotations

import filecmp
import os
import secrets
import shutil
from pathlib import Path

import onnx_ir as ir

from onnxcam.errors import ModelError
from onnxcam.graph import external_tensors, save

__all__ = ["write"]


def write(model: ir.Model, source: Path, path: Path) -> tuple[Path, ...]:
    """Write `model` to `path`, behind the files of weights that it shares with the model at `source`.

    These are copied where `path` is in another folder, and nothing of them is read into memory.

    Returns:
        The files that were written.

    Raises:
        ModelError: A folder that cannot be written to, or another file where one of weights should be.
    """
    here, there = source.resolve().parent, path.resolve().parent
    locations = sorted({str(t.location) for t in external_tensors(model)}) if here != there else []
    copied = [path.parent / location for location in locations if _copy(here / location, there / location)]
    save(model, path)
    return (*copied, path)


def _copy(source: Path, target: Path) -> bool:
    """Copy a file of weights, unless it is there."""
    if target.exists():
        if filecmp.cmp(source, target, shallow=False):
            return False
        raise ModelError(
            f"'{target}' exists and is not the weights of the model. Choose another folder, or remove it.", path=target
        )
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source, temporary)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ModelError(f"'{target}' cannot be written: {error.strerror}.", path=target) from error
    return True
