"""What the rows of a comparison say together: agreement, drift, how alike the maps are, and the worst cases."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Iterable, Mapping

import numpy as np

from onnxcam.auditing import Row
from onnxcam.metrics import SIMILARITIES, Interval, interval

__all__ = ["PairSummary", "Worst", "badness", "summarize"]

WORST, FEW = 20, 3
QUANTILES = (0.01, 0.05, 0.25, 0.5)


@dataclasses.dataclass(frozen=True, slots=True)
class Worst:
    """A picture on which the models are least alike.

    Attributes:
        key: The record's.
        similarity: Pearson's correlation of the maps; -1 where one map alone is constant.
        is_same: Whether both predict the same.
        drift: Of the probability of the class that is explained.
    """

    key: str
    similarity: float
    is_same: bool
    drift: float


@dataclasses.dataclass(frozen=True, slots=True)
class PairSummary:
    """All rows of a comparison.

    Attributes:
        count: Records of the data set.
        failed: Records that could not be read or explained by both.
        failures: The first of these, with what was said of each.
        agreement: Share of records of which both predict the same; None where none was explained.
        drift: Mean of the absolute drift; None where none was explained.
        similarities: Each similarity's mean with its interval, by name.
        quantiles: Each similarity's 0.01, 0.05, 0.25 and 0.5 quantiles, by name: so much of the data is below.
        worst: The pictures that are least alike, the worst first: those that are predicted differently, then those
            whose maps differ most.
    """

    count: int
    failed: int
    failures: tuple[str, ...]
    agreement: Interval | None
    drift: Interval | None
    similarities: Mapping[str, Interval]
    quantiles: Mapping[str, tuple[float, ...]]
    worst: tuple[Worst, ...]


def summarize(rows: Iterable[Row]) -> PairSummary:
    """The summary of rows, of which their numbers and the worst cases alone are held."""
    same: list[float] = []
    drifts: list[float] = []
    columns: dict[str, list[float]] = {name: [] for name in SIMILARITIES}
    worst: list[tuple[tuple[float, float, float], int, Worst]] = []
    failures: list[str] = []
    count = failed = 0
    for row in rows:
        count += 1
        if row["error"] is not None:
            failed += 1
            failures += [f"{row['key']}: {row['error']}"] if failed <= FEW else []
            continue
        same.append(float(row["is_same"]))
        drifts.append(abs(row["drift"]))
        for name, values in columns.items():
            values.append(np.nan if row[name] is None else row[name])
        heapq.heappush(worst, (badness(row), -count, _case(row)))
        if len(worst) > WORST:
            heapq.heappop(worst)
    return PairSummary(
        count,
        failed,
        tuple(failures),
        interval(same) if same else None,
        interval(drifts) if drifts else None,
        {name: interval(values) for name, values in columns.items()},
        {name: _quantiles(values) for name, values in columns.items()},
        tuple(case for _, _, case in sorted(worst, reverse=True)),
    )


def badness(row: Row) -> tuple[float, float, float]:
    """How bad a row is: what is predicted otherwise, then maps that are less alike, then the drift."""
    case = _case(row)
    return float(not case.is_same), -case.similarity, abs(case.drift)


def _case(row: Row) -> Worst:
    is_one_empty = row["first_is_empty"] != row["second_is_empty"]
    similarity = row["pearson"]
    if similarity is None:
        similarity = -1.0 if is_one_empty else 1.0
    return Worst(row["key"], similarity, row["is_same"], row["drift"])


def _quantiles(values: list[float]) -> tuple[float, ...]:
    known = np.array(values)[~np.isnan(values)] if values else np.zeros(0)
    return tuple(float(q) for q in np.quantile(known, QUANTILES)) if len(known) else ()
