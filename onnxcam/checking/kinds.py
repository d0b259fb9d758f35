"""What a policy can run, and how: an audit or a comparison, in a folder of its own."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from onnxcam.auditing import Settings, audit
from onnxcam.auditing import carrying_out as auditing
from onnxcam.auditing.report import report_audit
from onnxcam.auditing.streaming import Report
from onnxcam.comparing import carrying_out as comparing
from onnxcam.comparing import compare
from onnxcam.comparing.report import report_comparison
from onnxcam.datasets import DataSet, open_dataset
from onnxcam.reporting.page import Card

__all__ = ["KINDS", "Finished", "Kind"]

Finished = auditing.Finished | comparing.Finished
REPORT = {"has_report": True, "report_pictures": 200}
"""What a run's page is made with, unless the policy says otherwise."""
SETTINGS = {field.name for field in dataclasses.fields(Settings)}
SECOND = "second_"


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """What a policy can run.

    Attributes:
        function: The public function whose arguments a policy's table has.
        header: The file that says in a folder how far a run is.
        carry_out: Makes the rows, in a folder that is locked as long as it lasts.
        show: Writes the page, with some pictures in any case, which all lie beside it; gives its cards, None where
            the policy wants no page.
    """

    function: Callable[..., Any]
    header: str
    carry_out: Callable[..., contextlib.AbstractContextManager[Finished]]
    show: Callable[..., Mapping[str, Card] | None]


def _audit(
    arguments: Mapping[str, Any], folder: Path, report: Report | None, *, is_fresh: bool
) -> contextlib.AbstractContextManager[Finished]:
    settings, dataset, rest = _parted(arguments)
    return auditing.carry_out(
        Settings.of(**settings), dataset, folder, rows="jsonl", is_fresh=is_fresh, report=report, **rest
    )


def _compare(
    arguments: Mapping[str, Any], folder: Path, report: Report | None, *, is_fresh: bool
) -> contextlib.AbstractContextManager[Finished]:
    settings, dataset, rest = _parted(arguments)
    first, second = rest.pop("first"), rest.pop("second")
    theirs = {**settings, "target": "predicted", "layer": None, "output": None}
    theirs |= {name.removeprefix(SECOND): rest.pop(name) for name in list(rest) if name.startswith(SECOND)}
    pair = Settings.of(first, **settings), Settings.of(second, **theirs)
    return comparing.carry_out(*pair, dataset, folder, rows="jsonl", is_fresh=is_fresh, report=report, **rest)


def _parted(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], DataSet, dict[str, Any]]:
    """Those that are settings of a model, the data set, and the others."""
    rest = {name: value for name, value in arguments.items() if name not in REPORT}
    dataset = open_dataset(rest.pop("dataset"), rest.pop("dataset_format", "auto"))
    settings = {name: rest.pop(name) for name in list(rest) if name in SETTINGS}
    return settings, dataset, rest


def _shown(report: Callable[..., Any]) -> Callable[..., Mapping[str, Card] | None]:
    def show(arguments: Mapping[str, Any], finished: Finished, wanted: Collection[str]) -> Mapping[str, Card] | None:
        asked = {**REPORT, **arguments}
        if not asked["has_report"]:
            return None
        cards: Mapping[str, Card] = report(finished, asked["report_pictures"], wanted=wanted, is_within=False).cards
        return cards

    return show


KINDS: dict[str, Kind] = {
    "audit": Kind(audit, "audit.json", _audit, _shown(report_audit)),
    "compare": Kind(compare, "comparison.json", _compare, _shown(report_comparison)),
}
