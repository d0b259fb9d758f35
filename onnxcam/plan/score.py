"""Which tensor holds the scores: what stands before a trailing softmax, sigmoid or decision."""

from __future__ import annotations

import dataclasses

import onnx_ir as ir

from onnxcam.errors import PlanError, nearest
from onnxcam.graph import Model, downstream, is_quantized, quantization_of

__all__ = ["Score", "choose_score"]

# Operators that turn scores into probabilities or into a decision: what stands before them is explained.
SQUASHING = frozenset({"Softmax", "LogSoftmax", "Sigmoid", "ArgMax", "ZipMap", "ArrayFeatureExtractor"}) | frozenset(
    {"QLinearSigmoid", "QLinearSoftmax"}
)
# Operators that may stand among those without changing what is scored.
NEUTRAL = frozenset({"Cast", "DequantizeLinear", "Flatten", "Identity", "QuantizeLinear"}) | frozenset(
    {"Reshape", "Squeeze", "Unsqueeze"}
)
FLOATS = frozenset({ir.DataType.FLOAT, ir.DataType.DOUBLE, ir.DataType.FLOAT16, ir.DataType.BFLOAT16})
# The input that carries the scores, where it is not the first: ArrayFeatureExtractor picks a label by an index.
CARRYING_INPUT = {"ArrayFeatureExtractor": 1}


@dataclasses.dataclass(frozen=True, slots=True)
class Score:
    """The score tensor, and why it is that."""

    value: ir.Value
    reason: str


def choose_score(model: Model, output: str | None = None) -> Score:
    """The score tensor: `output` if it is named, else what stands before the trailing squashing of an output.

    Of several outputs the first that leads back to a float tensor computed from the model's input is taken.

    Raises:
        PlanError: No such value, or none of the outputs leads to a float tensor that depends on the input.
    """
    if output is not None:
        return Score(_named(model, output), f"the score tensor '{output}' was asked for")
    reached = downstream(model.graph, model.graph.inputs)
    for candidate in model.graph.outputs:
        score = _before_squashing(candidate)
        if _is_score(score.value) and score.value in reached:
            return score
    raise PlanError(
        f"{model.path.name} has no float score that depends on its input, so it has no gradient. "
        "Name a score tensor with --output-name if there is one.",
        path=model.path,
    )


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
    return Score(score, f"the score tensor is '{score.name}', which stands before {' and '.join(reversed(passed))}")


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
