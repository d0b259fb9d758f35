"""The target of those who compute it themselves: a function of the score tensor, or an array."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from onnxcam.errors import InputError
from onnxcam.targets.scores import Aim, Array, Scores

__all__ = ["Cotangent"]


@dataclasses.dataclass(frozen=True, slots=True)
class Cotangent:
    """A function of the score tensor, or an array: the cotangent itself.

    Attributes:
        of: From the score tensor of a batch to its cotangent, or the cotangent of all samples.
    """

    of: Callable[[Array], Array] | Array

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim, of no class.

        Raises:
            InputError: Not an array of the shape of the score tensor.
        """
        logits = scores.logits
        given = self.of(logits) if callable(self.of) else np.asarray(self.of)
        found = np.asarray(given)
        if not callable(self.of) and logits.ndim > 1 and found.ndim == logits.ndim and len(found) == scores.total:
            found = found[list(scores.rows)]
        if found.shape != logits.shape or found.dtype.kind not in "fiub":
            raise InputError(
                f"the cotangent is {found.dtype} of shape {found.shape}; the score tensor has shape {logits.shape}. "
                "Return numbers, one for each score.",
                given=found.shape,
                expected=logits.shape,
            )
        cotangent = found.astype(np.result_type(logits.dtype, np.float32))  # float16 would lose a small one
        return (Aim(np.full(scores.count, -1, np.int64), cotangent, ("a cotangent of its own",) * scores.count),)
