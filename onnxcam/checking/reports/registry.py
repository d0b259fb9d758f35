"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from onnxcam.checking.result import Check

__all__ = ["REPORTS", "Report", "report_format"]

Report: TypeAlias = Callable[[Check], str]
"""From what a check found to a file's text."""

REPORTS: dict[str, Report] = {}


def report_format(name: str) -> Callable[[Report], Report]:
    """Register the decorated function under `name`, and return it unchanged."""

    def register(function: Report) -> Report:
        if name in REPORTS:
            raise ValueError(f"the report format '{name}' is registered twice")
        REPORTS[name] = function
        return function

    return register
