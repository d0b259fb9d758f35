"""Every error that onnxcam raises on purpose.

    OnnxcamError
      ModelError       not a model, truncated, external data missing or outside the folder, custom operator
      PlanError        layer not found, score not found, layer not connected to the score
      GradientError    no rule for an operator on the way, or a rule that broke its contract (a bug of onnxcam)
      ProviderError    an execution provider asked for and not had, a session that failed, a non-finite result
      InputError       picture, tensor, labels, preprocessing

A message says what is wrong, where, and what to do next; the facts in it are attributes of the error too
(`error.node`, `error.path`, …), so that a caller need not parse the text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["GradientError", "InputError", "ModelError", "OnnxcamError", "PlanError", "ProviderError", "nearest"]


class OnnxcamError(Exception):
    """Base of all errors of onnxcam; `facts` holds what the message speaks of, each fact an attribute too."""

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.facts = facts

    def __getattr__(self, name: str) -> object:
        facts: dict[str, object] = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(f"{type(self).__name__} has no fact '{name}'", name=name, obj=self)

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the facts when the error crosses a process boundary."""
        return type(self), self.args, {"facts": self.facts}


class ModelError(OnnxcamError):
    """The file is not a model that can be explained."""


class PlanError(OnnxcamError):
    """The layer or the score cannot be found, or nothing connects them."""


class GradientError(OnnxcamError):
    """The gradient model cannot be built; `op_type`, `since_version`, `node` and `path` say where."""


class ProviderError(OnnxcamError):
    """ONNX Runtime cannot run what was asked for, where it was asked for."""


class InputError(OnnxcamError):
    """A picture, tensor, label or preprocessing that the model cannot take."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """Names of `known` that look like `name`, as the end of a message: ``" Did you mean 'a' or 'b'?"`` or ``""``."""
    close = difflib.get_close_matches(name, list(known), n=count, cutoff=0.5)
    return f" Did you mean {' or '.join(repr(c) for c in close)}?" if close else ""
