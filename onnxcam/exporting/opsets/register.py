"""The register of forms: which function writes which operator as it was before an opset, or is from one on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import onnx_ir as ir

__all__ = ["Form", "Lack", "NoForm", "NoOlderForm", "forms", "name_of", "newer", "next_form", "older"]

Form = Callable[..., Any]
F = TypeVar("F", bound=Form)

_older: dict[str, dict[int, Form]] = {}
_newer: dict[str, dict[int, Form]] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class Lack:
    """A node that cannot be written at an opset.

    Attributes:
        op_type: Its operator.
        node: Its name.
        opset: The newest opset at which it has no form.
        reason: Why, in a few words.
    """

    op_type: str
    node: str
    opset: int
    reason: str


class NoForm(Exception):  # noqa: N818 - an answer of a form, not an error
    """Raised by a form that cannot write its node; the message says why."""


class NoOlderForm(Exception):  # noqa: N818 - an answer, which callers turn into an error or into an upgrade
    """A graph cannot be written at an opset.

    Attributes:
        opset: The opset that was asked for.
        lacks: The nodes that have no form there.
    """

    def __init__(self, opset: int, lacks: tuple[Lack, ...]) -> None:
        found = sorted({f"{lack.op_type} ({lack.reason})" for lack in lacks})
        super().__init__(f"no form at opset {opset}: {', '.join(found)}")
        self.opset, self.lacks = opset, lacks


def older(*op_types: str, before: int) -> Callable[[F], F]:
    """Register a function as the form of `op_types` before an opset.

    `form(op, node)` writes with `op`, in the dialect of opset `before - 1`, what the node computes, and returns its
    outputs. Every node that goes to an opset older than `before` passes through it. It raises `NoForm` where it cannot.
    """
    return _register(_older, op_types, before)


def newer(*op_types: str, since: int) -> Callable[[F], F]:
    """Register a function as the form of `op_types` from an opset on; else as `older`, in the dialect of `since`."""
    return _register(_newer, op_types, since)


def next_form(op_type: str, dialect: int, target: int) -> tuple[Form, int] | None:
    """The form to pass through first from one opset towards another, and the dialect that it writes."""
    if target < dialect:
        found = [before for before in _older.get(op_type, {}) if target < before <= dialect]
        return (_older[op_type][max(found)], max(found) - 1) if found else None
    found = [since for since in _newer.get(op_type, {}) if dialect < since <= target]
    return (_newer[op_type][min(found)], min(found)) if found else None


def forms() -> Iterator[tuple[str, str, int]]:
    """Every form: `older` or `newer`, the operator, and the opset before or from which on it holds."""
    for kind, known in (("older", _older), ("newer", _newer)):
        yield from ((kind, op_type, opset) for op_type in sorted(known) for opset in sorted(known[op_type]))


def name_of(node: ir.Node) -> str:
    """What a message calls a node."""
    return str(node.name or node.outputs[0].name)


def _register(register: dict[str, dict[int, Form]], op_types: tuple[str, ...], opset: int) -> Callable[[F], F]:
    def store(form: F) -> F:
        for op_type in op_types:
            known = register.setdefault(op_type, {})
            if opset in known:
                raise ValueError(f"two forms of {op_type} at opset {opset}")
            known[opset] = form
        return form

    return store
