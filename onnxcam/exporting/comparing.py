"""Does the exported file give what the shipped one gives, and the maps that onnxcam makes of it?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.explainer import Explainer
from onnxcam.explanation import Explanation
from onnxcam.exporting.map_graph import CAM, CAM_CLASS, CAM_TARGET
from onnxcam.runtime import largest_difference
from onnxcam.targets import Target

__all__ = ["Agreement", "compare"]

WRONG = 1e-3
"""Largest difference that is put down to rounding."""


@dataclasses.dataclass(frozen=True, slots=True)
class Agreement:
    """How far the exported file and the shipped one are apart.

    Attributes:
        samples: How many were compared.
        outputs: The largest difference of the model's own outputs, as a share of each one's largest entry.
        maps: The largest difference of the maps in [0, 1] (of raw ones as a share of the largest entry) from those of
            `Explainer.explain`.
        classes: Samples whose explained class is another.
    """

    samples: int
    outputs: float
    maps: float
    classes: int

    @property
    def is_wrong(self) -> bool:
        """Whether it is more than rounding."""
        return self.outputs > WRONG


def compare(
    explainer: Explainer, exported: ir.Model, groups: Iterable[object], target: Target, method: str, *, is_raw: bool
) -> Agreement:
    """Run the shipped file, the exported one, and the explainer on the same inputs.

    Args:
        explainer: Of the shipped file.
        exported: The exported model.
        groups: Inputs as `Explainer.explain` takes them.
        target: What is explained.
        method: A method's name.
        is_raw: Whether the maps are those at the layer's resolution.

    Raises:
        InputError: Inputs that do not fit.
        ProviderError: ONNX Runtime fails.
    """
    session = explainer.open(exported)
    apart, maps, classes, count = 0.0, 0.0, 0, 0
    for feeds in (batch for group in groups for batch in explainer.batches(group)):
        shipped = explainer.run_shipped(feeds)
        batch = len(feeds[explainer.input.name])
        chosen = {CAM_TARGET: np.full(batch, -1, np.int64)} if CAM_TARGET in session.input_names else {}
        found = session.run_arrays({**feeds, **chosen}, (*shipped, CAM, CAM_CLASS))
        one, others = _of_maps(explainer.explain(feeds, target, method), found, is_raw=is_raw)
        apart, maps = max(apart, largest_difference(shipped, found)), max(maps, one)
        classes, count = classes + others, count + len(found[CAM])
    return Agreement(count, apart, maps, classes)


def _of_maps(expected: Explanation, found: Mapping[str, NDArray[Any]], *, is_raw: bool) -> tuple[float, int]:
    """The largest difference of the maps, and how many classes differ; the rows are those of the explanation."""
    wanted = expected.raw if is_raw else expected.map
    cam, classes = found[CAM], found[CAM_CLASS]
    places = _places(expected.sample)
    if classes.ndim == 1:
        places = [(row,) for row, _ in places]
    got = np.stack([cam[place] for place in places])
    picked = np.array([classes[place] for place in places])
    scale = float(wanted.max(initial=0)) or 1.0 if is_raw else 1.0
    gap = np.abs(got.astype(np.float64) - wanted).max(initial=0.0) / scale
    return float(np.nan_to_num(gap, nan=np.inf)), int((picked != expected.class_index).sum())


def _places(samples: Sequence[int] | NDArray[np.int64]) -> list[tuple[int, ...]]:
    """Sample and rank of each row of an explanation."""
    seen: dict[int, int] = {}
    places: list[tuple[int, ...]] = []
    for sample in map(int, samples):
        places.append((sample, seen.get(sample, 0)))
        seen[sample] = seen.get(sample, 0) + 1
    return places
