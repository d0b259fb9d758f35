"""The report of a comparison: what its rows say, and both maps of the pictures on which the models differ most."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from onnxcam.auditing import Row
from onnxcam.auditing.chosen import explained_again, worst
from onnxcam.auditing.sections import distributions, failures, watched
from onnxcam.auditing.tables import read_rows
from onnxcam.comparing.carrying_out import Finished
from onnxcam.comparing.pairs import Found, PairMaker
from onnxcam.comparing.summary import PairSummary, badness
from onnxcam.metrics import SIMILARITIES
from onnxcam.reporting import Album, numeral, percent, percent_of, spread, write_report
from onnxcam.reporting.page import (
    Badge,
    Card,
    Column,
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

__all__ = ["report_comparison"]

ABOUT = {
    "drift": "The second model's probability of the class that is explained, less the first one's, without its sign.",
    **{
        name: re.sub(" `.*?`", "", (function.__doc__ or "").partition("\n")[0])
        for name, function in SIMILARITIES.items()
    },
}
SORTINGS = (
    Sorting("largest drift first", "drift", is_descending=True),
    *(Sorting(f"least {name} first", name, is_descending=False) for name in SIMILARITIES),
)
TOP = 3


def report_comparison(
    of: Finished, count: int, *, wanted: Collection[str] = (), is_within: bool | None = None
) -> Shown:
    """Write the report of a comparison.

    Args:
        of: The comparison.
        count: Pictures that are shown, the worst first.
        wanted: Keys of pictures that are shown too.
        is_within: Whether the page holds the pictures; None for as their number says.

    Raises:
        InputError: The folder cannot be written to.
    """
    columns: dict[str, list[float]] = {name: [] for name in ABOUT}
    classes: dict[str, list[tuple[float, ...]]] = {}
    rows = _by_class(_unsigned(read_rows(of.rows_path)), classes)
    chosen = worst(watched(rows, columns), badness, count, wanted)
    album = Album(of.folder, len(chosen), is_within=is_within)
    gallery = _gallery(of, chosen, album)
    sections: list[Section] = [gallery, distributions(columns, ABOUT), _classes(classes)]
    sections += failures(of.rows_path) if of.summary.failed else ()
    first, second = (Path(of.made_of[name]["model"]["file"]).name for name in ("first", "second"))
    page = Page(
        "comparison",
        f"{second} against {first}",
        f"{of.summary.count:,} pictures of {of.dataset.path.name}; {of.maker.matching}",
        _verdict(of.summary),
        tuple(_tiles(of.summary)),
        tuple(sections),
        of.notes,
        of.made_of,
    )
    return Shown(write_report(page, of.folder), {card.key: card for card in gallery.cards})


def _unsigned(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with the drift as its figure is: without its sign."""
    for row in rows:
        yield row if row["drift"] is None else {**row, "drift": abs(row["drift"])}


def _by_class(rows: Iterable[Row], classes: dict[str, list[tuple[float, ...]]]) -> Iterator[Row]:
    """The rows, of which each class's figures are noted as they pass."""
    for row in rows:
        if row["error"] is None:
            names = (row["label"], row["first_predicted"], row["first_predicted_index"])
            name = next(str(one) for one in names if one is not None)
            values = (row["is_same"], *(row[figure] for figure in ABOUT))
            classes.setdefault(name, []).append(tuple(np.nan if one is None else float(one) for one in values))
        yield row


def _classes(classes: Mapping[str, list[tuple[float, ...]]]) -> Table:
    columns = (
        Column("class", "The label; what the first model predicts, where there is none.", is_number=False),
        Column("pictures", "How many both explained."),
        Column("same class", "Share of pictures of which both predict the same."),
        *(Column(name, about) for name, about in ABOUT.items()),
    )
    rows = []
    for name in sorted(classes):
        values = np.array(classes[name])
        means = (float(of[~np.isnan(of)].mean()) if not np.isnan(of).all() else None for of in values.T)
        rows.append((name, len(values), *means))
    return Table("Classes", "Means over the pictures of each class.", columns, tuple(rows))


def _verdict(summary: PairSummary) -> Verdict:
    points = []
    if summary.failed:
        points.append(f"{summary.failed:,} of {summary.count:,} pictures could not be read or explained by both.")
    if summary.agreement is None or summary.drift is None:
        return Verdict("bad", "No picture was explained by both models.", tuple(points))
    differing = round((1 - summary.agreement.mean) * summary.agreement.count)
    if differing:
        points.append(f"{differing:,} pictures are predicted otherwise.")
    pearson = summary.similarities["pearson"]
    text = f"Both predict the same class for {percent(summary.agreement.mean)} of the pictures"
    if pearson.count:
        text += f", and their maps correlate with {numeral(pearson.mean)}"
        _, low, *_ = summary.quantiles["pearson"]
        points.append(f"On 95 % of the pictures the maps correlate with more than {numeral(low)}.")
    return Verdict("warning" if summary.failed or differing else "plain", f"{text}.", tuple(points))


def _tiles(summary: PairSummary) -> Iterator[Tile]:
    failed = f"{summary.failed:,} could not be read or explained" if summary.failed else "all explained"
    yield Tile("pictures", f"{summary.count:,}", failed)
    yield Tile("same class", *percent_of(summary.agreement))
    yield Tile("drift", *spread(summary.drift))
    for name, one in summary.similarities.items():
        yield Tile(name, *spread(one))


def _gallery(of: Finished, chosen: Mapping[int, Row], album: Album) -> Gallery:
    made = {
        number: _card(of.maker, chosen[number], found, album)
        for number, found in explained_again(of.maker, of.dataset, chosen)
    }
    cards = tuple(made[number] for number in chosen)
    about = "Pictures that are predicted otherwise first, then those whose maps are least alike. Both maps are of the"
    about += " same class: the one that the first model predicts, unless another was asked for."
    shown = of.summary.count - of.summary.failed
    if shown > len(cards):
        about += f" {len(cards):,} of {shown:,} are shown."
    groups = dict.fromkeys(name for card in cards for name in card.groups)
    return Gallery("Pictures", about, cards, "least alike first", SORTINGS, tuple(groups))


def _card(maker: PairMaker, row: Row, found: Found | str, album: Album) -> Card:
    of_each = [row[f"{which}_predicted"] or f"class {row[f'{which}_predicted_index']}" for which in ("first", "second")]
    badges = [Badge("same class", "good") if row["is_same"] else Badge(f"second: {of_each[1]}", "bad")]
    if row["label"] is not None and row["label"] != of_each[0]:
        badges.append(Badge(f"label: {row['label']}"))
    empty = [which for which in ("first", "second") if row[f"{which}_is_empty"]]
    badges += [Badge(f"{which} map is zero", "warning") for which in empty]
    figures = {"drift": row["drift"], **{name: row[name] for name in SIMILARITIES}}
    pearson = "maps cannot be correlated" if row["pearson"] is None else f"maps correlate {numeral(row['pearson'])}"
    groups = ("same class" if row["is_same"] else "another class", *(["empty maps"] if empty else []))
    if isinstance(found, str):
        return Card(row["key"], of_each[0], pearson, tuple(badges), (), {}, figures, groups, (*row["notes"], found))
    pair, shares, i = found
    stacks = album.stacks([(which, result, i) for which, result in zip(("first", "second"), pair, strict=True)])
    top = {which: _top(maker, of[i]) for which, of in zip(("first", "second"), shares, strict=True)}
    return Card(row["key"], of_each[0], pearson, tuple(badges), stacks, top, figures, groups, tuple(row["notes"]))


def _top(maker: PairMaker, shares: Any) -> tuple[Share, ...]:
    best = np.argsort(-shares, kind="stable")[:TOP]
    return tuple(Share(maker.name_of(int(c)) or f"class {c}", float(shares[c])) for c in best)
