"""Writes the tables of metrics and of data sets into README.md, from what audits know.

    python scripts/audit_tables.py

A test holds the file against what this writes.
"""

from __future__ import annotations

from pathlib import Path

from onnxcam.datasets import format_cards
from onnxcam.metrics import find_metrics

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- scripts/audit_tables.py writes the {} from here -->\n", "<!-- to here -->\n"


def readme(text: str) -> str:
    """The README's text with both tables behind their marks."""
    for name, table in (("metrics", metrics()), ("data sets", data_sets())):
        before, rest = text.split(BEGIN.format(name))
        _, after = rest.split(END, 1)
        text = f"{before}{BEGIN.format(name)}\n{table}\n{END}{after}"
    return text


def metrics() -> str:
    """A row for each metric: its name, what it is, which way is better, what it takes, the paper."""
    rows = []
    for one in find_metrics():
        definition, source = (text.replace("|", "\\|") for text in (one.definition, one.source))
        runs = "runs the model" if {"probe", "remap"} & set(one.needs) else ""
        takes = ", ".join(part for part in ("regions" if "regions" in one.needs else "", runs) if part)
        rows.append(f"| `{one.name}` | {definition} | {one.better or ''} | {takes} | {source} |")
    return "\n".join(["| `--metric` | what it is | better | takes | source |", "|---|---|---|---|---|", *rows]) + "\n"


def data_sets() -> str:
    """A row for each format: its name, what tells it, what is read."""
    rows = [f"| `{card.name}` | {card.told_by} | {card.summary} |" for card in format_cards()]
    return "\n".join(["| `--dataset-format` | what lies there | what is read |", "|---|---|---|", *rows]) + "\n"


def main() -> None:
    """Write the file."""
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
