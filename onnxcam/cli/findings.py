"""What `onnxcam inspect` finds out about a model, and how it tells it."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx_ir as ir

from onnxcam import GradientError, InputError, PlanError, ProviderError, __version__
from onnxcam.autodiff import reverse, unruled
from onnxcam.graph import Model, load
from onnxcam.plan import Candidate
from onnxcam.plan.candidates import find_candidates
from onnxcam.plan.layer import choose_layers
from onnxcam.plan.score import choose_score, find_layout
from onnxcam.runtime import choose_provider, import_onnxruntime, processor_notes
from onnxcam.samples import InputSpec, find_inputs, main_input
from onnxcam.space import arrange, trace
from onnxcam.tellers import prepare

__all__ = ["find", "tell"]

SCHEMA_VERSION = 1
Layers = str | Sequence[str] | None
FEW_NAMES = 5


def find(path: Path, layer: Layers = None, output: str | None = None) -> dict[str, Any]:
    """Everything that `onnxcam inspect` says, ready for JSON; what cannot be had is None, and `missing` says why.

    Raises:
        ModelError: Not a model that onnxcam reads.
        PlanError: The layer or score that is asked for by name cannot be found.
    """
    model = load(path)
    specs = find_inputs(model)
    missing: list[str] = []
    return {
        "schema": "onnxcam.inspection",
        "schema_version": SCHEMA_VERSION,
        "onnxcam": __version__,
        "onnxruntime": _runtime(missing),
        "file": path.name,
        "producer": " ".join(filter(None, (model.shipped.producer_name, model.shipped.producer_version))) or None,
        "ir_version": model.shipped.ir_version,
        "opset": {domain or "ai.onnx": number for domain, number in model.shipped.graph.opset_imports.items()},
        "nodes": len(model.shipped.graph),
        "inputs": [_input(spec) for spec in specs.values()],
        "outputs": [_tensor(value) for value in model.graph.outputs],
        **_plan(model, specs, layer, output, missing),
        "missing": missing,
    }


def _plan(
    model: Model, specs: Mapping[str, InputSpec], layer: Layers, output: str | None, missing: list[str]
) -> dict[str, Any]:
    """Score, layers, candidates, what has no rule between them, and the preprocessing; as far as they can be found."""
    found: dict[str, Any] = {"score": None, "layer": None, "layers": [], "candidates": [], "without_rule": None}
    found["gradient_ends"] = []
    names: list[str] = []
    source: str | None = None
    try:
        model, tracing, score = choose_score(model, trace(model), output)
        layout = find_layout(tracing, score)
        found["score"] = {**_tensor(score.value), "reason": score.reason, "class_axis": layout.class_axis}
        candidates = find_candidates(model, tracing, score.value)
        found["candidates"] = [_candidate(one) for one in candidates]
        if candidates:
            first = model.value(candidates[0].layer)
            found["without_rule"] = {"from_first_candidate": _unruled(model, score.value, [first]), "from_layer": None}
        choice = choose_layers(model, tracing, score.value, candidates, layer)
        names = [str(value.name) for value in choice.layers]
        held = [arrange(tracing, value) for value in choice.layers]
        source = next((a.source for a in held if a is not None), None)
        found["layers"] = [
            {**_tensor(value), "grid": list(a.grid) if a is not None else None}
            for value, a in zip(choice.layers, held, strict=True)
        ]
        found["layer"] = {**found["layers"][0], "reason": choice.reason}
        found["without_rule"] = found["without_rule"] or {"from_first_candidate": None}
        found["without_rule"]["from_layer"] = _unruled(model, score.value, choice.layers)
        found["gradient_ends"] = _ends(model, score.value, choice.layers)
    except PlanError as error:
        if layer is not None or output is not None:
            raise
        missing.append(str(error))
    spec = _explained_input(model, specs, names, source, missing)
    found |= _prepared(model, spec, found["score"] and found["score"]["name"])
    return found


def _unruled(model: Model, score: ir.Value, layers: Sequence[ir.Value]) -> dict[str, int]:
    """Operators without a rule from the layers to the score, and how often each occurs."""
    nodes = unruled(model, [score], layers)
    return dict(collections.Counter(f"{n.domain}::{n.op_type}" if n.domain else n.op_type for n in nodes))


def _ends(model: Model, score: ir.Value, layers: Sequence[ir.Value]) -> list[str]:
    """Where a part of the gradient, or all of it, ends; none where it cannot be had for another reason."""
    try:
        return list(reverse(model, [score], layers).dead_ends)
    except GradientError as error:
        ends = error.facts.get("dead_ends", ())
        return list(ends) if isinstance(ends, tuple) else []


def _explained_input(
    model: Model, specs: Mapping[str, InputSpec], layers: Sequence[str], source: str | None, missing: list[str]
) -> InputSpec | None:
    """The input that is explained, the first where no layer is; None where there is none."""
    try:
        return main_input(model, specs, layers, source) if layers else next(iter(specs.values()), None)
    except InputError as error:
        missing.append(str(error))
        return None


def _prepared(model: Model, spec: InputSpec | None, output: str | None) -> dict[str, Any]:
    """What is told or assumed of pictures, and of the classes' names."""
    told = prepare(model, spec.name if spec else None, spec.layout if spec else "NCHW", output)
    names, is_picture = told.labels, spec is not None and spec.is_picture
    return {
        "preprocess": {
            "input": spec.name,
            "assumed": told.preprocess.name if told.origin == "assumed" else None,
            "source": told.source,
            "settings": dataclasses.asdict(told.preprocess),
        }
        if spec is not None and is_picture
        else None,
        "classes": {"count": len(names), "names": list(names), "source": told.labels_source} if names else None,
        "notes": [*_of_processor(model), *told.notes, *(told.picture_notes if is_picture else ())],
    }


def _of_processor(model: Model) -> tuple[str, ...]:
    try:
        return processor_notes(model, choose_provider("auto").name)
    except ProviderError:  # `_runtime` says so
        return ()


def _runtime(missing: list[str]) -> dict[str, Any] | None:
    try:
        runtime = import_onnxruntime()
    except ProviderError as error:
        missing.append(str(error))
        return None
    return {"version": runtime.__version__, "providers": runtime.get_available_providers()}


def _input(spec: InputSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "dtype": str(spec.dtype),
        "shape": list(spec.shape),
        "layout": spec.layout if spec.is_picture else None,
    }


def _tensor(value: ir.Value) -> dict[str, Any]:
    shape = [d if isinstance(d, int) else d.value for d in value.shape] if value.shape is not None else None
    return {"name": value.name, "dtype": _dtype(value), "shape": shape}


def _dtype(value: ir.Value) -> str | None:
    """The element type by numpy's name."""
    if value.dtype is None:
        return None
    name = value.dtype.name.lower()
    return {"float": "float32", "double": "float64"}.get(name, name)


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "layer": one.layer,
        "node": one.node,
        "op_type": one.op_type,
        "shape": list(one.shape),
        "grid": list(one.grid),
        "position": one.position,
        "reason": one.reason,
    }


def tell(found: Mapping[str, Any]) -> Iterator[str]:
    """The findings as lines."""
    runtime, names = found["onnxruntime"], found["classes"]
    opset = ", ".join(f"{domain} {number}" for domain, number in found["opset"].items())
    yield found["file"]
    yield _row("producer", found["producer"] or "not said in the file")
    yield _row("opset", f"{opset} (IR version {found['ir_version']}), {found['nodes']} nodes")
    for one in found["inputs"]:
        yield _row("input", f"{_typed(one)}{', ' + one['layout'] if one['layout'] else ''}")
    for one in found["outputs"]:
        yield _row("output", _typed(one))
    yield _row("classes", _told_classes(names))
    yield _row("pictures", _told_preprocess(found["preprocess"]))
    for one in found["notes"]:
        yield _row("note", one)
    if runtime:
        yield _row("runtime", f"ONNX Runtime {runtime['version']}: {', '.join(runtime['providers'])}")
    yield ""
    yield _row("score", _typed(found["score"]) if found["score"] else "none")
    if found["score"]:
        yield _row("", found["score"]["reason"])
    yield ""
    for one in found["layers"]:
        yield _row("layer", _typed(one))
    yield _row("", found["layer"]["reason"]) if found["layers"] else _row("layer", "none")
    yield from _told_rules(found["without_rule"])
    for place in found["gradient_ends"]:
        yield _row("ends", f"a part of the gradient, at {place}")
    yield from _told_candidates(found["candidates"], [one["name"] for one in found["layers"]])
    if found["missing"]:
        yield ""
    for one in found["missing"]:
        yield _row("missing", one)


def _told_classes(names: Mapping[str, Any] | None) -> str:
    if names is None:
        return "no names in the file (--labels of onnxcam explain)"
    return f"{_few(names['names'])} (from {names['source']})"


def _told_preprocess(preprocess: Mapping[str, Any] | None) -> str:
    if preprocess is None:
        return "none: the model takes other files (.npy, .npz, .wav, .nii)"
    return f"{preprocess['source']}, for '{preprocess['input']}'"


def _told_rules(without_rule: Mapping[str, Any] | None) -> Iterator[str]:
    if without_rule is None:
        return
    yield ""
    for key, start in (("from_layer", "the layer"), ("from_first_candidate", "the first candidate")):
        counts = without_rule[key]
        if counts is not None:
            told = ", ".join(f"{op} ({n})" for op, n in sorted(counts.items())) or "none"
            yield _row("no rule", f"from {start} to the score: {told}")


def _told_candidates(candidates: Sequence[Mapping[str, Any]], layers: Sequence[str]) -> Iterator[str]:
    if not candidates:
        return
    yield ""
    yield f"layers to choose from ({len(candidates)}; * is explained; the number counts from the end, for --layer):"
    total = len(candidates)
    rows = [
        (str(i - total), one["op_type"], _sizes(one["shape"]), one["layer"], one["node"], one["reason"])
        for i, one in enumerate(candidates)
    ]
    rows.insert(0, ("", "operator", "shape", "layer (value)", "node", "why"))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    for row in rows:
        mark = "*" if row[3] in layers else " "
        yield f"{mark} {'  '.join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[5]])}".rstrip()


def _row(key: str, text: str) -> str:
    return f"  {key:<9} {text}".rstrip()


def _typed(one: Mapping[str, Any]) -> str:
    return f"{one['name']}: {one['dtype'] or '?'} {_sizes(one['shape'])}"


def _sizes(shape: Sequence[int | str | None] | None) -> str:
    return "[?]" if shape is None else f"[{', '.join('?' if d is None else str(d) for d in shape)}]"


def _few(names: Sequence[str]) -> str:
    more = ", …" if len(names) > FEW_NAMES else ""
    return f"{len(names)}: {', '.join(names[:FEW_NAMES])}{more}"
