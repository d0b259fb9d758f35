"""Writes the JSON schemas of what audits, comparisons, checks and their reports write, from the classes in the code.

    python scripts/schemas.py

A test holds the files against what this writes, and what is written against the files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from onnxcam.auditing import Summary
from onnxcam.auditing.columns import COLUMNS, LAST_COLUMNS
from onnxcam.auditing.randomised import Randomisation
from onnxcam.auditing.suspicions import Shortcuts
from onnxcam.comparing.pairs import COLUMNS as PAIR_COLUMNS
from onnxcam.comparing.summary import PairSummary
from onnxcam.metrics import METRICS
from onnxcam.reporting.page import Page

FOLDER = Path(__file__).parents[1] / "onnxcam" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
VERSION = 1
NULL = {"type": "null"}
PLAIN = {
    "text": {"type": "string"},
    "whole": {"type": "integer"},
    "number": {"type": "number"},
    "truth": {"type": "boolean"},
    "level": {"type": "integer", "minimum": 0, "maximum": 255},
}
MADE_OF = {"type": "object", "description": "What the rows depend on: settings, and the SHA-256 of files."}
COMPLETE = {"type": "boolean", "description": "Whether every picture of the data set has its row."}
ROWS = {"type": "integer", "minimum": 0, "description": "Rows that there are, of a complete one."}


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by its file's name."""
    found = {"shortcuts": Shortcuts, "randomisation": Randomisation | None}
    return {
        "audit.schema.json": header("audit", {"summary": Summary, **found}),
        "audit-row.schema.json": row("A line of an audit's rows.jsonl.", {**COLUMNS, **LAST_COLUMNS}, list(METRICS)),
        "comparison.schema.json": header("comparison", {"summary": PairSummary}),
        "comparison-row.schema.json": row("A line of a comparison's rows.jsonl.", PAIR_COLUMNS, []),
        "check.schema.json": check(),
        "report.schema.json": report(),
    }


def header(kind: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Of the file that says what rows are made of, and when they are complete what they say together."""
    definitions: dict[str, Any] = {}
    properties: dict[str, Any] = {"complete": COMPLETE, "rows": ROWS}
    for name, of in found.items():
        one = described(of)
        definitions |= one.pop("$defs", {})
        properties[name] = one
    complete = {"if": {"properties": {"complete": {"const": True}}}, "then": {"required": ["rows", *found]}}
    text = f"What an onnxcam {kind} is made of, and, when it is complete, what its rows say together."
    properties["made_of"] = MADE_OF
    return whole(kind, text, properties, ["complete", "made_of"], **complete, **{"$defs": definitions})


def report() -> dict[str, Any]:
    """Of the data that a page shows."""
    page = described(Page)
    text = "What an onnxcam report shows. Addresses of pictures are null where the page holds these itself."
    return whole("report", text, page["properties"], page["required"], **{"$defs": page["$defs"]})


def row(text: str, columns: Mapping[str, str], figures: list[str]) -> dict[str, Any]:
    """Of a row: a value or null in every column; figures that were not asked for are not there."""
    kinds = {**columns, **dict.fromkeys(figures, "number")}
    properties = {name: {"anyOf": [value(kind), NULL]} for name, kind in kinds.items()}
    closed = {"required": list(columns), "additionalProperties": False}
    return {"$schema": DIALECT, "description": text, "type": "object", "properties": properties, **closed}


def value(kind: str) -> dict[str, Any]:
    """Of what a column holds; the plural is a list."""
    return PLAIN[kind] if kind in PLAIN else {"type": "array", "items": PLAIN[kind.removesuffix("s")]}


def check() -> dict[str, Any]:
    """Of what `--json` of a check writes."""
    finding = {
        "run": {"type": "string", "description": "The run's name."},
        "demand": {"type": "string", "description": "The policy's sentence."},
        "line": {"type": ["integer", "null"], "description": "Its line in the policy, from 1."},
        "class": {"type": ["string", "null"], "description": "Of which class; null for all pictures."},
        "value": {"type": ["number", "null"], "description": "A mean, or a share of pictures in percent."},
        "wanted": {"type": "number", "description": "What the mean, or each picture, was held against."},
        "passed": {"type": "boolean"},
        "message": {"type": "string", "description": "The same in words."},
        "examples": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Pictures that missed it.",
        },
    }
    properties = {
        "policy": {"type": "string", "description": "The policy's path, as it was given."},
        "passed": {"type": "boolean", "description": "Whether every demand is met."},
        "findings": {"type": "array", "items": closed(finding)},
        "notes": {"type": "array", "items": {"type": "string"}},
    }
    return whole("check", "What an onnxcam check found.", properties, list(properties))


def whole(kind: str, text: str, properties: Mapping[str, Any], required: list[str], **more: Any) -> dict[str, Any]:
    """A file's own schema: it says its kind and version first."""
    said = {"schema": {"const": f"onnxcam.{kind}"}, "schema_version": {"const": VERSION}}
    of = closed({**said, **properties}, [*said, *required])
    return {"$schema": DIALECT, "description": text, **of, **more}


def closed(properties: Mapping[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    """An object with these properties and no others."""
    names = list(properties) if required is None else required
    return {"type": "object", "properties": dict(properties), "required": names, "additionalProperties": False}


def described(of: Any) -> dict[str, Any]:
    """Of a dataclass: what its docstring says of each field is the field's description; NaN is null."""
    found = TypeAdapter(of).json_schema(mode="serialization")
    for one in (found, *found.get("$defs", {}).values()):
        if one.get("type") == "object" and "properties" in one:
            text = one["description"]
            one["description"] = text.partition("\n\nAttributes:")[0]
            for name, about in attributes(text):
                one["properties"][name]["description"] = about
            one |= {"required": list(one["properties"]), "additionalProperties": False}
    return dict(plain(found))


def attributes(docstring: str) -> Iterator[tuple[str, str]]:
    """The fields that a docstring describes."""
    section = docstring.partition("Attributes:\n")[2]
    for found in re.finditer(r"^    (\w+): (.+(?:\n {8}.+)*)", section, flags=re.MULTILINE):
        yield found[1], " ".join(found[2].split())


def plain(schema: Any) -> Any:
    """Without titles and defaults, which say nothing; a number may be null, as JSON has no NaN."""
    if isinstance(schema, list):
        return [plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    said = {
        name: one
        for name, one in schema.items()
        if name != "default" and not (name == "title" and isinstance(one, str))
    }
    kept = {name: plain(one) for name, one in said.items()}
    return {**kept, "type": ["number", "null"]} if kept.get("type") == "number" else kept


def written(schema: Mapping[str, Any]) -> str:
    """As a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        (FOLDER / name).write_text(written(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
