"""What an audit found in its maps together, in lines: suspicious clusters, and the curve of the randomisation test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnxcam.cli.narration import one_line

if TYPE_CHECKING:
    from onnxcam.auditing import Cluster, Randomisation, RandomisedStep, Shortcuts

__all__ = ["randomisation_lines", "shortcut_lines"]

FEW = 5
"""Clusters that are told."""
SHOWN = 3
"""Pictures of each."""
AS_IT_IS = "none"
LONG = 32
"""Characters of a node's name at most."""
BAR = 20
"""Characters of a similarity of 1."""


def shortcut_lines(found: Shortcuts) -> list[str]:
    """The clusters that a person should look at, the most suspicious first; none where nothing is suspicious."""
    told = found.suspicious
    if not told:
        return []
    more = [f"  and {len(told) - FEW} more, in audit.json"] if len(told) > FEW else []
    return ["perhaps a shortcut:", *map(_cluster, told[:FEW]), *more]


def _cluster(one: Cluster) -> str:
    where = "corner" if one.corner_excess >= one.border_excess else "border"
    keys = ", ".join(map(one_line, one.keys[:SHOWN]))
    return (
        f"  class {one_line(one.class_name)}, cluster of {one.size} of {one.of} pictures: {where} excess "
        f"{max(one.corner_excess, one.border_excess):.2f}, such as {keys}"
    )


def randomisation_lines(found: Randomisation | None) -> list[str]:
    """The curve, a line for each step; none where there was no test."""
    if found is None:
        return []
    head = f"similarity to the maps of {found.pictures} pictures as weights are shuffled ({found.mode}):"
    width = max(len(AS_IT_IS), *(len(_named(step)) for step in found.steps))
    lines = [_step(AS_IT_IS.ljust(width), 1.0, 1.0)]
    for step in found.steps:
        noted = f" ({one_line(step.note)})" if step.note else ""
        lines.append(_step(_named(step).ljust(width), step.spearman, step.ssim) + noted)
    return [head, *lines]


def _step(name: str, spearman: float | None, ssim: float | None) -> str:
    bar = "" if spearman is None else "#" * round(BAR * max(0.0, spearman))
    return f"  {name}  spearman {_number(spearman)}  ssim {_number(ssim)}  {bar}".rstrip()


def _named(step: RandomisedStep) -> str:
    first, last = (_short(one_line(name)) for name in (step.first, step.last))
    return first if step.nodes == 1 else f"{first} … {last} ({step.nodes})"


def _short(name: str) -> str:
    """The end of a long name, by which nodes differ."""
    return name if len(name) <= LONG else f"…{name[1 - LONG :]}"


def _number(value: float | None) -> str:
    return "      -" if value is None else f"{value:7.4f}"
