"""Operators whose form has changed since the opset that rules write for: how they are written in a newer one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["in_form_of"]

Node = tuple[Sequence[Any], Mapping[str, Any]]
MODES = {"bilinear": "linear", "bicubic": "cubic"}


def in_form_of(opset: int, op_type: str, inputs: Sequence[Any], attributes: Mapping[str, Any]) -> Node:
    """The inputs and attributes of a node at an opset; those that have its form already stay as they are."""
    if opset >= 20 and op_type == "DFT" and "axis" in attributes:  # the axis is an input
        others = {name: value for name, value in attributes.items() if name != "axis"}
        return [*inputs, *[None] * (2 - len(inputs)), attributes["axis"]], others
    if opset >= 20 and op_type == "GridSample" and str(attributes.get("mode")) in MODES:  # there are more axes than two
        return inputs, {**attributes, "mode": MODES[attributes["mode"]]}
    return inputs, attributes
