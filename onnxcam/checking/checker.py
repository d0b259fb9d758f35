"""A policy carried out: what it names is run, and what it demands is held against the rows."""

from __future__ import annotations

import dataclasses
import functools
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from onnxcam.auditing import Row
from onnxcam.auditing.columns import SEARCHED
from onnxcam.auditing.rows import cheap
from onnxcam.auditing.tables import read_rows
from onnxcam.checking.demands import Demand
from onnxcam.checking.findings import FAILED, RANDOMISATION, Finding, find, gather
from onnxcam.checking.policy import KINDS, Policy, Run, read_policy
from onnxcam.errors import InputError
from onnxcam.metrics import METRICS
from onnxcam.shortcuts import require_scikit_learn

__all__ = ["Check", "check"]

NOT_IN_BASELINE = {
    "class_index",
    "cluster",
    "first_predicted_index",
    "label_index",
    "predicted_index",
    "second_predicted_index",
}
HEADERS = {"audit": "audit.json", "compare": "comparison.json"}
ALL_READ = Demand("failed <= 0", FAILED, "<=", 0.0)
"""Demanded of every run whose policy says nothing else."""


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """What came of a policy.

    Attributes:
        policy: The policy.
        findings: What was found of each demand, in the policy's order.
        notes: What the reader must know.
    """

    policy: Policy
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is as demanded."""
        return all(one.is_passed for one in self.findings)

    @property
    def missed(self) -> tuple[Finding, ...]:
        """The findings that are not."""
        return tuple(one for one in self.findings if not one.is_passed)


def check(
    policy: str | Path,
    folder: str | Path = "check",
    *,
    update_baseline: bool = False,
    is_fresh: bool = False,
    report: Callable[[Run, int, int | None], None] | None = None,
) -> Check:
    """Run what a policy names, and hold its demands against what is found.

    Audits and comparisons are streamed into folders of their names, and gone on with where they were stopped. What an
    earlier check finished is run again: a gate is about the models and data of now.

    Args:
        policy: A TOML file; see `onnxcam.checking.policy`.
        folder: Where rows are written.
        update_baseline: Whether to write the baseline file from what is found; demands relative to it hold then.
        is_fresh: Whether to drop what an earlier check left in the folder.
        report: Called after each batch with the run, the rows that are done, and their number in all.

    Raises:
        InputError: A policy that is none, with its line; a figure or class that there is not; no baseline; demands on
            clusters of maps without scikit-learn.
        OnnxcamError: A model cannot be explained.
    """
    read = read_policy(policy)
    if any(demand.figure in SEARCHED for run in read.runs for demand in run.demands):
        require_scikit_learn()
    found: dict[str, list[Row]] = {}
    of_run: dict[str, dict[str, float | None]] = {}
    notes: dict[str, None] = {}
    for run in read.runs:
        told = None if report is None else (lambda done, total, run=run: report(run, done, total))
        result = _carried_out(run, Path(folder) / run.name, told, is_fresh=is_fresh)
        found[run.name] = [row | {"grid": None} for row in read_rows(result.rows_path)]  # no demand is about it
        test = getattr(result, "randomisation", None)
        of_run[run.name] = {RANDOMISATION: None if test is None else test.final}
        notes |= dict.fromkeys(f"{run.name}: {note}" for note in result.notes)
    baseline = _baseline(read, found, of_run, is_new=update_baseline)
    findings = [one for run in read.runs for one in _of(read, run, found[run.name], of_run[run.name], baseline)]
    return Check(read, tuple(findings), tuple(notes))


def _carried_out(run: Run, folder: Path, report: Any, *, is_fresh: bool) -> Any:
    """What came of a run: one that was stopped is gone on with, one that is finished or was made otherwise is not."""
    start = functools.partial(KINDS[run.kind], **_arguments(run), folder=folder, rows="jsonl", report=report)
    header = folder / HEADERS[run.kind]
    try:
        is_finished = header.exists() and json.loads(header.read_text(encoding="utf-8"))["complete"] is True
        return start(is_fresh=is_fresh or is_finished)
    except InputError as error:
        if "changed" not in error.facts:
            raise
        return start(is_fresh=True)


def _arguments(run: Run) -> dict[str, Any]:
    """A run's arguments; an audit whose metrics are not said measures those that are demanded too."""
    asked = [one.figure for one in run.demands if one.figure in METRICS]
    if run.kind != "audit" or "metrics" in run.arguments:
        return dict(run.arguments)
    return {**run.arguments, "metrics": tuple(dict.fromkeys([*(one.name for one in cheap()), *asked]))}


def _of(
    policy: Policy,
    run: Run,
    rows: list[Row],
    of_run: Mapping[str, float | None],
    baseline: Mapping[str, Any] | None,
) -> list[Finding]:
    """The findings of a run; an error names the demand's line."""
    demands = list(run.demands)
    if all(one.figure != FAILED for one in demands):
        demands.append(dataclasses.replace(ALL_READ, line=run.line))
    found = []
    for demand in demands:
        try:
            found += find(run.name, demand, gather(rows, [demand.figure]), baseline, of_run)
        except InputError as error:
            raise InputError(
                f"the policy '{policy.path}', line {demand.line}: {error}", path=policy.path, line=demand.line
            ) from error
    return found


def _baseline(
    policy: Policy,
    found: Mapping[str, list[Row]],
    of_run: Mapping[str, Mapping[str, float | None]],
    *,
    is_new: bool,
) -> dict[str, Any] | None:
    """What relative demands are relative to; written anew where that is asked for."""
    path = policy.baseline
    if is_new:
        if path is None:
            raise InputError(
                f"the policy '{policy.path}' names no baseline file to write. Add baseline = \"baseline.json\".",
                path=policy.path,
            )
        written = {name: _means(rows) for name, rows in found.items()}
        for name, figures in of_run.items():
            written[name]["overall"] |= {figure: value for figure, value in figures.items() if value is not None}
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        beside.write_text(json.dumps(written, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(path)
        return written
    if path is None or not path.exists():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"the baseline '{path}' is no JSON: {error}. Write it with --update-baseline.") from error
    return dict(read)


def _means(rows: list[Row]) -> dict[str, Any]:
    """The means of all figures, of all pictures and of each class."""
    names = [
        name
        for name in (rows[0] if rows else {})
        if name not in NOT_IN_BASELINE and any(isinstance(row[name], (int, float)) for row in rows)
    ]
    is_pair = bool(rows) and "is_same" in rows[0]
    figures = gather(rows, [*names, "empty", *(["agreement", "drift"] if is_pair else ["accuracy"])])

    def means(places: Any) -> dict[str, float]:
        own = {name: values[places] for name, values in figures.columns.items()}
        return {name: float(np.nanmean(values)) for name, values in own.items() if not np.isnan(values).all()}

    classes = sorted(set(figures.classes.tolist()))
    return {"overall": means(slice(None)), "classes": {name: means(figures.classes == name) for name in classes}}
