"""What a run leaves behind: file names, the checks before anything is written, and JSON whole or not at all."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.cli.sources import Source
from onnxcam.errors import InputError
from onnxcam.explanation import Explanation

__all__ = ["RECORD", "check_folder", "describe", "dump", "make_folder", "picture_names", "write_json"]

RECORD = "explanations.json"
NAME_LENGTH = 100
TOP = 5


def picture_names(sources: Sequence[Source], maps: int = 1) -> list[list[str]]:
    """For each input a file name for each of its overlays.

    It is the input's stem, made safe, and no two are alike even where case does not count; of several, numbered.
    """
    taken: set[str] = set()
    names = []
    for source in sources:
        name = source.path.stem.removesuffix(".nii") if source.path.suffix == ".gz" else source.path.stem
        stem = re.sub(r"[^\w-]+", "_", name, flags=re.ASCII).strip("_")[:NAME_LENGTH] or "input"
        stem = f"{stem}-{source.row}" if source.rows > 1 else stem
        unique, count = stem, 1
        while unique.lower() in taken:
            count += 1
            unique = f"{stem}-{count}"
        taken.add(unique.lower())
        names.append([f"{unique}.png"] if maps == 1 else [f"{unique}.{i + 1}.png" for i in range(maps)])
    return names


def check_folder(
    folder: Path, names: Iterable[str], inputs: Iterable[Path], *, is_forced: bool, option: str = "-o"
) -> None:
    """Refuse a folder that cannot be written to, and files that would be overwritten; nothing is made.

    Existing files may be overwritten when `is_forced`, the inputs never.

    Raises:
        InputError: With `path`.
    """
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not existing.is_dir():
        raise InputError(
            f"cannot write to '{folder}': '{existing}' is no folder. Choose another with {option}.", path=folder
        )
    if not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(
            f"cannot write to '{folder}': permission denied. Choose another folder with {option}.", path=folder
        )
    present = [name for name in names if (folder / name).exists()]
    own = {path.resolve() for path in inputs} & {(folder / name).resolve() for name in present}
    if own:
        raise InputError(f"the overlay would overwrite the input '{min(own)}'. Choose another folder with -o.")
    if present and not is_forced:
        more = f", and {len(present) - 1} more" if len(present) > 1 else ""
        raise InputError(
            f"'{folder / present[0]}' exists{more}. Overwrite with --force, or choose another folder with {option}.",
            path=folder / present[0],
        )


def make_folder(folder: Path) -> None:
    """Make the folder.

    Raises:
        InputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder '{folder}' cannot be made: {error.strerror}. Choose another with -o.", path=folder
        ) from error


def describe(result: Explanation, index: int, labels: Sequence[str] | None, class_axis: int = 1) -> dict[str, Any]:
    """What is known of one map, ready for JSON."""
    class_index = int(result.class_index[index])
    return {
        "target": result.target[index],
        "class_index": class_index if class_index >= 0 else None,
        "class_name": result.class_name[index] if class_index >= 0 else None,
        "score": _number(result.score[index]),
        "top5": _top(_scores(result, index, class_axis), result.logits.ndim > 2, labels),
        "peak": _peak(result, index),
    }


def dump(record: object) -> str:
    """JSON for people and machines: indented, ASCII, one newline at the end."""
    return json.dumps(record, indent=2) + "\n"


def write_json(path: Path, record: object) -> None:
    """Write JSON, whole or not at all; an existing file is replaced.

    Raises:
        InputError: The file cannot be written.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        try:
            with beside.open("x", encoding="utf-8") as file:
                file.write(dump(record))
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"cannot write '{path}': {error.strerror}. Choose another place.", path=path) from error


def _number(value: Any) -> float:
    """A float32 as the shortest decimal that reads back as the same float32."""
    return float(str(np.float32(value)))


def _top(scores: NDArray[np.float64], has_places: bool, labels: Sequence[str] | None) -> list[dict[str, Any]]:
    """The five highest scores of a sample; `softmax` is over all its scores, None where they have places."""
    weights = np.exp(scores - scores.max())
    shares = weights / weights.sum()
    return [
        {
            "class_index": int(i),
            "class_name": labels[i] if labels is not None and i < len(labels) else None,
            "score": _number(scores[i]),
            "softmax": None if has_places else round(float(shares[i]), 6),
        }
        for i in np.argsort(-scores, kind="stable")[:TOP]
    ]


def _scores(result: Explanation, index: int, class_axis: int) -> NDArray[np.float64]:
    """A sample's scores, (C,), summed over places."""
    logits = result.logits.astype(np.float64)
    if logits.ndim < 2:
        return logits.reshape(-1)
    by_class = np.moveaxis(logits[int(result.sample[index])], class_axis - 1, 0)
    summed: NDArray[np.float64] = by_class.reshape(len(by_class), -1).sum(axis=1)
    return summed


def _peak(result: Explanation, index: int) -> dict[str, Any] | None:
    """Where the map is largest: in pixels of the original picture, or the index in a tensor; None for an empty map.

    For a sound or a volume also where that lies in its file, `in_file`, and for a sound when, in seconds.
    """
    saliency = result.map[index]
    if result.pictures:
        saliency = result.pictures[int(result.sample[index])].geometry.to_original(saliency)
    if not saliency.any():
        return None
    place = [int(i) for i in np.unravel_index(np.argmax(saliency), saliency.shape)]
    if len(place) == 2:
        return {"x": place[1], "y": place[0]}
    backdrop = result.backdrops[int(result.sample[index])] if result.backdrops else None
    if backdrop is None or not backdrop.start:
        return {"index": place}
    in_file = [start + at for start, at in zip(backdrop.start, place, strict=True)]
    seconds = {"seconds": round(in_file[0] / backdrop.rate, 6)} if backdrop.rate else {}
    return {"index": place, "in_file": in_file, **seconds}
