"""What the page has to know of a model, taken from its explainer."""

from __future__ import annotations

import hashlib
from typing import get_args

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.explainer import Explainer
from onnxcam.exporting.web.config import InputType, PageConfig, ScoreScale
from onnxcam.imaging import to_tensor
from onnxcam.targets.detection import detect

__all__ = ["describe_page"]

# Operators that hand a number a class on as it is, but for its type and for axes of one.
NEUTRAL = frozenset(
    {"Cast", "DequantizeLinear", "Flatten", "Identity", "QuantizeLinear", "Reshape", "Squeeze", "Unsqueeze"}
)
SHARES = frozenset({"Softmax", "Sigmoid", "QLinearSigmoid", "QLinearSoftmax"})


def describe_page(
    explainer: Explainer, method: str = "grad-cam", *, title: str = "", colormap: str = "jet", alpha: float = 0.5
) -> PageConfig:
    """The configuration of a page for the model that `explainer` holds, exported with `cam_target` required.

    Scores are read from the first output that holds them as shares (behind a softmax or sigmoid), else from the first
    that holds them as they are; where no output does, or they have positions, the page tells the predicted class alone.

    Raises:
        InputError: The model does not take one picture and nothing else.
        ProviderError: ONNX Runtime cannot run it on a picture.
    """
    plan, taken = explainer.plan, explainer.input
    input_type = _check_input(explainer)
    layout = explainer.preprocess.layout or taken.layout
    rows, columns, depth = (1, 2, 3) if layout == "NHWC" else (2, 3, 1)
    height, width, channels = taken.shape[rows], taken.shape[columns], taken.shape[depth]
    blank = np.zeros((height or 256, width or 256, 3), np.uint8)
    sample, _ = to_tensor(blank, explainer.preprocess, height=height, width=width, channels=channels, layout=layout)
    count = _class_count(explainer, blank)
    output, scale = _scores(explainer, count)
    path = explainer.model.path
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return PageConfig(
        title=title or f"What does {path.name} look at?",
        source_name=path.name,
        source_sha256=digest,
        layer=", ".join(plan.layers),
        method=method,
        input_name=taken.name,
        input_type=input_type,
        layout=layout,
        channels=sample.shape[depth - 1],
        height=height,
        width=width,
        preprocess=explainer.preprocess,
        class_names=explainer.labels,
        class_count=count,
        score_output=output,
        score_scale=scale,
        notes=(*explainer.preparation.notes, *explainer.preparation.picture_notes),
        colormap=colormap,
        alpha=alpha,
    )


def _check_input(explainer: Explainer) -> InputType:
    """The type of the picture's input.

    Raises:
        InputError: The page cannot give the model what it takes.
    """
    taken, name = explainer.input, explainer.model.path.name
    others = [other for other in explainer.inputs if other != taken.name]
    if others:
        raise InputError(
            f"the page gives a model one picture, and {name} also takes '{others[0]}'. Export it without --web.",
            inputs=tuple(explainer.inputs),
        )
    if not taken.is_picture or taken.shape[0] not in (None, 1):
        raise InputError(
            f"the page gives a model one picture, and '{taken.name}' of {name} takes {taken}. Export it without --web.",
            input=taken.name,
        )
    found: InputType | None = next((kind for kind in get_args(InputType) if kind == taken.dtype.name), None)
    if found is None:
        raise InputError(
            f"a browser cannot feed '{taken.name}' of {name}, which takes {taken.dtype}. Export it without --web.",
            input=taken.name,
        )
    return found


def _scores(explainer: Explainer, count: int) -> tuple[str | None, ScoreScale]:
    """The output that the page reads scores from, and what they are."""
    plan, outputs = explainer.plan, explainer.model.graph.outputs
    found = [] if plan.scores.positions else [(str(o.name), _passed(o, plan.output)) for o in outputs]
    shares = next((name for name, passed in found if passed is not None and passed & SHARES), None)
    if shares is not None:
        return shares, "probabilities"
    plain = next((name for name, passed in found if passed is not None), None)
    return plain, "numbers" if count == 1 else "logits"


def _passed(output: ir.Value, score: str) -> frozenset[str] | None:
    """The operators from the value called `score` to `output`; None where others stand between."""
    passed: set[str] = set()
    value: ir.Value | None = output
    while value is not None and value.name != score:
        node = value.producer()
        if node is None or node.op_type not in NEUTRAL | SHARES | {"LogSoftmax"}:
            return None
        passed.add(node.op_type)
        value = node.inputs[0]
    return frozenset(passed) if value is not None else None


def _class_count(explainer: Explainer, picture: NDArray[np.uint8]) -> int:
    """How many classes there are to explain: of a detector those of its boxes."""
    scores = explainer.scores(picture)
    detected = detect(scores)
    return scores.classes if detected is None else int(detected.probabilities.shape[2])
