"""ONNX's own operator cases: the gradient at each float input against differences.

The quick run takes every tenth case; all of them are behind the marker `slow`, by operator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.autodiff.onnx_cases.collection import OnnxCase, onnx_cases
from tests.autodiff.onnx_cases.table import unexplained, unneeded
from tests.autodiff.onnx_cases.verdicts import Verdict, verdicts

Tally = Callable[[str, Counter[str]], None]
OP_TYPES = sorted({c.op_type for c in onnx_cases()})
PARTS = 8


def judged(cases: Sequence[OnnxCase], folder: Path) -> list[Verdict]:
    return [v for case in cases for v in verdicts(case, folder)]


def counted(found: Sequence[Verdict]) -> Counter[str]:
    return Counter(f"{v.kind}: {v.why}" if v.why else v.kind for v in found)


@pytest.mark.slow
@pytest.mark.parametrize("op_type", OP_TYPES)
def test_cases_of_an_operator(op_type: str, tmp_path: Path, tally: Tally) -> None:
    found = judged([c for c in onnx_cases() if c.op_type == op_type], tmp_path)
    tally(f"ONNX's {len(onnx_cases())} operator cases, (case, float input)", counted(found))
    assert unexplained(found) == []
    assert unneeded(op_type, found) == []


@pytest.mark.parametrize("part", range(PARTS))
def test_every_tenth_case(part: int, tmp_path: Path, tally: Tally) -> None:
    found = judged(onnx_cases()[::10][part::PARTS], tmp_path)
    tally("A tenth of ONNX's operator cases, (case, float input)", counted(found))
    assert unexplained(found) == []
