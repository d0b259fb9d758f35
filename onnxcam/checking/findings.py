"""Demands against rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.auditing import Row
from onnxcam.checking.demands import Demand
from onnxcam.errors import InputError

__all__ = ["ALIASES", "FAILED", "RANDOMISATION", "Figures", "Finding", "find", "gather"]

FAILED = "failed"
"""The figure that counts the pictures that could not be read or explained."""
RANDOMISATION = "randomisation"
"""The figure of a whole audit: the mean rank correlation at the end of its randomisation test."""
EXAMPLES = 5

Column = Callable[[Row], float | None]

ALIASES: dict[str, Column] = {
    "accuracy": lambda row: row.get("is_correct"),
    "agreement": lambda row: row.get("is_same"),
    "drift": lambda row: None if row.get("drift") is None else abs(row["drift"]),
    "empty": lambda row: row.get("is_empty", row.get("second_is_empty")),
}
"""Figures that are called otherwise than their column: shares of right and of same predictions, of maps that are zero
everywhere (in a comparison the second model's), and the absolute drift."""


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one demand, for all pictures or one class.

    Attributes:
        run: The run's name.
        demand: What is demanded.
        class_name: Of which class; None for all pictures.
        value: What was measured: a mean, or the share of pictures, in percent, that are as demanded; None where the
            figure is not defined for any.
        wanted: What it was held against.
        is_passed: Whether it is as demanded.
        message: The same in words.
        examples: Keys of pictures that are not as demanded, the worst first: where each is held against it, or pulls a
            mean that misses it.
    """

    run: str
    demand: Demand
    class_name: str | None
    value: float | None
    wanted: float
    is_passed: bool
    message: str
    examples: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a run's rows.

    Attributes:
        keys: The record of each row that was explained.
        classes: Its class: the label, or what is predicted.
        columns: Each figure that is asked for, NaN where it is not defined.
        failed: Rows that were not explained.
    """

    keys: tuple[str, ...]
    classes: NDArray[Any]
    columns: Mapping[str, NDArray[np.float64]]
    failed: tuple[str, ...]


def gather(rows: Iterable[Row], names: Iterable[str]) -> Figures:
    """The columns of those names, which are the rows' own or in `ALIASES`."""
    wanted = [name for name in dict.fromkeys(names) if name not in (FAILED, RANDOMISATION)]
    values: dict[str, list[float]] = {name: [] for name in wanted}
    keys, classes, failed = [], [], []
    for row in rows:
        if row["error"] is not None:
            failed.append(row["key"])
            continue
        keys.append(row["key"])
        classes.append(_class_of(row))
        for name in wanted:
            found = ALIASES[name](row) if name in ALIASES else row[name]
            values[name].append(np.nan if found is None else float(found))
    columns = {name: np.array(of_one, np.float64) for name, of_one in values.items()}
    return Figures(tuple(keys), np.array(classes, dtype=object), columns, tuple(failed))


def _class_of(row: Row) -> str:
    """The label; where there is none, what is predicted."""
    named = ("label", "predicted", "first_predicted", "predicted_index", "first_predicted_index")
    return next(str(row[name]) for name in named if row.get(name) is not None)


def find(
    run: str,
    demand: Demand,
    figures: Figures,
    baseline: Mapping[str, Any] | None,
    of_run: Mapping[str, float | None] = MappingProxyType({}),
) -> list[Finding]:
    """What there is of one demand: one finding, or one for each class.

    Args:
        run: The run's name.
        demand: What is demanded.
        figures: The numbers of its rows.
        baseline: What the baseline file holds, None where there is none.
        of_run: Figures of the whole run, which no row has; None for one that is not defined.

    Raises:
        InputError: A class that no picture is of, or a baseline that lacks the figure.
    """
    if demand.figure == FAILED:
        return [_failed(run, demand, figures)]
    if demand.figure in of_run:
        return [_whole(run, demand, of_run[demand.figure], baseline)]
    if demand.is_each:
        names: Sequence[str | None] = sorted(set(figures.classes.tolist()))
    else:
        names = [demand.class_name]
    return [_of(run, demand, figures, name, baseline) for name in names]


def _whole(run: str, demand: Demand, value: float | None, baseline: Mapping[str, Any] | None) -> Finding:
    wanted = demand.number + (_from_baseline(run, demand, None, baseline) if demand.is_relative else 0.0)
    if value is None:
        return Finding(run, demand, None, None, wanted, False, f"{demand.figure} is not defined")
    message = f"{demand.figure} is {value:.4g}, demanded is {demand.sign} {wanted:.4g}"
    return Finding(run, demand, None, value, wanted, demand.holds(value, wanted), message)


def _failed(run: str, demand: Demand, figures: Figures) -> Finding:
    count = float(len(figures.failed))
    is_passed = demand.holds(count, demand.number)
    message = f"{len(figures.failed)} pictures could not be read or explained"
    return Finding(run, demand, None, count, demand.number, is_passed, message, figures.failed[:EXAMPLES])


def _of(run: str, demand: Demand, figures: Figures, name: str | None, baseline: Mapping[str, Any] | None) -> Finding:
    rows = np.ones(len(figures.keys), bool) if name is None else figures.classes == name
    if name is not None and not rows.any():
        raise InputError(f"'{demand.text}': no picture is of class '{name}'.", demand=demand.text)
    values, keys = figures.columns[demand.figure][rows], np.array(figures.keys, dtype=object)[rows]
    wanted = demand.number + (_from_baseline(run, demand, name, baseline) if demand.is_relative else 0.0)
    of = "" if name is None else f" of class '{name}'"
    good = np.array([not np.isnan(v) and demand.holds(float(v), wanted) for v in values], bool)

    def worst_of(chosen: NDArray[np.bool_]) -> tuple[str, ...]:
        ascending = values if demand.sign.startswith(">") else -values
        order = np.argsort(np.where(np.isnan(values), -np.inf, ascending), kind="stable")
        return tuple(str(keys[i]) for i in order if chosen[i])[:EXAMPLES]

    if demand.percent is None:
        known = values[~np.isnan(values)]
        if not len(known):
            return Finding(
                run, demand, name, None, wanted, False, f"{demand.figure}{of} is not defined for any picture"
            )
        mean = float(known.mean())
        message = f"the mean of {demand.figure}{of} is {mean:.4g}, demanded is {demand.sign} {wanted:.4g}"
        is_passed = demand.holds(mean, wanted)
        return Finding(
            run,
            demand,
            name,
            mean,
            wanted,
            is_passed,
            message,
            () if is_passed else worst_of(~good & ~np.isnan(values)),
        )
    share = 100 * float(good.mean()) if len(good) else 0.0
    message = (
        f"{demand.figure}{of} is {demand.sign} {wanted:.4g} on {share:.4g} % of pictures, demanded are "
        f"{demand.percent:g} %"
    )
    return Finding(run, demand, name, share, wanted, share >= demand.percent, message, worst_of(~good))


def _from_baseline(run: str, demand: Demand, name: str | None, baseline: Mapping[str, Any] | None) -> float:
    if baseline is None:
        raise InputError(
            f"'{demand.text}' is relative to a baseline, and there is none. Name the file in the policy, baseline = "
            '"baseline.json", and write it with --update-baseline.',
            demand=demand.text,
        )
    of_run = baseline.get(run, {})
    found = (of_run.get("overall") if name is None else of_run.get("classes", {}).get(name)) or {}
    if demand.figure not in found:
        of = "" if name is None else f" for class '{name}'"
        raise InputError(
            f"'{demand.text}': the baseline has no {demand.figure}{of} of '{run}'. Write it anew with "
            "--update-baseline.",
            demand=demand.text,
        )
    return float(found[demand.figure])
