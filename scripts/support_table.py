"""Writes the tables of operators into README.md and docs/operators.md, from what `onnxcam rules` lists.

    python scripts/support_table.py

A test holds both files against what this writes.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import onnx

from onnxcam.autodiff import Row, table

ROOT = Path(__file__).parents[1]
README, OPERATORS = ROOT / "README.md", ROOT / "docs" / "operators.md"
BEGIN, END = "<!-- scripts/support_table.py writes from here -->\n", "<!-- to here -->\n"
KINDS = {
    "rule": "A vjp rule of its own.",
    "expansion": "Computed by standard operators, whose rules apply.",
    "zero": "Piecewise constant: the gradient is zero, and a gradient that ends here is said.",
    "none": "No float passes through.",
}


def readme(text: str, rows: Sequence[Row]) -> str:
    """The README's text with the table between its two marks."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n{summary(rows)}\n{END}{after}"


def summary(rows: Sequence[Row]) -> str:
    """How many operators of each kind, a line for each domain; an operator of two kinds counts for both."""
    lines = [f"| domain | {' | '.join(KINDS)} |", f"|{'---|' * (len(KINDS) + 1)}"]
    for domain, of_domain in itertools.groupby(rows, key=lambda row: row.domain):
        counts = Counter(kind for _, kind in {(row.op_type, row.kind) for row in of_domain})
        lines.append(f"| {_told(domain)} | {' | '.join(str(counts[kind] or '') for kind in KINDS)} |")
    return "\n".join(lines) + "\n"


def listing(rows: Sequence[Row]) -> str:
    """The document that names every operator: a chapter for each domain, a paragraph for each kind."""
    parts = [
        "# Operators",
        f"How a gradient passes each operator of `ai.onnx` from opset 7 to {onnx.defs.onnx_opset_version()}, and those "
        "of other domains.\n`onnxcam rules` lists the same with all versions. `scripts/support_table.py` writes this.",
        "\n".join(f"- **{kind}**: {meaning}" for kind, meaning in KINDS.items()),
    ]
    for domain, of_domain in itertools.groupby(rows, key=lambda row: row.domain):
        parts += [f"## {_told(domain)}", *_paragraphs(list(of_domain))]
    return "\n\n".join(parts) + "\n"


def _paragraphs(rows: Sequence[Row]) -> Iterator[str]:
    """The operators of each kind; with the first version of the kind where an operator has several kinds."""
    found: dict[str, list[str]] = defaultdict(list)
    for op_type, versions in itertools.groupby(rows, key=lambda row: row.op_type):
        runs = [(kind, next(run)) for kind, run in itertools.groupby(versions, key=lambda row: row.kind)]
        for kind, first in runs:
            found[kind].append(op_type if len(runs) == 1 else f"{op_type} (from version {first.since_version})")
    for kind in KINDS:
        if found[kind]:
            yield f"**{kind}** ({len(found[kind])}): {', '.join(found[kind])}."


def _told(domain: str) -> str:
    return domain or "ai.onnx"


def main() -> None:
    """Write both files."""
    rows = table()
    README.write_text(readme(README.read_text(encoding="utf-8"), rows), encoding="utf-8")
    OPERATORS.write_text(listing(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
