"""JSON."""

from __future__ import annotations

import json

from onnxcam.checking.reports.registry import report_format
from onnxcam.checking.result import Check

__all__ = ["plain"]

SCHEMA_VERSION = 1


@report_format("json")
def plain(check: Check) -> str:
    """Every finding."""
    record = {
        "schema": "onnxcam.check",
        "schema_version": SCHEMA_VERSION,
        "policy": str(check.policy.path),
        "passed": check.passed,
        "findings": [
            {
                "run": one.run,
                "demand": one.demand.text,
                "line": one.demand.line,
                "class": one.class_name,
                "value": one.value,
                "wanted": one.wanted,
                "passed": one.is_passed,
                "message": one.message,
                "examples": list(one.examples),
            }
            for one in check.findings
        ],
        "notes": list(check.notes),
    }
    return json.dumps(record, indent=2) + "\n"
