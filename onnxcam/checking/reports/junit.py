"""JUnit's XML, which most pipelines show."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from onnxcam.checking.reports.registry import report_format
from onnxcam.checking.result import Check

__all__ = ["junit"]

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold: names come from strangers' files."""


@report_format("junit")
def junit(check: Check) -> str:
    """A test suite for each run, a test case for each finding."""
    root = ET.Element("testsuites", name="onnxcam check")
    root.set("tests", str(len(check.findings)))
    root.set("failures", str(len(check.missed)))
    for run in check.policy.runs:
        own = [one for one in check.findings if one.run == run.name]
        failures = sum(not one.is_passed for one in own)
        suite = ET.SubElement(
            root, "testsuite", name=run.name, tests=str(len(own)), failures=str(failures), errors="0", skipped="0"
        )
        for one in own:
            of = "" if one.class_name is None else f" ({one.class_name})"
            case = ET.SubElement(suite, "testcase", classname=run.name, name=_safe(f"{one.demand.text}{of}"))
            if one.demand.line is not None:
                case.set("file", _safe(str(check.policy.path)))
                case.set("line", str(one.demand.line))
            if not one.is_passed:
                failure = ET.SubElement(case, "failure", message=_safe(one.message), type="missed")
                failure.text = _safe("\n".join(one.examples))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _safe(text: str) -> str:
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
