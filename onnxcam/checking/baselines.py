"""The baseline: the means of an earlier day, which demands may be relative to."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from onnxcam.auditing import Row
from onnxcam.checking.findings import gather
from onnxcam.checking.policy import Policy
from onnxcam.errors import InputError

__all__ = ["means", "read_baseline", "write_baseline"]

NOT_IN_BASELINE = {
    "class_index",
    "cluster",
    "first_predicted_index",
    "label_index",
    "predicted_index",
    "second_predicted_index",
}


def read_baseline(policy: Policy) -> dict[str, Any] | None:
    """What the policy's baseline file holds; None where there is none.

    Raises:
        InputError: It is no JSON.
    """
    path = policy.baseline
    if path is None or not path.exists():
        return None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise InputError(f"the baseline '{path}' is no JSON: {error}. Write it with --update-baseline.") from error


def write_baseline(policy: Policy, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the means of each run, whole or not at all.

    Raises:
        InputError: The file cannot be written.
    """
    path = policy.baseline
    assert path is not None
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        beside.write_text(json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError(f"cannot write the baseline '{path}': {error.strerror}.", path=path) from error


def means(rows: Sequence[Row], of_run: Mapping[str, float | None]) -> dict[str, Any]:
    """The means of all figures, of all pictures and of each class; with those, the figures of the whole run."""
    names = [
        name
        for name in (rows[0] if rows else {})
        if name not in NOT_IN_BASELINE and any(isinstance(row[name], (int, float)) for row in rows)
    ]
    is_pair = bool(rows) and "is_same" in rows[0]
    figures = gather(rows, [*names, "empty", *(["agreement", "drift"] if is_pair else ["accuracy"])])

    def of(places: Any) -> dict[str, float]:
        own = {name: values[places] for name, values in figures.columns.items()}
        return {name: float(np.nanmean(values)) for name, values in own.items() if not np.isnan(values).all()}

    classes = sorted(set(figures.classes.tolist()))
    whole = {name: value for name, value in of_run.items() if value is not None}
    return {
        "overall": {**of(slice(None)), **whole},
        "classes": {name: of(figures.classes == name) for name in classes},
    }
