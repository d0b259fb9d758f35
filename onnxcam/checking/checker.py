"""A policy carried out: what it names is run, and what it demands is held against the rows."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from onnxcam.auditing import Row
from onnxcam.auditing.columns import SEARCHED
from onnxcam.auditing.rows import cheap
from onnxcam.auditing.tables import read_rows
from onnxcam.checking.baselines import means, read_baseline, write_baseline
from onnxcam.checking.demands import Demand
from onnxcam.checking.findings import FAILED, RANDOMISATION, Finding, find, gather
from onnxcam.checking.kinds import KINDS, Finished
from onnxcam.checking.policy import Policy, Run, read_policy
from onnxcam.checking.report import Outcome, report_check
from onnxcam.checking.result import Check
from onnxcam.errors import InputError
from onnxcam.metrics import METRICS
from onnxcam.reporting import missing_packages
from onnxcam.reporting.page import Card
from onnxcam.shortcuts import require_scikit_learn

__all__ = ["check"]

ALL_READ = Demand("failed <= 0", FAILED, "<=", 0.0)
"""Demanded of every run whose policy says nothing else."""


def check(
    policy: str | Path,
    folder: str | Path = "check",
    *,
    update_baseline: bool = False,
    is_fresh: bool = False,
    has_report: bool = True,
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
        has_report: Whether to write `report.html` and `report.json`, beside those of the runs; it takes the extra
            `audit`.
        report: Called after each batch with the run, the rows that are done, and their number in all.

    Raises:
        InputError: A policy that is none, with its line; a figure or class that there is not; no baseline; demands on
            clusters of maps without scikit-learn.
        OnnxcamError: A model cannot be explained.
    """
    read, folder = read_policy(policy), Path(folder)
    if any(demand.figure in SEARCHED for run in read.runs for demand in run.demands):
        require_scikit_learn()
    if update_baseline and read.baseline is None:
        raise InputError(
            f"the policy '{read.path}' names no baseline file to write. Add baseline = \"baseline.json\".",
            path=read.path,
        )
    baseline = None if update_baseline else read_baseline(read)
    missing = missing_packages() if has_report else None
    written: dict[str, Any] = {}
    outcomes = []
    for run in read.runs:
        told = None if report is None else (lambda done, total, run=run: report(run, done, total))
        with _carried_out(run, folder / run.name, told, is_fresh=is_fresh) as finished:
            rows = [row | {"grid": None} for row in read_rows(finished.rows_path)]  # no demand is about it
            of_run = _of_run(finished)
            if update_baseline:
                baseline = {run.name: means(rows, of_run)}
                written |= baseline
            findings = _of(read, run, rows, of_run, baseline)
            cards = _shown(run, finished, findings) if has_report and missing is None else None
        outcomes.append(Outcome(run, finished.summary.count, findings, cards, finished.notes))
    if update_baseline:
        write_baseline(read, written)
    notes = [f"{one.run.name}: {note}" for one in outcomes for note in one.notes] + ([missing] if missing else [])
    all_notes = tuple(dict.fromkeys(notes))
    page = report_check(read, outcomes, all_notes, folder) if has_report and missing is None else None
    return Check(read, tuple(found for one in outcomes for found in one.findings), all_notes, page)


def _of_run(finished: Finished) -> dict[str, float | None]:
    """Figures of the whole run, which no row has."""
    test = getattr(finished, "randomisation", None)
    return {RANDOMISATION: None if test is None else test.final}


def _shown(run: Run, finished: Finished, findings: Sequence[Finding]) -> Mapping[str, Card] | None:
    """The pictures of the run's own report, those of missed findings among them."""
    examples = {key for one in findings if not one.is_passed for key in one.examples}
    return KINDS[run.kind].show(run.arguments, finished, examples)


@contextlib.contextmanager
def _carried_out(run: Run, folder: Path, report: Any, *, is_fresh: bool) -> Iterator[Finished]:
    """What came of a run: one that was stopped is gone on with, one that is finished or was made otherwise is not."""
    kind = KINDS[run.kind]
    start = functools.partial(kind.carry_out, _arguments(run), folder, report)
    header = folder / kind.header
    is_finished = header.exists() and json.loads(header.read_text(encoding="utf-8"))["complete"] is True
    with contextlib.ExitStack() as held:
        try:
            finished = held.enter_context(start(is_fresh=is_fresh or is_finished))
        except InputError as error:
            if "changed" not in error.facts:
                raise
            finished = held.enter_context(start(is_fresh=True))
        yield finished


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
) -> tuple[Finding, ...]:
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
    return tuple(found)
