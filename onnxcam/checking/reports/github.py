"""Annotations of GitHub Actions: lines on stdout that a workflow shows beside the policy."""

from __future__ import annotations

from onnxcam.checking.reports.registry import report_format
from onnxcam.checking.result import Check

__all__ = ["github"]


@report_format("github")
def github(check: Check) -> str:
    """A line for each finding that is missed."""
    lines = []
    for one in check.missed:
        title = _property(f"{one.run}: {one.demand.text}")
        where = f"file={_property(str(check.policy.path))},line={one.demand.line or 1},title={title}"
        examples = f" Such as {', '.join(one.examples)}." if one.examples else ""
        lines.append(f"::error {where}::{_message(f'{one.message}.{examples}')}")
    return "".join(f"{line}\n" for line in lines)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
