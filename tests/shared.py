"""Real exported models and pictures that lie beside a checkout of the project, where they do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2] / "shared"


def shared(path: str) -> Path:
    """A file below the shared material; the test skips where it is not there."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"the shared material is not beside this checkout: no {path}")
    return found


def cards() -> dict[str, dict[str, Any]]:
    """The cards of the shared models by name; none where there is no shared material."""
    return {p.parent.name: json.loads(p.read_text()) for p in sorted(SHARED.glob("models/*/card.json"))}
