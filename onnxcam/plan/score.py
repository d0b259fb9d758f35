"""Which tensor holds the scores: what stands before a trailing softmax, sigmoid or decision."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import onnx_ir as ir

from onnxcam.errors import PlanError, nearest
from onnxcam.graph import JOINED, Model, downstream, is_quantized, join, quantization_of, static_shape
from onnxcam.plan.plan import ScoreLayout
from onnxcam.space import Tracing, is_positional, trace

__all__ = ["Score", "choose_score", "find_layout"]

# Operators that turn scores into probabilities or into a decision: what stands before them is explained.
SQUASHING = frozenset(
    {"Softmax", "LogSoftmax", "Sigmoid", "ArgMax", "TopK", "ZipMap", "ArrayFeatureExtractor"}
) | frozenset({"QLinearSigmoid", "QLinearSoftmax"})
# Operators that may stand among those without changing what is scored.
NEUTRAL = frozenset({"Cast", "Clip", "DequantizeLinear", "Flatten", "Identity", "QuantizeLinear"}) | frozenset(
    {"Reshape", "Squeeze", "Transpose", "Unsqueeze"}
)
FLOATS = frozenset({ir.DataType.FLOAT, ir.DataType.DOUBLE, ir.DataType.FLOAT16, ir.DataType.BFLOAT16})
# The input that carries the scores, where it is not the first: ArrayFeatureExtractor picks a label by an index.
CARRYING_INPUT = {"ArrayFeatureExtractor": 1}


@dataclasses.dataclass(frozen=True, slots=True)
class Score:
    """The score tensor, why it is that, what it stands before, and what it was joined from."""

    value: ir.Value
    reason: str
    before: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()


def choose_score(model: Model, tracing: Tracing, output: str | None = None) -> tuple[Model, Tracing, Score]:
    """The score tensor: `output` if it is named, else what stands before the trailing squashing of an output.

    Of several outputs, the first that is squashed into probabilities is taken, else the first that leads back to a
    float tensor computed from the model's input. Where the model gives one such tensor for each scale, alike but for
    their sizes, they are joined into one: the model and the tracing that are returned have it.

    Raises:
        PlanError: No such value, or none of the outputs leads to a float tensor that depends on the input.
    """
    if output is not None:
        return model, tracing, Score(_named(model, output), f"the score tensor '{output}' was asked for")
    reached = downstream(model.graph, model.graph.inputs)
    found = [(o, _before_squashing(o)) for o in model.graph.outputs]
    usable = [(o, s) for o, s in found if _is_score(s.value) and s.value in reached]
    if not usable:
        raise PlanError(
            f"{model.path.name} has no float score that depends on its input, so it has no gradient. {_way_out(model)}",
            path=model.path,
        )
    first, score = next(((o, s) for o, s in usable if s.before), usable[0])
    alike = [s for o, s in usable if s.before == score.before and (o is first or _is_alike(tracing, s, score))]
    if len(alike) > 1:
        return _joined(model, tracing, alike)
    return _of_heads(model, tracing, score) or (model, tracing, score)


def _of_heads(model: Model, tracing: Tracing, score: Score) -> tuple[Model, Tracing, Score] | None:
    """What stands before heads that are squashed each on its own and put behind each other; None for another score."""
    node = score.value.producer()
    if node is None or node.op_type != "Concat":
        return None
    given = [v for v in node.inputs if v is not None]
    heads = [_before_squashing(v) for v in given]
    shapes = [[tracing.shapes.get(str(v.name)) for v in of] for of in ([h.value for h in heads], given)]
    if not all(head.before for head in heads) or shapes[0] != shapes[1]:
        return None
    names = tuple(str(head.value.name) for head in heads)
    joined = join(model, names, node.attributes["axis"].as_int())
    before = tuple(dict.fromkeys(op for head in heads for op in head.before))
    told = f"the score tensor is made of {', '.join(map(repr, names))}, which stand before {' and '.join(before)}"
    return joined, trace(joined), Score(joined.value(JOINED), told, before, names)


def _way_out(model: Model) -> str:
    """What to do about a model without a score: where it ends in a suppression, take what goes into that."""
    ends = [n for n in model.graph if n.op_type == "NonMaxSuppression"]
    if not ends or ends[-1].inputs[1] is None:
        return "Name a score tensor with --output-name if there is one."
    return (
        "It ends in NonMaxSuppression: export it without, or name the scores that go into that, "
        f"'{ends[-1].inputs[1].name}', with --output-name."
    )


def _is_alike(tracing: Tracing, one: Score, other: Score) -> bool:
    """Whether two scores are of the same classes on other grids."""
    a, b = (tracing.shapes.get(str(s.value.name), ()) for s in (one, other))
    axes = [find_layout(tracing, s).class_axis for s in (one, other)]
    grids = [tracing.grids_of(s.value) for s in (one, other)]
    has_one_each = len(grids[0]) == len(grids[1]) == 1 and grids[0] != grids[1]
    return has_one_each and len(a) == len(b) and axes[0] == axes[1] and a[axes[0]] == b[axes[1]]


def _joined(model: Model, tracing: Tracing, scores: Sequence[Score]) -> tuple[Model, Tracing, Score]:
    """One tensor for several scales; before any squashing where the shapes allow it."""
    names = tuple(str(s.value.name) for s in scores)
    layouts = [find_layout(tracing, s) for s in scores]
    places = layouts[0].positions
    if len(places) > 1 and layouts[0].class_axis != 1:
        return model, tracing, scores[0]
    joined = join(model, names, places[0] if len(places) == 1 else None)
    told = f"the score tensor is made of {', '.join(map(repr, names))}, one for each scale"
    before = f", which stand before {' and '.join(scores[0].before)}" if scores[0].before else ""
    return joined, trace(joined), Score(joined.value(JOINED), told + before, scores[0].before, names)


def find_layout(tracing: Tracing, score: Score) -> ScoreLayout:
    """What the axes of the score tensor are: where its place changes, and the one that is left for the classes."""
    shape = static_shape(score.value) or tracing.shapes.get(str(score.value.name))
    rank = len(shape) if shape is not None else score.value.shape.rank() if score.value.shape is not None else 2
    axes = tracing.axes.get(str(score.value.name), ())
    positions = tuple(i for i, a in enumerate(axes) if i and is_positional(a))
    return ScoreLayout(_class_axis(shape, rank, positions), positions, score.before, score.joined)


def _class_axis(shape: Sequence[int] | None, rank: int, positions: Sequence[int]) -> int:
    """The axis that is neither the batch's nor a position; of several the longest, of equals the first."""
    if rank < 2:
        return 0
    left = [i for i in range(1, rank) if i not in positions] or [1]
    return left[0] if shape is None else max(left, key=lambda i: (shape[i], -i))


def _before_squashing(output: ir.Value) -> Score:
    value, score, passed = output, output, []
    node = value.producer()
    while node is not None and node.op_type in SQUASHING | NEUTRAL:
        carried = node.inputs[CARRYING_INPUT.get(node.op_type, 0)]
        if carried is None:
            break
        value = carried
        if node.op_type in SQUASHING:
            score = value
            passed.append(node.op_type)
        node = value.producer()
    if not passed:
        return Score(output, f"the score tensor is the output '{output.name}'")
    before = tuple(reversed(passed))
    return Score(score, f"the score tensor is '{score.name}', which stands before {' and '.join(before)}", before)


def _named(model: Model, name: str) -> ir.Value:
    values = ir.convenience.create_value_mapping(model.graph)
    if name not in values:
        raise PlanError(
            f"no value '{name}' to take the score from.{nearest(name, values)} onnxcam inspect shows the outputs.",
            output=name,
        )
    if not _is_score(values[name]):
        raise PlanError(
            f"'{name}' is no float tensor, so it has no gradient. Name the scores it is made from.", output=name
        )
    return values[name]


def _is_score(value: ir.Value) -> bool:
    """Whether `value` is known to hold real numbers, or integers that stand for such."""
    return value.dtype in FLOATS or (is_quantized(value) and quantization_of(value) is not None)
