"""Demands: one sentence each.

accuracy >= 0.95                            the mean over all pictures
pointing-game >= 0.8 for each class         the mean of each class
border-energy <= 0.2 for class star         the mean of one
pearson >= 0.9 on 95 % of pictures          so many pictures, each on its own
pearson >= baseline - 0.02                  against what the baseline file holds
failed <= 0                                 pictures that could not be read or explained
randomisation <= 0.5                        how alike maps stay as all weights are shuffled
"""

from __future__ import annotations

import dataclasses
import operator
import re
from collections.abc import Callable

from onnxcam.errors import InputError

__all__ = ["Demand", "parse_demand"]

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
SENTENCE = re.compile(
    rf"(?P<figure>[a-zA-Z][\w-]*)\s*(?P<sign>>=|<=|>|<)\s*"
    rf"(?:(?P<baseline>baseline)(?:\s*(?P<plus>[-+])\s*(?P<offset>{NUMBER}))?|(?P<number>{NUMBER}))"
    r"(?:\s+on\s+(?P<percent>\d+(?:\.\d+)?)\s*%(?:\s+of\s+(?:the\s+)?pictures)?)?"
    r"(?:\s+for\s+(?:(?P<each>each\s+class)|class\s+(?P<name>.+?)))?"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Demand:
    """What a figure must be.

    Attributes:
        text: The sentence.
        figure: The figure's name.
        sign: `>=`, `<=`, `>` or `<`.
        number: What it is held against; added to the baseline's where `is_relative`.
        is_relative: Whether the number is from the baseline.
        percent: Of the pictures, each of which is held against it; None for the mean of all.
        is_each: Whether it is demanded of each class.
        class_name: The class that it is demanded of; None for all pictures together.
        line: Its line in the policy, from 1; None where it has none.
    """

    text: str
    figure: str
    sign: str
    number: float
    is_relative: bool = False
    percent: float | None = None
    is_each: bool = False
    class_name: str | None = None
    line: int | None = None

    def holds(self, value: float, wanted: float) -> bool:
        """Whether a value is as demanded of `wanted`."""
        return OPERATORS[self.sign](value, wanted)


def parse_demand(text: str, line: int | None = None) -> Demand:
    """A sentence as a demand.

    Raises:
        InputError: It is none.
    """
    found = SENTENCE.fullmatch(text.strip())
    if found is None:
        raise InputError(
            f"'{text}' is no demand. Write FIGURE >= NUMBER, with 'on 95 % of pictures', 'for each class' or 'for "
            "class NAME' behind it, such as 'pearson >= 0.9 on 95 % of pictures'.",
            demand=text,
        )
    number = float(found["number"] or found["offset"] or 0)
    percent = float(found["percent"]) if found["percent"] else None
    if percent is not None and not 0 < percent <= 100:
        raise InputError(f"'{text}': {percent:g} % of the pictures are none, or too many.", demand=text)
    return Demand(
        text.strip(),
        found["figure"],
        found["sign"],
        -number if found["plus"] == "-" else number,
        is_relative=found["baseline"] is not None,
        percent=percent,
        is_each=found["each"] is not None,
        class_name=found["name"],
        line=line,
    )
