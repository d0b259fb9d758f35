"""The table of rule cases notices a wrong rule: with one sign, term or cotangent changed, a row of it fails."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import onnx
import onnx_ir as ir
import pytest
from numpy.typing import NDArray

from onnxcam.autodiff import registry, reverse
from onnxcam.autodiff.check import Runner, check_gradient
from onnxcam.graph import Model, whole_proto
from tests.autodiff.cases import CASES, Case
from tests.autodiff.mutations import Mutation, mutations
from tests.autodiff.test_rules import STEP, TOLERANCE, build, forward_runner, run_by, since_version

DOMAINS = {"", "ai.onnx.ml", "com.microsoft"}
WITH_ROWS = {(c.domain, c.op_type) for c in CASES}
ROUNDING = "onnxcam.autodiff.rules.quantized"  # of what ONNX Runtime quantises, differences see little
ENTRIES = [
    e
    for e in registry.entries()
    if e.rule is not None
    and e.domain in DOMAINS
    and (e.domain, e.op_type) in WITH_ROWS
    and not (e.domain == "com.microsoft" and e.rule.__module__.startswith(ROUNDING))
]

BLANK = "blank = op.Expand(0.0, op.Concat(op.ReduceProd(shape, [0], keepdims=1), width, axis=0))"
ON_ALL = "return op.Where(op.Equal(span.count, span.total), op.Add(first, op.Mul(given, 0)), given)"

OVER_NORM = "over_y = op.Where(op.Equal(y, 0.0), 0.0, op.Div(ct, y if p == 2 else op.Pow(y, float(p - 1))))"
FILLED = "filled = op.Where(is_zero, 1.0, {0})"
FLOOR = "r = op.Reciprocal(op.Add(spread, floor) if floor else spread)"
LAST = "last = op.Sub(size, 1.0)"

# What no row can notice: the rule, the source line, and there what is changed to what.
EQUIVALENT: dict[tuple[str, str, str, str], str] = {
    **{
        (rule, OVER_NORM, "0.0", "1.0"): "where y is 0 every x of the window is, with which this is multiplied"
        for rule in ("GlobalLpPool-2", "LpPool-2")
    },
    **{
        (
            rule,
            FILLED.format(name),
            "1.0",
            "2.0",
        ): "what stands for a 0 is divided out, or another 0 makes the product 0"
        for rule, name in (("ReduceProd-1", "x"), ("ScatterElements-1", "updates"), ("ScatterND-1", "updates"))
    },
    **{
        ("MeanVarianceNormalization-1", FLOOR, old, new): "1e-9 is lost beside the deviation in float32"
        for old, new in (("op.Add", "op.Sub"), ("op.Add(spread, floor)", "spread"))
    },
    **{
        ("Gelu-1", f"return {first}, {second}", f"{first}, {second}", f"({second}, {first})"): "the two are added"
        for first, second in (
            ("op.Erf(z)", "op.Mul(z, density)"),
            ("t", "op.Mul(rise, op.Sub(1.0, op.Mul(t, t)))"),
        )
    },
    **{
        ("GridSample-16", LAST, old, new): "between the last element and the end, both neighbours are the last element"
        for old, new in (("op.Sub", "op.Add"), ("op.Sub(size, 1.0)", "size"))
    },
    **{
        (f"com.microsoft.{rule}-1", BLANK, "0.0", "1.0"): "what stands for padding is cut off again, or only added to"
        for rule in ("PackedAttention", "PackedMultiHeadAttention", "RestorePadding")
    },
    **{
        (
            f"com.microsoft.{rule}-1",
            "term = op.Where(op.Unsqueeze(is_token, [1, 2]), 0.0, LOWEST)",
            "0.0",
            "1.0",
        ): "softmax does not see what is added to all scores"
        for rule in ("PackedAttention", "PackedMultiHeadAttention")
    },
    (
        "com.microsoft.RelativePositionBias-1",
        "return found if base is None else op.Add(found, base)",
        "op.Add",
        "op.Sub",
    ): "half the classes less is half the classes more, counted from the back",
    **{
        ("com.microsoft.GroupQueryAttention-1", ON_ALL, old, new): "what is added is 0, for its shape"
        for old, new in (("op.Add", "op.Sub"), ("op.Add(first, op.Mul(given, 0))", "first"))
    },
    (
        "com.microsoft.BiasSoftmax-1",
        "if axis == node.rank() - 1:",
        "node.rank() - 1",
        "(node.rank() + 1)",
    ): "the softmax over one axis is that over all from it on",
    (
        "com.microsoft.CropAndResize-1",
        "shape = op.Shape(op.Add(rows, columns))",
        "op.Add",
        "op.Sub",
    ): "of which only the shape is read",
    (
        "com.microsoft.Irfft-1",
        "whole = op.Concat(spectra, op.Mul(mirrored, np.array([1.0, -1.0])), axis=1)",
        "op.Mul",
        "op.Div",
    ): "1 and -1 are their own inverses",
    (
        "GridSample-16",
        "turn = op.Mul(op.Sign(away), op.Sign(op.Sub(span, within)))",
        "op.Mul",
        "op.Div",
    ): "a quotient of signs is their product; where one is 0, the border holds the position",
    (
        "LpNormalization-1",
        "inverse = op.Where(op.Equal(norm, 0.0), 0.0, op.Reciprocal(norm))",
        "0.0",
        "1.0",
    ): "at norm 0 differences do not converge; test_kinks holds the gradient there",
    (
        "Normalizer-1",
        "return op.Div(x, op.Where(op.Equal(length, 0.0), 1.0, length))",
        "1.0",
        "2.0",
    ): "at norm 0 differences do not converge",
    (
        "RoiAlign-1",
        "samples = op.Range(0.0, op.ReduceMax(op.Concat(op.Reshape(count, [-1]), [1.0], axis=0), keepdims=0), 1.0)",
        "1.0",
        "2.0",
    ): "a sample more than any region has is not used",
    (
        "RoiAlign-1",
        "share = op.Div(op.Unsqueeze(ct, [3, 4, 6, 7]), op.ReduceSum(is_largest, [3, 4, 6, 7], keepdims=1))",
        "op.Div",
        "op.Mul",
    ): "at ties differences do not converge; test_kinks holds the gradient there",
    (
        "RoiAlign-1",
        "shares = op.Where(op.Unsqueeze(is_inside, [3, 4]), op.Add(op.Mul(fraction, SIGN), FIRST), 0.0)",
        "op.Mul",
        "op.Div",
    ): "SIGN is 1 or -1",
    (
        "ReduceL2-1",
        "return op.Mul(op.Div(_kept(op, node, ct), op.Where(op.Equal(y, 0.0), 1.0, y)), node.inputs[0])",
        "1.0",
        "2.0",
    ): "where y is 0 every x is, with which this is multiplied",
    (
        "Resize-11",
        "region: ir.Value = op.Gather(form.region, [k, k + len(form.axes)], axis=0)",
        "k + len(form.axes)",
        "(k - len(form.axes))",
    ): "counted from the back of the region, which has two entries for each axis",
}


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the table as a model.

    Attributes:
        case: The row.
        model: The model.
        run_forward: Runs the forward model, each time once: what differs between mutants is the gradient.
        right: The gradient models of the rule as it is.
    """

    case: Case
    model: Model
    run_forward: Runner
    right: list[bytes] = dataclasses.field(default_factory=list)

    @property
    def feeds(self) -> dict[str, NDArray[Any]]:
        return {n: a for n, a in self.case.arrays(self.case.dtype).items() if n not in self.case.constant}

    @property
    def wrt(self) -> list[str]:
        return [n for n, a in self.feeds.items() if a.dtype.kind == "f"]

    def gradients(self) -> list[bytes]:
        """The gradient model for each input, serialized."""
        ys = [self.model.value(n) for n in self.case.outputs]
        return [_serialized(reverse(self.model, ys, [self.model.value(n)]).model) for n in self.wrt]

    def fails(self) -> bool:
        """Whether a gradient differs from central differences, as test_rules takes it, or cannot be had."""
        case = self.case
        step = case.step or STEP[case.runtime]
        limit = 1e-3 if case.step else TOLERANCE[case.runtime]
        try:
            found = check_gradient(
                self.model,
                self.feeds,
                self.wrt,
                case.outputs,
                step=step,
                run_forward=self.run_forward,
                run_gradient=run_by(case),
            )
        except Exception:  # noqa: BLE001 - however a wrong rule fails, it is noticed
            return True
        return not all(one.error < limit for one in found)


def _serialized(model: ir.Model) -> bytes:
    """Without what tells of nodes that were emitted and dropped: names that count them, and the order of constants."""
    for i, node in enumerate(model.graph):
        node.name = f"node_{i}"
        for j, value in enumerate([*node.inputs, *node.outputs]):
            if value is not None and (value.is_initializer() or value.producer()) and not value.is_graph_output():
                value.name = f"value_{i}_{j}"
    proto = whole_proto(model)
    proto.graph.initializer.sort(key=lambda tensor: tensor.name)
    proto.graph.value_info.sort(key=lambda info: info.name)
    return proto.SerializeToString(deterministic=True)


def remembered(run: Runner) -> Runner:
    """`run`, with the results kept."""
    results: dict[tuple[bytes, ...], dict[str, NDArray[Any]]] = {}

    def run_once(model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        key = model.SerializeToString(deterministic=True), *(feeds[n].tobytes() for n in sorted(feeds))
        if key not in results:
            results[key] = run(model, feeds)
        return dict(results[key])

    return run_once


def rows_of(entry: registry.Entry, folder: Path, *, is_dynamic: bool) -> list[Row]:
    """The rows that differentiate with this entry, small ones first."""
    rows = []
    for case in CASES:
        if (case.domain, case.op_type) != (entry.domain, entry.op_type) or (is_dynamic and not case.is_dynamic):
            continue
        for opset in case.opsets:
            if registry.find(case.domain, case.op_type, since_version(case.domain, case.op_type, opset)) != entry:
                continue
            place = folder / f"{'dynamic' if is_dynamic else 'static'}-{len(rows)}"
            place.mkdir()
            model = build(case, opset, place, case.dtype, is_dynamic=is_dynamic)
            row = Row(case, model, remembered(forward_runner(case)))
            rows.append(dataclasses.replace(row, right=row.gradients()))
    return sorted(rows, key=lambda row: sum(a.size for a in row.feeds.values()))


@contextlib.contextmanager
def in_place(entry: registry.Entry, rule: registry.Rule) -> Iterator[None]:
    """The registry with another rule for the entry."""
    key = entry.domain, entry.op_type
    with pytest.MonkeyPatch.context() as patch:
        entries = [dataclasses.replace(e, rule=rule) if e == entry else e for e in registry._entries[key]]
        patch.setitem(registry._entries, key, entries)
        yield


def outcome(entry: registry.Entry, mutation: Mutation, rows: list[Row]) -> str:
    """`killed` if a row fails, `survived` if gradient models differ and none fails, `same` if they are equal."""
    result = "same"
    with in_place(entry, mutation.rule()):
        for row in rows:
            try:
                if row.gradients() == row.right:
                    continue
            except Exception:  # noqa: BLE001 - however a wrong rule fails, it is noticed
                return "killed"
            if row.fails():
                return "killed"
            result = "survived"
    return result


def name_of(entry: registry.Entry) -> str:
    own = f"{entry.domain}." if entry.domain == "com.microsoft" else ""
    return f"{own}{entry.op_type}-{entry.since}"


def alters(entry: registry.Entry, mutation: Mutation, row: Row) -> bool:
    """Whether the row's gradient models change with the rule."""
    with in_place(entry, mutation.rule()):
        try:
            return row.gradients() != row.right
        except Exception:  # noqa: BLE001 - however a wrong rule fails, it is noticed
            return True


@pytest.mark.slow
@pytest.mark.parametrize("entry", ENTRIES, ids=map(name_of, ENTRIES))
def test_a_row_fails_when_the_rule_is_changed(entry: registry.Entry, tmp_path: Path) -> None:
    """Every change that alters a gradient model is noticed; one that alters none in any row is passed over."""
    assert entry.rule is not None
    rows = rows_of(entry, tmp_path, is_dynamic=False)
    outcomes = {m: outcome(entry, m, rows) for m in mutations(entry.rule)}
    unreached = [m for m, found in outcomes.items() if found == "same"]
    if unreached:  # arithmetic on sizes that only the run knows; the reference evaluator does not run all of it
        rows = rows_of(entry, tmp_path, is_dynamic=True)
        rows = [row for row in rows if any(alters(entry, m, row) for m in unreached) and not row.fails()]
        outcomes.update({m: outcome(entry, m, rows) for m in unreached})
    assert "killed" in outcomes.values()
    survivors = {(m.text, m.old, m.new) for m, found in outcomes.items() if found == "survived"}
    assert survivors == {(text, old, new) for rule, text, old, new in EQUIVALENT if rule == name_of(entry)}
