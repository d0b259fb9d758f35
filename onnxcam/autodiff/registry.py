"""The register of vjp rules: which function differentiates which operator, from which version on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeVar

__all__ = ["Entry", "Kind", "Rule", "declare_none", "declare_zero", "entries", "expansion", "find", "vjp"]

Kind = Literal["rule", "expansion", "zero", "none"]
Rule = Callable[..., Any]
R = TypeVar("R", bound=Rule)


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """How one meaning of one operator is differentiated.

    Attributes:
        domain: `""` for `ai.onnx`.
        op_type: The operator's name.
        since: First version of the operator that the entry holds for; it holds until the next entry's.
        kind: `rule`; `expansion`: computed by standard operators, which are differentiated in its place; `zero`: a
            function of floats that is piecewise constant; `none`: no float passes through.
        rule: From cotangents to cotangents; of an expansion, from the node to its outputs. None for `zero` and `none`.
        broadcasts: Whether the operator broadcasts its inputs, so that their cotangents must be summed back.
    """

    domain: str
    op_type: str
    since: int
    kind: Kind
    rule: Rule | None
    broadcasts: bool = False


_entries: dict[tuple[str, str], list[Entry]] = {}


def vjp(*op_types: str, domain: str = "", since: int = 1, broadcasts: bool = False) -> Callable[[R], R]:
    """Register a function as the vjp rule of `op_types` from operator version `since` on."""

    def register(rule: R) -> R:
        for op_type in op_types:
            _add(Entry(domain, op_type, since, "rule", rule, broadcasts))
        return rule

    return register


def expansion(*op_types: str, domain: str = "", since: int = 1) -> Callable[[R], R]:
    """Register a function that computes the outputs of `op_types` in standard operators, which are differentiated."""

    def register(expand: R) -> R:
        for op_type in op_types:
            _add(Entry(domain, op_type, since, "expansion", expand))
        return expand

    return register


def declare_zero(*op_types: str, domain: str = "", since: int = 1) -> None:
    """Declare that the gradient of `op_types` is zero: they read floats, and are piecewise constant in them."""
    for op_type in op_types:
        _add(Entry(domain, op_type, since, "zero", None))


def declare_none(*op_types: str, domain: str = "", since: int = 1) -> None:
    """Declare that no float passes through `op_types`, so that there is nothing to differentiate."""
    for op_type in op_types:
        _add(Entry(domain, op_type, since, "none", None))


def find(domain: str, op_type: str, version: int) -> Entry | None:
    """The entry for an operator at a version of its own (`since_version`), or None."""
    for entry in reversed(_entries.get((domain, op_type), [])):
        if entry.since <= version:
            return entry
    return None


def entries() -> Iterator[Entry]:
    """Every entry, by domain, operator and version."""
    for key in sorted(_entries):
        yield from _entries[key]


def _add(entry: Entry) -> None:
    known = _entries.setdefault((entry.domain, entry.op_type), [])
    if any(e.since == entry.since for e in known):
        raise ValueError(f"two rules for {entry.domain or 'ai.onnx'}::{entry.op_type} since version {entry.since}")
    known.append(entry)
    known.sort(key=lambda e: e.since)
