"""What a method makes of each layer, whatever the layout in the file."""

from __future__ import annotations

from onnxcam.cam import Evidence, Method
from onnxcam.errors import PlanError
from onnxcam.explanation import LayerExplanation
from onnxcam.forward_runs import Explained, ForwardRuns
from onnxcam.passes import Passes
from onnxcam.plan import Plan

__all__ = ["explain_layers"]


def explain_layers(combine: Method, plan: Plan, explained: Explained, found: Passes) -> tuple[LayerExplanation, ...]:
    """Activation and gradient of each layer brought to channels first, and the method's map of them.

    Raises:
        PlanError: A layer has no space.
    """
    arrangements = plan.arrangements
    if any(a is None or not a.fits(v.shape) for a, v in zip(arrangements, found.activations, strict=True)):
        arrangements = plan.arranged({name: array.shape for name, array in explained.samples.feeds.items()})
    layers = []
    for name, activation, gradient, arrangement in zip(
        plan.layers, found.activations, found.gradients, arrangements, strict=True
    ):
        if arrangement is not None and arrangement.fits(activation.shape):
            activation, gradient = map(arrangement.channels_first, (activation, gradient))
        elif activation.ndim < 3:
            raise PlanError(
                f"the layer '{name}' has shape {list(activation.shape)}: no space to map. "
                "Choose another with --layer, or take its gradient with Explainer.gradient.",
                layer=name,
            )
        lay_out = arrangement.as_laid_out if arrangement is not None else None
        runs = ForwardRuns(explained, name, activation.shape[1:], lay_out)
        saliency = combine(Evidence(activation, gradient, runs))
        layers.append(LayerExplanation(name, activation, gradient, saliency.alpha, saliency.raw, saliency.notes))
    return tuple(layers)
