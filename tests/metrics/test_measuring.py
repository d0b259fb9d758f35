"""Figures of one map cost no run twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onnxcam.metrics import Metric, Subject, find_metrics, measure
from tests.metrics.cases import ONES, RAMP, A


def test_it_probes_and_maps_no_tensor_twice() -> None:
    probed: list[bytes] = []
    mapped: list[bytes] = []

    def probe(tensors: NDArray[np.float32]) -> NDArray[np.float64]:
        probed.extend(tensor.tobytes() for tensor in tensors)
        return tensors[:, 0, 1, 1].astype(np.float64)

    def remap(tensors: NDArray[np.float32]) -> NDArray[np.float32]:
        mapped.extend(tensor.tobytes() for tensor in tensors)
        return tensors[:, 0] / 24

    measure(Subject(A, tensor=RAMP, probe=probe, remap=remap), find_metrics())
    assert len(probed) == len(set(probed)) > 40
    assert len(mapped) == len(set(mapped)) == 11


def test_it_gives_each_of_several_equal_tensors_its_answer() -> None:
    answers = []

    def spread(subject: Subject) -> float:
        answers.extend(subject.scores(np.concatenate([RAMP, ONES, RAMP, 2 * ONES])[:, None]))
        answers.extend(subject.scores(np.concatenate([ONES, 3 * ONES])[:, None]))
        return 0.0

    metric = Metric("spread", "shape", "one", None, ("probe",), spread)
    measure(Subject(A, probe=lambda tensors: tensors.sum(axis=(1, 2, 3))), [metric])
    assert answers == [300, 25, 300, 50, 25, 75]


def test_it_runs_a_function_once_for_all_its_figures() -> None:
    runs = []

    def both(subject: Subject) -> dict[str, float]:
        runs.append(subject)
        return {"one": 1.0, "two": 2.0, "three": 3.0}

    metrics = [Metric(name, "shape", "one", None, (), both) for name in ("two", "one")]
    assert list(measure(Subject(A), metrics).items()) == [("two", 2.0), ("one", 1.0)]
    assert len(runs) == 1


def test_it_leaves_out_what_the_subject_does_not_allow() -> None:
    figures = measure(Subject(A), find_metrics())
    assert set(figures) == {metric.name for metric in find_metrics() if not metric.needs}
    assert {"entropy", "complexity"} < set(figures)
