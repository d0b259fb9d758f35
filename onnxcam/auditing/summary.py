"""What the rows of an audit say together: shares, and each figure's mean with its interval, of all and by class."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.auditing.columns import Row, class_of
from onnxcam.metrics import Interval, interval

__all__ = ["ClassSummary", "Summary", "summarize"]


FEW = 3
"""Failures that are told."""


@dataclasses.dataclass(frozen=True, slots=True)
class ClassSummary:
    """One class, or all.

    Attributes:
        name: What the records' label is, or, where records have none, what is predicted.
        count: Records that were explained.
        accuracy: Share of right predictions; None where nobody says what is right.
        empty: Share of maps that are zero everywhere.
        figures: Each metric's mean with its interval, by name.
    """

    name: str
    count: int
    accuracy: Interval | None
    empty: float
    figures: Mapping[str, Interval]


@dataclasses.dataclass(frozen=True, slots=True)
class Summary:
    """All rows, and those of each class.

    Attributes:
        count: Records of the data set.
        failed: Records that could not be read or explained.
        failures: The first of these, with what was said of each.
        overall: All that were explained.
        classes: The same for each class, by name.
    """

    count: int
    failed: int
    failures: tuple[str, ...]
    overall: ClassSummary
    classes: tuple[ClassSummary, ...]


def summarize(rows: Iterable[Row], figures: Sequence[str]) -> Summary:
    """The summary of rows, of which their numbers alone are held."""
    columns: dict[str, list[float]] = {name: [] for name in ("is_correct", "is_empty", *figures)}
    names: list[str] = []
    failures: list[str] = []
    count = failed = 0
    for row in rows:
        count += 1
        if row["error"] is not None:
            failed += 1
            failures += [f"{row['key']}: {row['error']}"] if failed <= FEW else []
            continue
        names.append(class_of(row))
        for name, values in columns.items():
            value = row[name]
            values.append(np.nan if value is None else float(value))
    arrays = {name: np.array(values, np.float64) for name, values in columns.items()}
    of_each = np.array(names, dtype=object)
    classes = tuple(_of(name, arrays, of_each == name, figures) for name in sorted(set(names)))
    return Summary(count, failed, tuple(failures), _of("all", arrays, np.ones(len(names), bool), figures), classes)


def _of(
    name: str, arrays: Mapping[str, NDArray[np.float64]], rows: NDArray[np.bool_], figures: Sequence[str]
) -> ClassSummary:
    own: dict[str, Any] = {column: values[rows] for column, values in arrays.items()}
    known = own["is_correct"][~np.isnan(own["is_correct"])]
    return ClassSummary(
        name,
        int(rows.sum()),
        interval(known) if len(known) else None,
        float(own["is_empty"].mean()) if rows.any() else 0.0,
        {figure: interval(own[figure]) for figure in figures},
    )
