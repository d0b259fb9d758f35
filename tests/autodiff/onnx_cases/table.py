"""What does not pass, and why. A row that nothing needs any more is an error."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from fnmatch import fnmatchcase

from tests.autodiff.onnx_cases.verdicts import Verdict


@dataclasses.dataclass(frozen=True)
class Row:
    """Verdicts that are accepted.

    Attributes:
        op_type: The operator that the cases are about.
        cases: Pattern of their names, without `test_`.
        why: Why that is right, or what is missing.
        kind: `failed`, or `refused`.
        input: Pattern of the inputs' names.
    """

    op_type: str
    cases: str
    why: str
    kind: str = "failed"
    input: str = "*"

    def accepts(self, verdict: Verdict) -> bool:
        """Whether the row speaks of this verdict."""
        return (
            verdict.kind == self.kind
            and verdict.op_type == self.op_type
            and fnmatchcase(verdict.case.removeprefix("test_"), self.cases)
            and fnmatchcase(verdict.input, self.input)
        )


def form(op_type: str, why: str, *cases: str) -> tuple[Row, ...]:
    """Forms of an operator that its rule refuses."""
    return tuple(Row(op_type, c, why, "refused") for c in cases)


DRAWN = "in training, without the mask that was drawn"
OPEN_RANK = "the body leaves open which of two ranks its input has"
ROUNDED = "a grid about the centre of a size that is rounded, from scales that only the run knows"
REFUSED_FORMS = (
    *form("AffineGrid", OPEN_RANK, "affine_grid_*_expanded"),
    *form("Dropout", DRAWN, "training_dropout_default", "training_dropout", "training_dropout_zero_ratio"),
    *form("Resize", ROUNDED, "resize_*_half_pixel_symmetric"),
)
NOT_JUDGED = (
    Row("Mod", "mod_float_edge_cases_fmod_0_*", "infinite and NaN on purpose, and so is the gradient", input="y"),
    Row("Loop", "loop16_seq_none", "a state that goes on as another type: ONNX Runtime takes it forwards only"),
    Row(
        "MaxUnpool",
        "maxunpool_export_with_output_shape",
        "the rule counts indices through output_shape, as ONNX Runtime does, which fails this case",
    ),
    Row(
        "Resize",
        "resize_downsample_scales_*_align_corners",
        "ONNX Runtime aligns the corners of the rounded size, not of the scaled one, and fails this case",
    ),
)
TABLE = (*REFUSED_FORMS, *NOT_JUDGED)


def unexplained(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """What fails or is refused, and stands in no row."""
    bad = [v for v in verdicts if v.kind in {"failed", "refused"}]
    return [v for v in bad if not any(r.accepts(v) for r in TABLE)]


def unneeded(op_type: str, verdicts: Iterable[Verdict]) -> list[Row]:
    """Rows about the operator that accept none of its verdicts."""
    given = list(verdicts)
    return [r for r in TABLE if r.op_type == op_type and not any(r.accepts(v) for v in given)]
