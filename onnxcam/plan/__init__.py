"""Which layer, which score, and why."""

from onnxcam.graph import Model
from onnxcam.plan.labels import find_labels, parse_labels, read_labels
from onnxcam.plan.layer import choose_layer, find_candidates
from onnxcam.plan.plan import Candidate, Plan
from onnxcam.plan.score import choose_score

__all__ = ["Candidate", "Plan", "find_labels", "make_plan", "parse_labels", "read_labels"]


def make_plan(model: Model, layer: str | None = None, output: str | None = None) -> Plan:
    """Choose the layer and the score tensor, or check those that are named.

    Args:
        model: The model.
        layer: A value's or a node's name; None for the last convolution with more than one spatial position.
        output: A value's name; None for what stands before the trailing softmax or sigmoid of an output.

    Raises:
        PlanError: One of them cannot be found, or the score does not depend on the layer.
    """
    score = choose_score(model, output)
    candidates = find_candidates(model, score.value)
    value, reason = choose_layer(model, score.value, candidates, layer)
    return Plan(model, str(value.name), str(score.value.name), f"{reason}; {score.reason}.", candidates)
