"""The page's folder on disk: its files, the model, the runtime, and `config.json`."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path, PurePosixPath

from onnxcam.errors import InputError
from onnxcam.exporting.web.config import PageConfig, config_text
from onnxcam.exporting.web.runtime_files import RUNTIME_FILES, version_of

__all__ = ["write_page"]

MODEL, CONFIG = "model.onnx", "config.json"


def write_page(
    folder: Path,
    model: Path,
    config: PageConfig,
    runtime: Path,
    *,
    weights: Sequence[str] = (),
    samples: Sequence[Path] = (),
    is_forced: bool = False,
) -> tuple[Path, ...]:
    """Write a page that explains pictures with the exported model at `model`; any web server can hand it out.

    Args:
        folder: Where to; made if need be. Files that are no part of the page stay.
        model: The exported model, with `config.target_input` as a required input.
        config: What the page shows, and what the model takes and gives.
        runtime: What `find_runtime` found.
        weights: Locations of the model's external data, as the file names them, relative to its folder.
        samples: Pictures that the page offers to try.
        is_forced: Whether files that are there may be replaced.

    Returns:
        The files written; `index.html` is the first.

    Raises:
        InputError: A file is there already, cannot be read, or cannot be written; with `path`.
    """
    copies = dict(_copies(model, runtime, weights, samples))
    sizes = {name: _size(source) for name, source in copies.items() if isinstance(source, Path)}
    tried = [name for name in copies if name.startswith("samples/")]
    text = config_text(
        config,
        {
            "model": MODEL,
            "bytes": sum(sizes[name] for name in (MODEL, *map(_weight, weights))),
            "weights": [{"location": location, "file": _weight(location)} for location in weights],
            "samples": [{"file": n, "name": p.name} for n, p in zip(tried, samples, strict=True)],
            "runtime": f"runtime/{RUNTIME_FILES[0]}",
            "runtime_version": version_of(runtime),
        },
    )
    present = [name for name in (*copies, CONFIG) if (folder / name).exists()]
    if present and not is_forced:
        more = f", and {len(present) - 1} more" if len(present) > 1 else ""
        raise InputError(
            f"'{folder / present[0]}' exists{more}. Overwrite with --force, or choose another folder.",
            path=folder / present[0],
        )
    for name, source in copies.items():
        _put(source, folder / name)
    _put(text, folder / CONFIG)
    return tuple(folder / name for name in (*copies, CONFIG))


def _copies(
    model: Path, runtime: Path, weights: Sequence[str], samples: Sequence[Path]
) -> Iterator[tuple[str, Path | bytes]]:
    """Name in the page's folder -> what it is a copy of."""
    page = sorted(files("onnxcam.exporting.web").joinpath("page").iterdir(), key=lambda file: file.name)
    for file in sorted(page, key=lambda file: file.name != "index.html"):
        yield file.name, file.read_bytes()
    yield from ((f"runtime/{name}", runtime / name) for name in RUNTIME_FILES)
    yield MODEL, model
    yield from ((_weight(location), model.parent / location) for location in weights)
    for index, sample in enumerate(samples):
        stem = re.sub(r"[^\w-]+", "_", sample.stem, flags=re.ASCII)[:60]
        suffix = re.sub(r"[^\w.]+", "", sample.suffix, flags=re.ASCII)
        yield f"samples/{index + 1}-{stem}{suffix}", sample


def _weight(location: str) -> str:
    """Where the page keeps external data, which lies in the model's folder or below.

    Raises:
        InputError: It lies elsewhere.
    """
    path = PurePosixPath(location.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise InputError(f"the weights '{location}' lie outside of the model's folder.", path=location)
    return str("weights" / path)


def _size(path: Path) -> int:
    """Bytes of a file that is to be copied.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}. Check the path.", path=path) from error


def _put(source: Path | bytes | str, target: Path) -> None:
    """Write one file, whole or not at all."""
    if isinstance(source, Path) and target.exists() and source.samefile(target):
        return
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if isinstance(source, Path):
                shutil.copyfile(source, beside)
            else:
                beside.write_bytes(source.encode() if isinstance(source, str) else source)
            os.replace(beside, target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"cannot write '{target}': {error.strerror}. Choose another folder.", path=target) from error
