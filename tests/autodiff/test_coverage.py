"""Every operator that the installed onnx knows is accounted for, and nothing is declared that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, get_args

import onnx
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state

from onnxcam.autodiff import registry
from onnxcam.autodiff.coverage import Row, kind_of, table

NEWEST = onnx.defs.onnx_opset_version()
FLOATS = ("float", "double")

# Declared to let no float through although they read some: what they read or make is no tensor of a forward model.
READ_FLOATS = {
    "maps": {"CastMap", "DictVectorizer", "ZipMap"},
    "training": {"Adagrad", "Adam", "Gradient", "Momentum"},
}


def schemas_of(domain: str, op_type: str) -> Sequence[Any]:
    """Every version of an operator: of the standard's, or of ONNX Runtime's own and old experimental ones."""
    known = [*onnx.defs.get_all_schemas_with_history(), *onnxruntime_pybind11_state.get_all_operator_schema()]
    return [s for s in known if (s.domain, s.name) == (domain, op_type)]


def reads_floats(schemas: Iterable[Any]) -> bool:
    return any(f in t for s in schemas for i in s.inputs for t in i.types for f in FLOATS)


def ids(entries: Iterable[registry.Entry]) -> list[str]:
    return [f"{e.domain or 'ai.onnx'}-{e.op_type}-{e.since}" for e in entries]


ENTRIES = list(registry.entries())
DECLARED = [e for e in ENTRIES if e.kind in ("zero", "none")]


def test_every_operator_of_the_newest_opset_is_accounted_for() -> None:
    unknown = {(s.domain, s.name) for s in onnx.defs.get_all_schemas() if kind_of(s) is None}
    assert unknown == set()


def test_every_version_that_a_model_can_select_has_one_row() -> None:
    selected = set()
    for schema in onnx.defs.get_all_schemas_with_history():
        for opset in range(7, NEWEST + 1) if schema.domain == "" else [schema.since_version]:
            if opset >= schema.since_version:
                found = onnx.defs.get_schema(schema.name, opset, schema.domain)
                selected.add((found.domain, found.name, found.since_version))
    rows = [(r.domain, r.op_type, r.since_version) for r in table()]
    assert len(rows) == len(set(rows))
    standard = {one[:2] for one in selected}
    assert {one for one in rows if one[:2] in standard} == selected


def test_rows_are_sorted_and_of_a_known_kind() -> None:
    rows = table()
    assert rows == sorted(rows)
    assert {r.kind for r in rows} <= set(get_args(registry.Kind))


def test_a_kind_is_what_the_registry_says_at_that_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Down to an entry that replaces another from a version on, and an operator that onnx does not know."""
    monkeypatch.setattr(registry, "_entries", {})
    registry.declare_zero("Clip")
    registry.vjp("Clip", since=11)(len)
    registry.vjp("Gelu", domain="com.microsoft")(len)
    rows = table()
    assert [(r.since_version, r.kind) for r in rows if r.op_type == "Clip"] == [
        (6, "zero"),
        (11, "rule"),
        (12, "rule"),
        (13, "rule"),
    ]
    assert [r for r in rows if r.op_type == "Gelu"] == [
        Row("", "Gelu", 20, "expansion"),
        Row("com.microsoft", "Gelu", 1, "rule"),
    ]
    assert not [r for r in rows if r.op_type == "Conv"]


@pytest.mark.parametrize("entry", ENTRIES, ids=ids(ENTRIES))
def test_an_entry_names_an_operator_at_a_version_that_exists(entry: registry.Entry) -> None:
    """1 stands for the first version, whichever that is."""
    versions = {s.since_version for s in schemas_of(entry.domain, entry.op_type)}
    assert versions, "neither onnx nor ONNX Runtime knows it"
    assert entry.since in {1, *versions}


@pytest.mark.parametrize("entry", DECLARED, ids=ids(DECLARED))
def test_what_is_declared_zero_reads_floats_and_what_is_declared_none_does_not(entry: registry.Entry) -> None:
    excepted = set().union(*READ_FLOATS.values())
    reads = reads_floats(schemas_of(entry.domain, entry.op_type))
    assert reads == (entry.kind == "zero" or entry.op_type in excepted)
