"""The layer of a second model that stands for that of the first."""

from __future__ import annotations

import dataclasses

from onnxcam.auditing import Settings
from onnxcam.explainer import Explainer

__all__ = ["matched"]


def matched(first: Explainer, second: Settings, threads: int = 0) -> tuple[Explainer, str]:
    """An explainer of the second model at the first one's layer, and in words how that was found.

    A layer that the settings name is taken. Else it is the one that the second model's own graph says, its role being
    the first one's; unless that has another name, and the first one's name is a candidate with the same grid there.

    Raises:
        OnnxcamError: The second model cannot be explained.
    """
    found = second.explainer(threads)
    names, own = first.plan.layers, found.plan.layers
    if second.layer is not None:
        return found, f"layers as named: {_told(names)} and {_told(own)}"
    if names == own:
        return found, f"layers matched by role and name: {_told(names)}"
    grids = {one.layer: one.grid for one in first.plan.candidates}
    there = {one.layer: one.grid for one in found.plan.candidates}
    if all(name in there and there[name] == grids.get(name) for name in names):
        by_name = dataclasses.replace(second, layer=tuple(names)).explainer(threads)
        return by_name, f"layers matched by name: {_told(names)}"
    return found, f"layers matched by role: {_told(names)} and {_told(own)}"


def _told(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)
