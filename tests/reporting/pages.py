"""A page with every kind of section, whose texts are as hostile as a stranger's file can make them."""

from __future__ import annotations

from onnxcam.reporting.page import (
    Badge,
    Card,
    Charts,
    Column,
    Curve,
    Example,
    Gallery,
    Group,
    Groups,
    Histogram,
    Link,
    Page,
    Share,
    Sorting,
    Stack,
    Table,
    Tile,
    Verdict,
)

EVIL = (
    "<script>document.title = 'taken'</script>\"'><img src=x onerror=\"document.title='taken'\">&amp;{{ 7 * 7 }}\u202e"
)
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def page_of(text: str = EVIL, cards: int = 30) -> Page:
    """The page; `text` is every name in it. Card number n has the figure n, and the last one none."""
    made = [
        Card(
            key=f"{text} {n}",
            title=text,
            detail=text,
            badges=(Badge(text, "bad"),),
            stacks=(Stack(text, PIXEL, PIXEL),),
            shares={text: (Share(text, 0.75),)},
            figures={text: float(n) if n < cards - 1 else None},
            groups=(text,) if n % 2 else (),
            notes=(text,),
        )
        for n in range(cards)
    ]
    histogram = Histogram(text, text, (0.0, 0.5, 1.0), (3, 1), 0.4, missing=2)
    curve = Curve(text, text, (text, text), {text: (1.0, None)})
    columns = (Column(text, text, is_number=False), Column("n", text))
    rows = tuple((f"{text} {n}", None if n == 3 else n * 1.5) for n in (2, 10, 3, 1, 7, 5))
    sections = (
        Gallery(text, text, tuple(made), text, (Sorting(text, text, is_descending=True),), (text,)),
        Groups(text, text, (Group(text, (Badge(text),), {text: text}, PIXEL, (Example(f"{text} 20", PIXEL),)),)),
        Charts(text, text, (histogram, curve)),
        Table(text, text, columns, rows, ("plain",) * 6),
    )
    verdict = Verdict("warning", text, (text,))
    made_of = {text: {"a": text, "b": [text, text]}, "none": None, "number": 3}
    return Page(
        "audit", text, text, verdict, (Tile(text, text, text),), sections, (text,), made_of, (Link(text, "a.html"),)
    )
