"""Real files with an input for each: their gradients, and what these read of a run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from numpy.typing import NDArray

import onnxcam
from onnxcam.graph import SHAPE_SUFFIX, Model, expose, whole_proto
from onnxcam.samples import cut
from tests.running import run_plainly
from tests.shared import cards, shared
from tests.test_shared_unaided import REFUSED, given

__all__ = ["EXPLAINED", "RealGradient", "feeds_of", "path_of", "real_gradient"]

Array = NDArray[Any]
BUNDLED = Path(__file__).parents[3] / "models"
EXPLAINED = (
    *sorted(set(cards()) - set(REFUSED)),
    *(str(path.relative_to(BUNDLED)) for path in sorted(BUNDLED.rglob("*.onnx"))),
)


@dataclasses.dataclass(frozen=True)
class RealGradient:
    """A gradient model of a real file, and what it is fed for one input of the file.

    Attributes:
        model: The file.
        gradient: The gradient model.
        feeds: A random cotangent, and the residuals of a run.
    """

    model: Model
    gradient: ir.Model
    feeds: dict[str, Array]


def path_of(name: str) -> Path:
    return BUNDLED / name if name.endswith(".onnx") else shared(f"models/{name}/model.onnx")


def feeds_of(explainer: onnxcam.Explainer, name: str) -> dict[str, Array]:
    """One batch of inputs for a file."""
    if not name.endswith(".onnx"):
        return dict(next(cut(explainer.gather(given(name)), explainer._batch))[1])
    rng = np.random.default_rng(0)
    sizes = {v.name: [d if isinstance(d, int) else 1 for d in v.shape] for v in explainer._loaded.shipped.graph.inputs}
    if "signals/tones" in name:
        return dict(next(cut(explainer.gather(BUNDLED / "signals/two-tones.wav"), explainer._batch))[1])
    if "signals/balls" in name:
        return dict(next(cut(explainer.gather(BUNDLED / "signals/two-balls.nii.gz"), explainer._batch))[1])
    found = {n: rng.standard_normal(shape) for n, shape in sizes.items()}
    types = {v.name: v.dtype.numpy() for v in explainer._loaded.shipped.graph.inputs}
    return {n: array.astype(types[n]) for n, array in found.items()}


def real_gradient(name: str) -> RealGradient:
    """The gradient of a file, chosen as by default."""
    explainer = onnxcam.Explainer(path_of(name), provider="cpu")
    feeds = feeds_of(explainer, name)
    model, gradient = explainer.model, explainer._gradient
    values = [r.value for r in gradient.residuals if r.kind == "value"]
    shapes = [r.value for r in gradient.residuals if r.kind == "shape"]
    exposed = whole_proto(expose(model, [v for v in (*values, explainer.plan.output) if v not in feeds], shapes))
    found = {**run_plainly(exposed, feeds), **feeds}
    given = {r.name: found[r.value + (SHAPE_SUFFIX if r.kind == "shape" else "")] for r in gradient.residuals}
    score = found[explainer.plan.output]
    types = {i.name: i.type.tensor_type.elem_type for i in whole_proto(gradient.model).graph.input}
    (name_of_cotangent,) = gradient.cotangents
    rng = np.random.default_rng(1)
    given[name_of_cotangent] = rng.standard_normal(score.shape)
    typed = {n: np.asarray(v).astype(onnx.helper.tensor_dtype_to_np_dtype(types[n])) for n, v in given.items()}
    return RealGradient(model, gradient.model, typed)
