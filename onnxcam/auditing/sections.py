"""Sections that reports of rows have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from onnxcam.auditing.rows import Row
from onnxcam.auditing.tables import read_rows
from onnxcam.metrics import METRICS, Interval
from onnxcam.reporting import histogram
from onnxcam.reporting.page import Charts, Column, Table

__all__ = ["distributions", "failures", "mean_of", "watched"]

TOLD = 100
"""Failures that are told one by one."""
SHARES = {"share", "probability"}


def watched(rows: Iterable[Row], columns: Mapping[str, list[float]]) -> Iterator[Row]:
    """The rows, of which the numbers of those that were explained are noted as they pass; NaN for None."""
    for row in rows:
        if row["error"] is None:
            for name, values in columns.items():
                values.append(math.nan if row[name] is None else float(row[name]))
        yield row


def distributions(columns: Mapping[str, Sequence[float]], about: Mapping[str, str]) -> Charts:
    """A histogram of each figure that is defined for any picture; what it is, by its name."""
    charts = []
    for name, values in columns.items():
        array = np.array(values, np.float64)
        if not np.isnan(array).all():
            is_share = name not in METRICS or METRICS[name].unit in SHARES
            charts.append(histogram(name, about[name], array, limits=(0.0, 1.0) if is_share else None))
    return Charts(
        "Distributions", "How each figure varies over the pictures; the dashed line is the mean.", tuple(charts)
    )


def failures(rows_path: Path) -> Iterator[Table]:
    """What could not be read or explained, and why."""
    failed = [(row["key"], row["error"]) for row in read_rows(rows_path) if row["error"] is not None]
    about = "These pictures could not be read or explained."
    if len(failed) > TOLD:
        about += f" The first {TOLD} of {len(failed):,} are told; all are in {rows_path.name}, column error."
    columns = (Column("picture", is_number=False), Column("why", is_number=False))
    yield Table("Failures", about, columns, tuple(failed[:TOLD]))


def mean_of(one: Interval | None) -> float | None:
    """The mean, where there is one."""
    return one.mean if one is not None and one.count else None
