"""The report of an audit: what its rows say, and the pictures that a person should see first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from onnxcam.auditing.audit_sections import cluster_section, randomisation_section, shown_clusters
from onnxcam.auditing.carrying_out import Finished
from onnxcam.auditing.chosen import explained_again, worst
from onnxcam.auditing.rows import Found, Row, RowMaker
from onnxcam.auditing.sections import distributions, failures, mean_of, watched
from onnxcam.auditing.summary import ClassSummary, Summary
from onnxcam.auditing.tables import read_rows
from onnxcam.metrics import METRICS
from onnxcam.reporting import Album, percent, percent_of, spread, write_report
from onnxcam.reporting.page import (
    Badge,
    Card,
    Column,
    Example,
    Gallery,
    Page,
    Section,
    Share,
    Shown,
    Sorting,
    Table,
    Tile,
    Verdict,
)

__all__ = ["badness", "report_audit"]

MANY_EMPTY = 0.01
"""A larger share of maps that are zero everywhere is worth a look."""
HEADLINES = ("pointing-game", "energy-inside", "border-energy", "average-drop", "deletion", "insertion")
SORTINGS = {
    "least sure first": ("confidence", False),
    "least on the object first": ("energy-inside", False),
    "most at the border first": ("border-energy", True),
    "most in a corner first": ("corner-energy", True),
    "most spread first": ("coverage-50", True),
    "least like others first": ("loneliness", True),
}
CONFIDENCE = "The probability of the predicted class."
ALONE = "unlike the others"


def report_audit(of: Finished, count: int, *, wanted: Collection[str] = (), is_within: bool | None = None) -> Shown:
    """Write the report of an audit.

    Args:
        of: The audit.
        count: Pictures that are shown, the worst first; those that are examples of clusters come on top.
        wanted: Keys of pictures that are shown too.
        is_within: Whether the page holds the pictures; None for as their number says.

    Raises:
        InputError: The folder cannot be written to.
    """
    names = [one.name for one in of.maker.metrics]
    columns: dict[str, list[float]] = {name: [] for name in ("confidence", *names)}
    clusters = shown_clusters(of.shortcuts) if count else ()
    keys = {*wanted, *(key for _, own in clusters for key in own)}
    keys |= {one.key for one in of.shortcuts.outliers} if count else set()
    chosen = worst(watched(read_rows(of.rows_path), columns), badness, count, keys)
    album = Album(of.folder, len(chosen), is_within=is_within)
    cards, examples = _cards(of, chosen, album)
    drawn = distributions(columns, {"confidence": CONFIDENCE, **{one.name: one.definition for one in of.maker.metrics}})
    sections: list[Section] = [_gallery(of.summary, cards)]
    sections += cluster_section(clusters, examples, album) if clusters else ()
    sections += (drawn, _classes(of.summary, names))
    sections += randomisation_section(of.randomisation) if of.randomisation is not None else ()
    sections += failures(of.rows_path) if of.summary.failed else ()
    path = write_report(_page(of, tuple(sections)), of.folder)
    return Shown(path, {card.key: card for card in cards})


def badness(row: Row) -> tuple[float, float]:
    """How bad a row is: wrong, the surer the worse; a map of zeros; a map beside the object, or at the border."""
    if row["is_correct"] is False:
        return 2.0, row["confidence"]
    if row["is_empty"]:
        return 1.0, 0.0
    inside = row.get("energy-inside")
    return 0.0, -inside if inside is not None else (row.get("border-energy") or 0.0) - 1


def _page(of: Finished, sections: tuple[Section, ...]) -> Page:
    settings, plan = of.maker.settings, of.maker.explainer.plan
    return Page(
        "audit",
        f"Where {Path(settings.model).name} looks",
        f"{of.summary.count:,} pictures of {of.dataset.path.name}; {settings.method} at {', '.join(plan.layers)}, "
        f"target {settings.target}",
        _verdict(of),
        tuple(_tiles(of.summary)),
        sections,
        of.notes,
        {**of.made_of, "layer": plan.reason},
    )


def _verdict(of: Finished) -> Verdict:
    overall = of.summary.overall
    points = tuple(_points(of))
    if not overall.count:
        return Verdict("bad", "No picture was explained.", points)
    right = overall.accuracy
    said = f"{percent(right.mean)} of {right.count:,} predictions are right" if right else "Nobody said what is right"
    inside = overall.figures.get("energy-inside")
    if inside is not None and inside.count:
        said += f"; {percent(inside.mean)} of a map's sum lies on the object"
    return Verdict("warning" if points else "plain", f"{said}.", points)


def _points(of: Finished) -> Iterator[str]:
    """What there is to look at."""
    summary = of.summary
    if summary.failed:
        yield f"{summary.failed:,} of {summary.count:,} pictures could not be read or explained."
    if summary.overall.empty > MANY_EMPTY:
        yield f"{percent(summary.overall.empty)} of the maps are zero everywhere."
    for one in of.shortcuts.suspicious:
        where = "a corner" if one.corner_excess >= one.border_excess else "the border"
        yield (
            f"{one.size:,} of {one.of:,} pictures of {one.class_name} are recognised by {where} far more than all "
            f"others (excess {max(one.border_excess, one.corner_excess):.2f})."
        )


def _tiles(summary: Summary) -> Iterator[Tile]:
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


def _cards(of: Finished, chosen: Mapping[int, Row], album: Album) -> tuple[tuple[Card, ...], dict[str, Example]]:
    """A card for each picture that is chosen, in their order, and a small picture of each that can be shown."""
    made: dict[int, Card] = {}
    examples: dict[str, Example] = {}
    alone = {one.key for one in of.shortcuts.outliers}
    of_clusters = {key for one in of.shortcuts.clusters for key in one.keys}
    for number, found in explained_again(of.maker, of.dataset, chosen):
        row = chosen[number]
        made[number] = _card(of.maker, row, found, album, is_alone=row["key"] in alone)
        if not isinstance(found, str) and row["key"] in of_clusters:
            examples[row["key"]] = Example(row["key"], album.example(found[0], found[1]))
    return tuple(made[number] for number in chosen), examples


def _gallery(summary: Summary, cards: tuple[Card, ...]) -> Gallery:
    figures = {name for card in cards for name, value in card.figures.items() if value is not None}
    groups = dict.fromkeys(name for card in cards for name in card.groups)
    about = "Wrong and sure first, then maps of zeros, then those least on the object or most at the border."
    if summary.overall.count > len(cards):
        about += f" {len(cards):,} of {summary.overall.count:,} are shown."
    sortings = (Sorting(text, name, down) for text, (name, down) in SORTINGS.items() if name in figures)
    return Gallery("Pictures", about, cards, "worst first", tuple(sortings), tuple(groups))


def _card(maker: RowMaker, row: Row, found: Found | str, album: Album, *, is_alone: bool) -> Card:
    shares = zip(row["top5"], row["top5_probability"], strict=True)
    figures = {name: row.get(name) for name in ("confidence", *(one.name for one in maker.metrics), "loneliness")}
    right = None if row["is_correct"] is None else ("right" if row["is_correct"] else "wrong")
    groups = ((right, right is not None), ("empty maps", row["is_empty"]), (ALONE, is_alone))
    return Card(
        row["key"],
        row["predicted"] or f"class {row['predicted_index']}",
        percent(row["confidence"]),
        tuple(_badges(row, is_alone=is_alone)),
        () if isinstance(found, str) else album.stacks([("", found[0], found[1])]),
        {"": tuple(Share(maker.name_of(index) or f"class {index}", value) for index, value in shares)},
        figures,
        tuple(str(name) for name, is_in in groups if is_in),
        (*row["notes"], *([found] if isinstance(found, str) else [])),
    )


def _badges(row: Row, *, is_alone: bool) -> Iterable[Badge]:
    if row["is_correct"] is not None:
        yield Badge("right", "good") if row["is_correct"] else Badge(f"wrong: is {row['label']}", "bad")
    if row["is_empty"]:
        yield Badge("map is zero", "warning")
    if row["class_index"] not in (None, row["predicted_index"]):
        yield Badge(f"map of {row['class_name'] or row['class_index']}")
    if is_alone:
        yield Badge(ALONE)
