"""SARIF 2.1.0, which code scanning reads."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from onnxcam.checking.reports.registry import report_format
from onnxcam.checking.result import Check

__all__ = ["sarif"]


@report_format("sarif")
def sarif(check: Check) -> str:
    """A result for each finding, at its line of the policy."""
    rules = sorted({one.demand.figure for one in check.findings})
    uri = quote(PurePath(check.policy.path).as_posix())
    results: list[dict[str, Any]] = []
    for one in check.findings:
        examples = f" Such as {', '.join(one.examples)}." if one.examples else ""
        region = {"startLine": one.demand.line or 1}
        results.append(
            {
                "ruleId": one.demand.figure,
                "ruleIndex": rules.index(one.demand.figure),
                "kind": "pass" if one.is_passed else "fail",
                "level": "none" if one.is_passed else "error",
                "message": {"text": f"{one.run}: {one.message}.{examples}"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}],
            }
        )
    driver = {
        "name": "onnxcam",
        "version": version("onnxcam"),
        "rules": [{"id": name, "shortDescription": {"text": f"a demand of {name}"}} for name in rules],
    }
    record = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(record, indent=2) + "\n"
