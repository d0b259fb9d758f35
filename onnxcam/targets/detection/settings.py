"""What a user says of a detector's head."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onnxcam.errors import InputError, nearest
from onnxcam.targets.detection.heads import DECODERS

__all__ = ["read_head"]

KEYS = ("family", "strides", "anchors", "weights", "background")


def read_head(given: str | Path | Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The settings of a head: from a decoder's name, a JSON file, or a dict.

    Raises:
        InputError: No such decoder or file, or a key that is unknown.
    """
    if given is None:
        return None
    if isinstance(given, (str, Path)) and str(given) in DECODERS:
        return {"family": str(given)}
    settings = given if isinstance(given, Mapping) else _read(Path(given))
    for key in settings:
        if key not in KEYS:
            hint = nearest(key, KEYS) or f" Known: {', '.join(KEYS)}."
            raise InputError(f"the head's settings have an unknown key '{key}'.{hint}", key=key)
    family = settings.get("family")
    if family not in DECODERS:
        hint = nearest(str(family), DECODERS) or f" Known: {', '.join(DECODERS)}."
        raise InputError(f"the head's 'family' is {family!r}.{hint}", family=family)
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        hint = nearest(str(path), DECODERS) or f" Known heads: {', '.join(DECODERS)}."
        raise InputError(f"no head or JSON file '{path}'.{hint}", path=path) from error
    except (OSError, ValueError) as error:
        raise InputError(f"the head's settings '{path}' are no JSON: {error}.", path=path) from error
    if not isinstance(settings, dict):
        raise InputError(f"the head's settings '{path}' are no JSON object, expected keys and values.", path=path)
    return settings
