"""What the randomisation test gives."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from onnxcam.explanation import Explanation

__all__ = ["Mode", "RandomisationTest", "Step"]

Mode: TypeAlias = Literal["cascading", "independent"]
Float = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One model with shuffled weights, held against the original on M maps.

    Attributes:
        nodes: Names of the nodes whose weights this step was the first to shuffle, or the only one.
        tensors: Names of all tensors that are shuffled in this step's model.
        reaches_layer: Whether a shuffled weight lies at or before the layer explained: its activation is another then.
        spearman: Rank correlation of each map with the original's, float64 `(M,)` in [-1, 1]; NaN where one of them is
            constant, and where the step failed.
        ssim: Structural similarity of each map to the original's, `(M,)`, as `spearman`; NaN for maps that are not of
            two dimensions of 11 pixels at least, too.
        score: The score explained, `(M,)`, before softmax; NaN where the step failed.
        change: `score` less the original's.
        constant: How many maps have no similarity because they, or the original's, are constant: a map of zeros is all
            that shuffled weights may leave.
        note: What the reader must know: the step failed, or maps are constant. None for nothing.
    """

    nodes: tuple[str, ...]
    tensors: tuple[str, ...]
    reaches_layer: bool
    spearman: Float
    ssim: Float
    score: Float
    change: Float
    constant: int = 0
    note: str | None = None

    @property
    def mean_spearman(self) -> float:
        """The mean over the maps that have one; NaN where none has."""
        return _mean(self.spearman)

    @property
    def mean_ssim(self) -> float:
        """As `mean_spearman`."""
        return _mean(self.ssim)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class RandomisationTest:
    """What becomes of the maps as weights are shuffled.

    Attributes:
        mode: `cascading` or `independent`.
        steps: From the score to the input.
        original: The explanation by the file as it is.
        notes: What is left alone, and what the original's explanation says.
    """

    mode: Mode
    steps: tuple[Step, ...]
    original: Explanation
    notes: tuple[str, ...]

    @property
    def curve(self) -> Float:
        """The mean Spearman similarity of each step; it starts below 1 and falls for a map that depends on weights."""
        return np.array([step.mean_spearman for step in self.steps])


def _mean(values: Float) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
