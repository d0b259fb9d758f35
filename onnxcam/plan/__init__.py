"""Which layer, which score, and why."""

from collections.abc import Mapping, Sequence

from onnxcam.graph import Model
from onnxcam.plan.candidates import find_candidates
from onnxcam.plan.labels import find_labels, parse_labels, read_labels
from onnxcam.plan.layer import choose_layers
from onnxcam.plan.plan import Candidate, Plan, ScoreLayout
from onnxcam.plan.score import choose_score, find_layout
from onnxcam.space import arrange, trace

__all__ = ["Candidate", "Plan", "ScoreLayout", "find_labels", "make_plan", "parse_labels", "read_labels"]


def make_plan(
    model: Model,
    layer: str | Sequence[str] | None = None,
    output: str | None = None,
    sizes: Mapping[str, Sequence[int]] | None = None,
) -> Plan:
    """Choose the layer and the score tensor, or check those that are named.

    Args:
        model: The model.
        layer: `auto` or None, `last-conv`, a value's or a node's name, a count from the end such as `-2`, or several.
        output: A value's name; None for what stands before the trailing softmax or sigmoid of an output.
        sizes: Shapes of the inputs by name, where the file leaves them open; None to assume some.

    Raises:
        PlanError: One of them cannot be found, or the score does not depend on the layer.
    """
    model, tracing, score = choose_score(model, trace(model, sizes), output)
    candidates = find_candidates(model, tracing, score.value)
    choice = choose_layers(model, tracing, score.value, candidates, layer)
    return Plan(
        model,
        tuple(str(value.name) for value in choice.layers),
        str(score.value.name),
        f"{choice.reason}; {score.reason}.",
        candidates,
        find_layout(tracing, score),
        tuple(arrange(tracing, value) for value in choice.layers),
    )
