"""Remove and debias: relevant pixels go, and nothing tells the model where they were."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onnxcam.metrics.imputation import impute
from onnxcam.metrics.ordering import by_relevance, chance
from onnxcam.metrics.registry import metric
from onnxcam.metrics.subject import Subject

__all__ = ["road"]

PERCENTAGES = (10, 20, 30, 40, 50, 60, 70, 80, 90)
NOISE = 0.01  # standard deviation, by the tensor's range


@metric(
    "road-morf", family="faithfulness", unit="probability", better="lower", needs=("tensor", "probe"), takes_scipy=True
)
@metric(
    "road-lerf", family="faithfulness", unit="probability", better="higher", needs=("tensor", "probe"), takes_scipy=True
)
@metric("road", family="faithfulness", unit="probability", better="higher", needs=("tensor", "probe"), takes_scipy=True)
def road(subject: Subject) -> dict[str, float]:
    """The mean probability as 10, 20, … 90 % of the pixels are imputed: morf the most, lerf the least relevant first.

    `road` is (lerf - morf) / 2: in [-1/2, 1/2], 0 for a map that says nothing. Pixels are imputed linearly (`impute`)
    with Gaussian noise of 1 % of the tensor's range, which the map's values seed. The paper follows the accuracy over a
    data set, which one picture does not have; pytorch-grad-cam takes the score as here. There and in Quantus the noise
    is 0.01 of a tensor of any scale. A map's equal values go in an order drawn by chance, as in the authors' code;
    pytorch-grad-cam cuts at a value, so that more than the percentage goes. NaN for a map of zeros.

    Source: Rong et al., A Consistent and Efficient Evaluation Strategy for Attribution Methods, ICML 2022.
    """
    if subject.is_empty:
        return dict.fromkeys(("road-morf", "road-lerf", "road"), math.nan)
    order = by_relevance(subject.map)
    morf, lerf = remaining(subject, order), remaining(subject, order[::-1])
    return {"road-morf": morf, "road-lerf": lerf, "road": (lerf - morf) / 2}


def remaining(subject: Subject, order: NDArray[np.intp]) -> float:
    """The mean score as the first pixels of an order are imputed."""
    tensor = subject.picture
    noise = chance(subject.map, "road").standard_normal(tensor.shape, np.float32) * (NOISE * np.ptp(tensor))
    scores = []
    for percentage in PERCENTAGES:
        missing = np.zeros(subject.map.size, np.bool_)
        missing[order[: order.size * percentage // 100]] = True
        gaps = missing.reshape(subject.map.shape)
        scores.append(subject.scores((impute(tensor, gaps) + noise * gaps)[None])[0])
    return float(np.mean(scores))
