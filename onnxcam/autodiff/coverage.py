"""How every operator that a model can hold is differentiated, as a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import onnx

import onnxcam.autodiff.rules  # noqa: F401 - fills the registry
from onnxcam.autodiff import registry
from onnxcam.autodiff.functions import has_body
from onnxcam.autodiff.registry import Kind
from onnxcam.graph.model import OLDEST_OPSET

__all__ = ["Row", "kind_of", "table"]


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Row:
    """How one version of one operator is differentiated.

    Attributes:
        domain: `""` for `ai.onnx`, as in a node of a model.
        op_type: The operator's name.
        since_version: Version of the domain's opset that defines the operator so.
        kind: As in the registry; `expansion` also where the standard's own function body is what is differentiated.
    """

    domain: str
    op_type: str
    since_version: int
    kind: Kind


def table() -> list[Row]:
    """A row for each version of each operator that some opset selects, by domain, operator and version.

    Of `ai.onnx` those count that an opset from 7 to the installed onnx's newest selects, of its other domains all.
    An operator that the installed onnx does not know, such as onnxruntime's own, has a row for each of its entries in
    the registry. A version without an entry and without a function body has none.
    """
    schemas = list(_selected())
    known = {(s.domain, s.name) for s in onnx.defs.get_all_schemas_with_history()}
    rows = [Row(s.domain, s.name, s.since_version, kind) for s in schemas if (kind := kind_of(s)) is not None]
    rows += [
        Row(e.domain, e.op_type, e.since, e.kind) for e in registry.entries() if (e.domain, e.op_type) not in known
    ]
    return sorted(rows)


def kind_of(schema: onnx.defs.OpSchema) -> Kind | None:
    """How the operator of a schema is differentiated; None where it is not."""
    entry = registry.find(schema.domain, schema.name, schema.since_version)
    if entry is not None:
        return entry.kind
    return "expansion" if has_body(schema.domain, schema.name, schema.since_version) else None


def _selected() -> Iterator[onnx.defs.OpSchema]:
    """Every schema, but those of `ai.onnx` that newer ones have replaced at the oldest opset of a model."""
    for schema in onnx.defs.get_all_schemas_with_history():
        first = onnx.defs.get_schema(schema.name, max(OLDEST_OPSET, schema.since_version), schema.domain)
        if schema.domain or first.since_version == schema.since_version:
            yield schema
