"""Rows for the losses, which are differentiated through the standard's function bodies."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

LABELS = {"t": np.array([[0, 2], [2, 1]])}
PADDED = {"t": np.array([[0, -1], [2, 1]])}
FLAT = {"x": (4, 3), "t": np.array([2, 0, 1, 2])}
SCORES = {"x": (2, 3, 2)}
SEVERAL_AXES = {"x": (2, 3, 2, 2), "t": np.array([[[0, 2], [2, 1]], [[1, 1], [0, 2]]])}
# Away from zero: the mean divides by the sum of the weights of the labels.
WEIGHTS = {"w": np.array([0.5, 1.5, 2.0])}
LOG_LIKELIHOOD, CROSS_ENTROPY = "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"
OPSETS = {LOG_LIKELIHOOD: (12, 13, 22, NEWEST), CROSS_ENTROPY: (12, 13, NEWEST)}


def loss(
    op_type: str, form: str, attributes: str, inputs: dict[str, object], outputs: tuple[str, ...] = ("y",)
) -> Case:
    weights = ", w" if "w" in inputs else ""
    body = f"{', '.join(outputs)} = {op_type} <{attributes}> (x, t{weights})"
    return Case(f"{op_type}-{form}", body, inputs, OPSETS[op_type], outputs)  # type: ignore[arg-type]


def forms(op_type: str) -> tuple[Case, ...]:
    return (
        loss(op_type, "flat", 'reduction = "mean"', FLAT),
        loss(op_type, "none", 'reduction = "none"', {**SCORES, **LABELS}),
        loss(op_type, "sum", 'reduction = "sum"', {**SCORES, **LABELS}),
        loss(op_type, "mean", 'reduction = "mean"', {**SCORES, **LABELS}),
        loss(op_type, "none-weights", 'reduction = "none"', {**SCORES, **LABELS, **WEIGHTS}),
        loss(op_type, "sum-weights", 'reduction = "sum"', {**SCORES, **LABELS, **WEIGHTS}),
        loss(op_type, "mean-weights", 'reduction = "mean"', {**SCORES, **LABELS, **WEIGHTS}),
        loss(op_type, "mean-ignore", 'reduction = "mean", ignore_index = 2', {**SCORES, **LABELS}),
        loss(op_type, "none-ignore-outside", 'reduction = "none", ignore_index = -1', {**SCORES, **PADDED}),
        loss(op_type, "mean-ignore-weights", 'reduction = "mean", ignore_index = -1', {**SCORES, **PADDED, **WEIGHTS}),
        loss(op_type, "several-axes", 'reduction = "mean"', {**SEVERAL_AXES, **WEIGHTS}),
    )


CASES = (
    *forms(LOG_LIKELIHOOD),
    *forms(CROSS_ENTROPY),
    loss(CROSS_ENTROPY, "log-prob", 'reduction = "mean"', {**SCORES, **LABELS}, ("y", "y1")),
    loss(CROSS_ENTROPY, "log-prob-several-axes", 'reduction = "none"', {**SEVERAL_AXES, **WEIGHTS}, ("y", "y1")),
)
