"""What a target is, and the spellings by which the command line names targets.

    @spelling(r"top([0-9]+)", "top5", "the five classes with the highest scores, a map for each")
    def top(match, look_up):
        return TopClasses(int(match[1]))

A file of this folder adds a family: a frozen dataclass with `aims`, and its spelling. A class's name wins over a
spelling. A target with several maps for a sample says how many by an attribute `count`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Protocol, TypeAlias, runtime_checkable

from onnxcam.targets.scores import Aim, Scores

__all__ = ["BOX", "SPELLINGS", "LookUp", "Spelling", "Target", "spelling"]


NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
BOX = rf"{NUMBER}(?:,{NUMBER}){{3}}"
"""How a spelling writes a box: left, top, right and bottom, with commas."""


@runtime_checkable
class Target(Protocol):
    """What `explain` takes as `target` besides the short forms."""

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """What is explained of each row of a batch: one score, or several, each with a map of its own."""
        ...


LookUp: TypeAlias = Callable[[str], int]
"""From a class's name, or its index in digits, to its index."""


@dataclasses.dataclass(frozen=True, slots=True)
class Spelling:
    """A way to write a target.

    Attributes:
        pattern: What the whole text must match.
        example: One such text.
        meaning: What it means, for the help.
        make: From the match and what looks classes up to the target.
    """

    pattern: re.Pattern[str]
    example: str
    meaning: str
    make: Callable[[re.Match[str], LookUp], Target]


SPELLINGS: list[Spelling] = []

Make: TypeAlias = Callable[[re.Match[str], LookUp], Target]


def spelling(pattern: str, example: str, meaning: str) -> Callable[[Make], Make]:
    """Register the decorated function for texts that match `pattern` as a whole, and return it unchanged."""

    def register(function: Make) -> Make:
        SPELLINGS.append(Spelling(re.compile(pattern), example, meaning, function))
        return function

    return register
