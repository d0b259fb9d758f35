"""Writes the table of methods into README.md, from what `onnxcam methods` lists.

    python scripts/method_table.py

A test holds the file against what this writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from onnxcam.cam import MethodCard, method_cards

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- scripts/method_table.py writes from here -->\n", "<!-- to here -->\n"


def readme(text: str, cards: Sequence[MethodCard]) -> str:
    """The README's text with the table behind its first mark."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n{table(cards)}\n{END}{after}"


def table(cards: Sequence[MethodCard]) -> str:
    """A row for each method: its name, what it computes, the paper."""
    rows = [f"| `{card.name}` | {card.summary} | {card.source} |" for card in cards]
    return "\n".join(["| `--method` | the map before scaling | source |", "|---|---|---|", *rows]) + "\n"


def main() -> None:
    """Write the file."""
    README.write_text(readme(README.read_text(encoding="utf-8"), method_cards()), encoding="utf-8")


if __name__ == "__main__":
    main()
