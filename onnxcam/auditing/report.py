"""The report of an audit: what its rows say, and the pictures that a person should see first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from onnxcam.auditing.chosen import explained_again, worst
from onnxcam.auditing.rows import Found, Row, RowMaker
from onnxcam.auditing.sections import distributions, failures, mean_of, watched
from onnxcam.auditing.summary import ClassSummary, Summary
from onnxcam.auditing.tables import read_rows
from onnxcam.datasets import DataSet
from onnxcam.metrics import METRICS
from onnxcam.reporting import Album, percent, percent_of, spread, write_report
from onnxcam.reporting.page import (
    Badge,
    Card,
    Column,
    Gallery,
    Page,
    Section,
    Share,
    Sorting,
    Table,
    Tile,
    Verdict,
)

__all__ = ["Reported", "report_audit"]

MANY_EMPTY = 0.01
"""A larger share of maps that are zero everywhere is worth a look."""
HEADLINES = ("pointing-game", "energy-inside", "border-energy", "average-drop", "deletion", "insertion")
SORTINGS = {
    "least sure first": ("confidence", False),
    "least on the object first": ("energy-inside", False),
    "most at the border first": ("border-energy", True),
    "most in a corner first": ("corner-energy", True),
    "most spread first": ("coverage-50", True),
}
ORDER = "worst first"
CONFIDENCE = "The probability of the predicted class."


@dataclasses.dataclass(frozen=True, slots=True)
class Reported:
    """What an audit's report is made of.

    Attributes:
        folder: Where it is written.
        maker: What made the rows.
        dataset: The records.
        rows_path: The rows.
        summary: What they say together.
        notes: What the reader must know.
        made_of: What the rows depend on.
    """

    folder: Path
    maker: RowMaker
    dataset: DataSet
    rows_path: Path
    summary: Summary
    notes: tuple[str, ...]
    made_of: Mapping[str, Any]


def report_audit(of: Reported, count: int) -> Path:
    """Write the report of an audit, with at most `count` pictures; gives the page's path.

    Raises:
        InputError: The folder cannot be written to.
    """
    names = [one.name for one in of.maker.metrics]
    columns: dict[str, list[float]] = {name: [] for name in ("confidence", *names)}
    chosen = worst(watched(read_rows(of.rows_path), columns), badness, count)
    drawn = distributions(columns, {"confidence": CONFIDENCE, **{one.name: one.definition for one in of.maker.metrics}})
    sections: list[Section] = [_gallery(of, chosen), drawn, _classes(of.summary, names)]
    sections += failures(of.rows_path) if of.summary.failed else ()
    page = Page(
        "audit",
        f"Where {Path(of.maker.settings.model).name} looks",
        f"{of.summary.count:,} pictures of {of.dataset.path.name}; {of.maker.settings.method} at "
        f"{', '.join(of.maker.explainer.plan.layers)}, target {of.maker.settings.target}",
        _verdict(of.summary),
        tuple(_tiles(of.summary)),
        tuple(sections),
        of.notes,
        {**of.made_of, "layer": of.maker.explainer.plan.reason},
    )
    return write_report(page, of.folder)


def badness(row: Row) -> tuple[float, float]:
    """How bad a row is: wrong, the surer the worse; a map of zeros; a map beside the object, or at the border."""
    if row["is_correct"] is False:
        return 2.0, row["confidence"]
    if row["is_empty"]:
        return 1.0, 0.0
    inside = row.get("energy-inside")
    return 0.0, -inside if inside is not None else (row.get("border-energy") or 0.0) - 1


def _verdict(summary: Summary) -> Verdict:
    overall, points = summary.overall, []
    if summary.failed:
        points.append(f"{summary.failed:,} of {summary.count:,} pictures could not be read or explained.")
    if overall.empty > MANY_EMPTY:
        points.append(f"{percent(overall.empty)} of the maps are zero everywhere.")
    right = overall.accuracy
    said = f"{percent(right.mean)} of {right.count:,} predictions are right" if right else "Nobody said what is right"
    inside = overall.figures.get("energy-inside")
    if inside is not None and inside.count:
        said += f"; {percent(inside.mean)} of a map's sum lies on the object"
    if not overall.count:
        return Verdict("bad", "No picture was explained.", tuple(points))
    return Verdict("warning" if points else "plain", f"{said}.", tuple(points))


def _tiles(summary: Summary) -> Iterable[Tile]:
    overall = summary.overall
    failed = f"{summary.failed:,} could not be read or explained" if summary.failed else "all explained"
    yield Tile("pictures", f"{summary.count:,}", failed)
    if overall.accuracy is not None:
        yield Tile("accuracy", *percent_of(overall.accuracy))
    for name in HEADLINES:
        one = overall.figures.get(name)
        if one is not None and one.count:
            yield Tile(name, *(percent_of(one) if METRICS[name].unit == "share" else spread(one)))
    yield Tile("empty maps", percent(overall.empty), "zero everywhere")


def _classes(summary: Summary, names: Sequence[str]) -> Table:
    shown = [name for name in names if summary.overall.figures[name].count]
    columns = (
        Column("class", "The label; what is predicted, where there is none.", is_number=False),
        Column("pictures", "How many were explained."),
        Column("accuracy", "Share of right predictions."),
        Column("empty maps", "Share of maps that are zero everywhere."),
        *(Column(name, METRICS[name].definition) for name in shown),
    )

    def row(one: ClassSummary) -> tuple[str | float | None, ...]:
        figures = (mean_of(one.figures[name]) for name in shown)
        return one.name, one.count, mean_of(one.accuracy), one.empty, *figures

    return Table("Classes", "Means over the pictures of each class.", columns, tuple(map(row, summary.classes)))


def _gallery(of: Reported, chosen: Mapping[int, Row]) -> Gallery:
    album = Album(of.folder, len(chosen))
    made = {
        number: _card(of.maker, chosen[number], found, album)
        for number, found in explained_again(of.maker, of.dataset, chosen)
    }
    cards = tuple(made[number] for number in chosen)
    figures = {name for card in cards for name, value in card.figures.items() if value is not None}
    groups = dict.fromkeys(name for card in cards for name in card.groups)
    shown = of.summary.overall.count
    about = "Wrong and sure first, then maps of zeros, then those least on the object or most at the border."
    if shown > len(cards):
        about += f" {len(cards):,} of {shown:,} are shown."
    sortings = (Sorting(text, name, down) for text, (name, down) in SORTINGS.items() if name in figures)
    return Gallery("Pictures", about, cards, ORDER, tuple(sortings), tuple(groups))


def _card(maker: RowMaker, row: Row, found: Found | str, album: Album) -> Card:
    predicted = row["predicted"] or f"class {row['predicted_index']}"
    badges = []
    if row["is_correct"] is not None:
        badges.append(Badge("right", "good") if row["is_correct"] else Badge(f"wrong: is {row['label']}", "bad"))
    if row["is_empty"]:
        badges.append(Badge("map is zero", "warning"))
    if row["class_index"] not in (None, row["predicted_index"]):
        badges.append(Badge(f"map of {row['class_name'] or row['class_index']}"))
    groups = [] if row["is_correct"] is None else ["right" if row["is_correct"] else "wrong"]
    groups += ["empty maps"] if row["is_empty"] else []
    shares = zip(row["top5"], row["top5_probability"], strict=True)
    figures = {"confidence": row["confidence"], **{one.name: row[one.name] for one in maker.metrics}}
    return Card(
        row["key"],
        predicted,
        percent(row["confidence"]),
        tuple(badges),
        () if isinstance(found, str) else album.stacks([("", found[0], found[1])]),
        {"": tuple(Share(maker.name_of(index) or f"class {index}", value) for index, value in shares)},
        figures,
        tuple(groups),
        (*row["notes"], *([found] if isinstance(found, str) else [])),
    )
