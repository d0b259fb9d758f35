"""One map with what its metrics need: the regions, the tensor, and the model to ask again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.auditing.confidence import probabilities
from onnxcam.explainer import Explainer
from onnxcam.explanation import Explanation
from onnxcam.metrics import Subject
from onnxcam.samples import Samples
from onnxcam.targets import ClassIndex

__all__ = ["subject_of"]

MOST = 32
"""Tensors that go through the model at once."""


def subject_of(
    explainer: Explainer,
    samples: Samples,
    result: Explanation,
    row: int,
    regions: Sequence[NDArray[np.bool_]],
) -> Subject:
    """The subject of one row of a result, whose sample is `samples`. Of what is no class, nothing is asked again."""
    explained, spec = int(result.class_index[row]), explainer.input
    map_ = result.map[row]
    if not spec.is_picture or explained < 0:
        return Subject(map_, tuple(regions))
    is_last, tensor = spec.layout == "NHWC", samples.feeds[spec.name][0]
    first = np.moveaxis(tensor, -1, 0) if is_last else tensor

    def fed(tensors: NDArray[np.float32]) -> Iterator[Samples]:
        """Batches of tensors `(M, C, H, W)` as the model takes them, with the sample's other inputs."""
        laid = np.moveaxis(tensors, 1, -1) if is_last else tensors
        for start in range(0, len(laid), spec.shape[0] or MOST):
            part = laid[start : start + (spec.shape[0] or MOST)].astype(tensor.dtype)
            feeds: dict[str, Any] = {
                name: np.repeat(array, len(part), axis=0) if samples.counts(name) else array
                for name, array in samples.feeds.items()
            }
            yield dataclasses.replace(
                samples, feeds={**feeds, spec.name: part}, count=len(part), pictures=(), backdrops=()
            )

    def probe(tensors: NDArray[np.float32]) -> NDArray[np.float64]:
        found = [probabilities(explainer.scores(part))[: part.count, explained] for part in fed(tensors)]
        return np.concatenate(found)

    def remap(tensors: NDArray[np.float32]) -> NDArray[np.float32]:
        found = [explainer.explain(part, ClassIndex(explained), result.method).map for part in fed(tensors)]
        return np.concatenate(found)

    return Subject(map_, tuple(regions), np.asarray(first, np.float32), probe, remap)
