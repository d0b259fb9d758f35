"""What a report says, before it is a page: plain frozen data, in the order in which it is read.

    page = Page("audit", "Audit of model.onnx", …, sections=(Charts(…), Table(…), Gallery(…)))

Everything that comes from a stranger's file, a label or a file's name, stays text here and is escaped where the page is
made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

__all__ = [
    "Badge",
    "Card",
    "Cell",
    "Charts",
    "Column",
    "Curve",
    "Example",
    "Gallery",
    "Group",
    "Groups",
    "Histogram",
    "Link",
    "Page",
    "Section",
    "Share",
    "Shown",
    "Sorting",
    "Stack",
    "Table",
    "Tile",
    "Tone",
    "Verdict",
]

Tone: TypeAlias = Literal["good", "warning", "bad", "plain"]
Cell: TypeAlias = str | int | float | None


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader wants first.

    Attributes:
        tone: Whether it is good news.
        text: One sentence.
        points: What there is to look at, a sentence each.
    """

    tone: Tone
    text: str
    points: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """A way to another page.

    Attributes:
        text: What lies there.
        address: Relative to this one.
    """

    text: str
    address: str


@dataclasses.dataclass(frozen=True, slots=True)
class Tile:
    """A headline figure.

    Attributes:
        name: What it is.
        value: The figure, ready to be read.
        detail: Its interval, or what it is of.
    """

    name: str
    value: str
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Histogram:
    """How a figure is distributed over the pictures.

    Attributes:
        name: The figure's name.
        about: What it is, one sentence.
        edges: Of the bins, ascending, one more than there are counts.
        counts: Pictures in each bin; the last one holds its upper edge too.
        mean: Of all; None where there are none.
        missing: Pictures for which the figure is not defined.
    """

    name: str
    about: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    mean: float | None
    missing: int = 0
    kind: Literal["histogram"] = "histogram"


@dataclasses.dataclass(frozen=True, slots=True)
class Curve:
    """Figures along a row of steps.

    Attributes:
        name: What is shown.
        about: What it is, one sentence.
        steps: What was done at each step, in words.
        series: The values of each figure, by its name, one for each step; None where it is not defined.
    """

    name: str
    about: str
    steps: tuple[str, ...]
    series: Mapping[str, tuple[float | None, ...]]
    kind: Literal["curve"] = "curve"


@dataclasses.dataclass(frozen=True, slots=True)
class Charts:
    """A section of charts.

    Attributes:
        title: Its heading.
        about: What a reader must know, one sentence or two.
        charts: What is drawn.
    """

    title: str
    about: str
    charts: tuple[Histogram | Curve, ...]
    kind: Literal["charts"] = "charts"


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A table's column.

    Attributes:
        name: Its heading.
        about: What it holds, one sentence.
        is_number: Whether its cells are numbers, or None.
    """

    name: str
    about: str = ""
    is_number: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A section with a table that sorts and filters.

    Attributes:
        title: Its heading.
        about: What a reader must know.
        columns: Its columns.
        rows: Their cells, in the order in which they are shown first.
        tones: A tone for each row; none for all plain.
    """

    title: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    tones: tuple[Tone, ...] = ()
    kind: Literal["table"] = "table"


@dataclasses.dataclass(frozen=True, slots=True)
class Stack:
    """A picture with a map over it.

    Attributes:
        caption: Whose map it is.
        picture: The picture's address: a file beside the page, or the data themselves, which are left out of JSON.
        heat: The coloured map's, which lies over the picture; None where the picture holds it.
    """

    caption: str
    picture: str | None
    heat: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Badge:
    """A short remark.

    Attributes:
        text: What it says.
        tone: Whether it is good news.
    """

    text: str
    tone: Tone = "plain"


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """A class with its probability.

    Attributes:
        name: The class.
        value: The probability, in [0, 1].
    """

    name: str
    value: float


@dataclasses.dataclass(frozen=True, slots=True)
class Card:
    """A picture of the data set.

    Attributes:
        key: The record's.
        title: The class that was found.
        detail: How surely, or what else is said of it, in a few words.
        badges: Remarks.
        stacks: The picture with each model's map; none where it cannot be shown.
        shares: The most probable classes of each model, by a caption.
        figures: Numbers, by name; None where one is not defined.
        groups: Names of the groups that it is in.
        notes: What the reader must know.
    """

    key: str
    title: str
    detail: str
    badges: tuple[Badge, ...]
    stacks: tuple[Stack, ...]
    shares: Mapping[str, tuple[Share, ...]]
    figures: Mapping[str, float | None]
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Sorting:
    """An order of cards.

    Attributes:
        text: What it is called.
        figure: By which figure.
        is_descending: Whether the largest comes first.
    """

    text: str
    figure: str
    is_descending: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Gallery:
    """A section of pictures, which sorts and filters.

    Attributes:
        title: Its heading.
        about: What a reader must know.
        cards: The pictures, in the order in which they are shown first.
        order: What that order is called.
        sortings: Other orders.
        groups: Names of the groups that can be shown alone.
    """

    title: str
    about: str
    cards: tuple[Card, ...]
    order: str
    sortings: tuple[Sorting, ...] = ()
    groups: tuple[str, ...] = ()
    kind: Literal["gallery"] = "gallery"


@dataclasses.dataclass(frozen=True, slots=True)
class Example:
    """A small picture with its map.

    Attributes:
        key: The record's.
        picture: Its address, as in `Stack`.
    """

    key: str
    picture: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Pictures that belong together.

    Attributes:
        title: What they are.
        badges: Remarks.
        facts: What is known of them, by name, ready to be read.
        mean: Their mean map's address, as in `Stack`; None where there is none.
        examples: A few of them.
    """

    title: str
    badges: tuple[Badge, ...]
    facts: Mapping[str, str]
    mean: str | None
    examples: tuple[Example, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Groups:
    """A section of groups.

    Attributes:
        title: Its heading.
        about: What a reader must know.
        groups: What is shown.
    """

    title: str
    about: str
    groups: tuple[Group, ...]
    kind: Literal["groups"] = "groups"


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """A report that is written.

    Attributes:
        path: The page.
        cards: Its pictures by their keys.
    """

    path: Path
    cards: Mapping[str, Card]


Section: TypeAlias = Charts | Table | Gallery | Groups


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """A report.

    Attributes:
        subject: What it is of: `audit`, `comparison` or `check`.
        title: Its heading.
        subtitle: Of which data, in one line.
        verdict: What a reader wants first.
        tiles: The headline figures.
        sections: What follows, in order.
        notes: What the reader must know.
        made_of: What it was made with, ready for JSON.
        links: Ways to pages that say more.
    """

    subject: Literal["audit", "comparison", "check"]
    title: str
    subtitle: str
    verdict: Verdict
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    made_of: Mapping[str, Any]
    links: tuple[Link, ...] = ()
