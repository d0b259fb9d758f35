"""What is added to a model: a graph from its own values to the maps.

score tensor -> target -> gradient -> method -> map
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff import gradients, opset_of
from onnxcam.autodiff.emitter import Emitter, Residual
from onnxcam.autodiff.quantized import as_reals
from onnxcam.cam import GraphMethod
from onnxcam.errors import InputError
from onnxcam.exporting.cells import Cells, Dimension, cells_of, dimension, has_open_size, vector
from onnxcam.exporting.maps import averaged
from onnxcam.exporting.targets import GraphAim, GraphScores, aims, takes_choice
from onnxcam.exporting.tidying import tidy
from onnxcam.plan import Plan
from onnxcam.samples import InputSpec
from onnxcam.targets import Scores, Target

__all__ = ["CAM", "CAM_CLASS", "CAM_TARGET", "MapGraph", "draw_map_graph"]

CAM, CAM_CLASS, CAM_TARGET = "cam", "cam_class", "cam_target"

MOST_ENTRIES = 1024
"""Of a constant that the graph holds beside the model's own weights."""
SHARE = 1000
"""The share of the model's weights, one in so many, that the matrices of a resizing may take."""


@dataclasses.dataclass(frozen=True, slots=True)
class MapGraph:
    """A model that reads another's values.

    Attributes:
        model: Its inputs are `residuals`, and `cam_target` where that is one; its outputs `cam` and `cam_class`.
        residuals: The values, or shapes, of the other model that it reads.
        targets: What is explained, a name for each aim.
        has_choice: Whether the class may be chosen in a run.
        dead_ends: Where a part of the gradient ends.
    """

    model: ir.Model
    residuals: tuple[Residual, ...]
    targets: tuple[str, ...]
    has_choice: bool
    dead_ends: tuple[str, ...]


def draw_map_graph(
    plan: Plan,
    source: InputSpec,
    sample: Scores,
    target: Target,
    method: GraphMethod,
    *,
    is_raw: bool = False,
) -> MapGraph:
    """Write the graph.

    Args:
        plan: Layers and score tensor.
        source: The input whose space the map has.
        sample: The scores of a real run, from which what depends on data is decided once.
        target: What is explained.
        method: How activation and gradient become a map.
        is_raw: Whether the map stays as the method gives it, at the layer's resolution.

    Raises:
        GradientError: An operator on the way has no rule, or no gradient reaches a layer.
        InputError: A target without a graph, or a raw map of several layers.
        PlanError: A layer without space, or whose cells depend on the input's size.
    """
    model = plan.model
    y, layers = model.value(plan.output), [model.value(name) for name in plan.layers]
    if is_raw and len(layers) > 1:
        raise InputError(
            f"{len(layers)} layers are explained, and their raw maps differ in size. Name one of them with --layer.",
            layers=plan.layers,
        )
    dtype = ir.DataType.DOUBLE if y.dtype == ir.DataType.DOUBLE else ir.DataType.FLOAT
    opset = max(opset_of(model, [y], layers), model.opset)
    op = Emitter(model.graph, model.constants, dtype, opset, largest=MOST_ENTRIES)
    scores = _scores(op, plan, sample)
    has_choice = takes_choice(scores, target)
    chosen = op.input(CAM_TARGET, ir.DataType.INT64, ir.Shape([None])) if has_choice else None
    found = aims(op, scores, target, chosen)
    is_many = len(found) > 1 or getattr(target, "count", None) is not None
    is_open = has_open_size(model.shipped.graph)
    cells = [cells_of(layer, a, is_open=is_open) for layer, a in zip(layers, plan.arrangements, strict=True)]
    raws = _raws(op, plan, found, cells, method)
    size = tuple(dimension(op, model.value(source.name), a) for a in source.space_axes(len(plan.grid) or None))
    stacked = [_stacked(op, of_layer) for of_layer in raws]
    grids = [one.grid(op) for one in cells]
    if is_raw:
        maps, size = _on_grid(op, stacked[0], grids[0]), grids[0]
    else:
        room = sum(v.const_value.nbytes for v in model.graph.initializers.values() if v.const_value is not None)
        maps = averaged(op, list(map(functools.partial(_on_grid, op), stacked, grids)), grids, size, room // SHARE)
    _put_out(op, maps, size, len(found) if is_many else None)
    _put_classes(op, found, is_many)
    written = ir.Model(op.graph, ir_version=max(8, model.shipped.ir_version), producer_name="onnxcam")
    tidy(written)
    for value in [v for v in op.graph.inputs if not v.uses() and v.name != CAM_TARGET]:
        op.graph.inputs.remove(value)
    residuals = tuple(op.residuals[v] for v in op.graph.inputs if v in op.residuals)
    names = tuple(aim.name for aim in found)
    return MapGraph(written, residuals, names, has_choice, tuple(dict.fromkeys(op.dead_ends)))


def _scores(op: Emitter, plan: Plan, sample: Scores) -> GraphScores:
    y = plan.model.value(plan.output)
    dims = y.shape if y.shape is not None else [None] * sample.logits.ndim
    shape = tuple(d if isinstance(d, int) else None for d in dims)
    return GraphScores(as_reals(op, y), shape, _Outputs(op, plan), sample)


class _Outputs(Mapping[str, Any]):
    """The model's float outputs in the graph, each brought there when it is asked for."""

    def __init__(self, op: Emitter, plan: Plan) -> None:
        self._op = op
        self._values = {str(v.name): v for v in plan.model.graph.outputs}

    def __getitem__(self, name: str) -> Any:
        return as_reals(self._op, self._values[name])

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _raws(
    op: Emitter, plan: Plan, found: Sequence[GraphAim], cells: Sequence[Cells], method: GraphMethod
) -> list[list[Any]]:
    """For each layer and each aim, the map before ReLU and any scaling, float32 `(N, P)`."""
    y = plan.model.value(plan.output)
    activations = [one.flat(op, as_reals(op, one.layer)) for one in cells]
    raws: list[list[Any]] = [[] for _ in cells]
    for aim in found:
        if y.shape is not None:  # by its symbols sums over what was broadcast are settled without a run
            aim.cotangent.shape = y.shape.copy()
        of_layers = gradients(op, plan.model.graph, [y], [aim.cotangent], [one.layer for one in cells])
        for kept, one, activation, gradient in zip(raws, cells, activations, of_layers, strict=True):
            raw = method(op, activation, one.flat(op, gradient))
            kept.append(raw if op.dtype == ir.DataType.FLOAT else op.Cast(raw, to=ir.DataType.FLOAT))
    return raws


def _stacked(op: Emitter, raws: Sequence[Any]) -> Any:
    """The maps of k aims, each `(N, P)`, as `(N·k, P)`."""
    if len(raws) == 1:
        return raws[0]
    stacked = op.Concat(*(op.Unsqueeze(raw, [1]) for raw in raws), axis=1)
    return op.Reshape(stacked, op.Concat([-1], op.Slice(op.Shape(raws[0]), [1], [2]), axis=0))


def _on_grid(op: Emitter, raw: Any, grid: Sequence[Dimension]) -> Any:
    """What a method gives, `(M, P)`, as a raw map: `(M, *grid)`, without what is negative."""
    return op.Relu(op.Reshape(raw, vector(op, [-1, *grid])))


def _put_out(op: Emitter, maps: Any, shape: Sequence[Dimension], count: int | None) -> None:
    """Make the maps, `(M, *shape)`, the first output: `(N, *shape)`, or `(N, k, *shape)` for k aims."""
    lead = [None] if count is None else [None, count]
    if count is not None:
        maps = op.Reshape(maps, vector(op, [-1, count, *shape]))
    maps.name, maps.dtype = CAM, ir.DataType.FLOAT
    maps.shape = ir.Shape([*lead, *(d if isinstance(d, int) else None for d in shape)])
    op.graph.outputs.append(maps)


def _put_classes(op: Emitter, found: Sequence[GraphAim], is_many: bool) -> None:
    """Make the classes the second output: `(N,)`, or `(N, k)`."""
    each = [aim.class_index for aim in found]
    classes = op.Concat(*(op.Unsqueeze(c, [1]) for c in each), axis=1) if is_many else each[0]
    classes.name, classes.dtype = CAM_CLASS, ir.DataType.INT64
    classes.shape = ir.Shape([None, *([len(each)] if is_many else [])])
    op.graph.outputs.append(classes)
