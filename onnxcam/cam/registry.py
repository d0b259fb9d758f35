"""The methods by name.

    @method("grad-cam")
    def grad_cam(activation, gradient):
        ...

A method is a pure function of one layer's activation and gradient, both float32 `(N, K, *space)` with channels first;
its docstring is its documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError, nearest

__all__ = ["Method", "Saliency", "find_method", "method", "method_names"]


@dataclass(frozen=True, slots=True)
class Saliency:
    """What a method makes of one layer.

    Attributes:
        raw: the map at the layer's resolution, float32 `(N, *space)`, at least 0, in the score's unit, not scaled.
        alpha: weight of each channel, float32 `(N, K)`.
    """

    raw: NDArray[np.float32]
    alpha: NDArray[np.float32]


Method: TypeAlias = Callable[[NDArray[np.float32], NDArray[np.float32]], Saliency]

METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    """Register the decorated function under `name` and return it unchanged."""

    def register(function: Method) -> Method:
        if name in METHODS:
            raise ValueError(f"method '{name}' is registered twice")
        METHODS[name] = function
        return function

    return register


def method_names() -> tuple[str, ...]:
    """Names of all methods, in alphabetical order."""
    return tuple(sorted(METHODS))


def find_method(name: str) -> Method:
    """The method of that name.

    Raises:
        InputError: no method has that name.
    """
    if name not in METHODS:
        hint = nearest(name, METHODS) or f" Known: {', '.join(method_names())}."
        raise InputError(f"unknown method '{name}'.{hint}", method=name)
    return METHODS[name]
