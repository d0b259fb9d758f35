"""The methods by name.

    @method("grad-cam")
    def grad_cam(evidence):
        ...

A method is a function of one layer's `Evidence`, and its docstring is its documentation: the first line says what it
computes in one sentence, `Source:` names the paper. A new method is one file in this folder, imported in `__init__.py`.

    @in_graph("grad-cam")
    def grad_cam_in_graph(op, activation, gradient):
        ...

is the same formula as nodes, for files that carry their own explanation: `op.Mul(a, b)` writes a node and returns its
value. A method that runs the model again has none.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from onnxcam.cam.evidence import Evidence, Saliency
from onnxcam.errors import InputError, nearest

__all__ = [
    "GraphMethod",
    "Method",
    "MethodCard",
    "find_graph_method",
    "find_method",
    "in_graph",
    "method",
    "method_cards",
    "method_names",
]

Method: TypeAlias = Callable[[Evidence], Saliency]

GraphMethod: TypeAlias = Callable[[Any, Any, Any], Any]
"""From an emitter and the values of activation and gradient, `(N, K, P)`, to that of the map before ReLU, `(N, P)`."""

METHODS: dict[str, Method] = {}
GRAPH_METHODS: dict[str, GraphMethod] = {}


def method(name: str) -> Callable[[Method], Method]:
    """Register the decorated function under `name` and return it unchanged."""

    def register(function: Method) -> Method:
        if name in METHODS:
            raise ValueError(f"method '{name}' is registered twice")
        METHODS[name] = function
        return function

    return register


def in_graph(name: str) -> Callable[[GraphMethod], GraphMethod]:
    """Register the decorated function as the method of that name written as a graph, and return it unchanged."""

    def register(function: GraphMethod) -> GraphMethod:
        if name in GRAPH_METHODS:
            raise ValueError(f"method '{name}' has two graphs")
        GRAPH_METHODS[name] = function
        return function

    return register


def method_names() -> tuple[str, ...]:
    """Names of all methods, in alphabetical order."""
    return tuple(sorted(METHODS))


@dataclass(frozen=True, slots=True)
class MethodCard:
    """What a method says of itself.

    Attributes:
        name: As `find_method` knows it.
        summary: What it computes, one sentence.
        source: The paper.
    """

    name: str
    summary: str
    source: str


def method_cards() -> tuple[MethodCard, ...]:
    """The cards of all methods, in alphabetical order, from their docstrings."""
    return tuple(_card(name, inspect.getdoc(METHODS[name]) or "") for name in method_names())


def _card(name: str, text: str) -> MethodCard:
    source = re.search(r"^Source: (.+?)(?=\n\n|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    return MethodCard(name, text.partition("\n")[0], " ".join(source[1].split()) if source else "")


def find_method(name: str) -> Method:
    """The method of that name.

    Raises:
        InputError: no method has that name.
    """
    if name not in METHODS:
        hint = nearest(name, METHODS) or f" Known: {', '.join(method_names())}."
        raise InputError(f"unknown method '{name}'.{hint}", method=name)
    return METHODS[name]


def find_graph_method(name: str) -> GraphMethod:
    """The method of that name written as a graph.

    Raises:
        InputError: no method has that name, or it cannot be written as a graph.
    """
    find_method(name)
    if name not in GRAPH_METHODS:
        raise InputError(
            f"the method '{name}' runs the model again, so no file can carry it. Export one of "
            f"{', '.join(sorted(GRAPH_METHODS))}.",
            method=name,
        )
    return GRAPH_METHODS[name]
