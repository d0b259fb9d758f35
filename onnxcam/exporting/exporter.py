"""One file that explains itself: load -> plan -> target, gradient and map as nodes -> join -> compare -> write."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import onnx_ir as ir

from onnxcam.cam import find_graph_method
from onnxcam.errors import InputError, ModelError, ProviderError
from onnxcam.explainer import Explainer
from onnxcam.exporting.comparing import Agreement, compare
from onnxcam.exporting.exported import Exported, ports
from onnxcam.exporting.joining import join_map
from onnxcam.exporting.map_graph import MapGraph, draw_map_graph
from onnxcam.exporting.opsets import at_opset, oldest_opset, upgraded
from onnxcam.exporting.trial import random_inputs
from onnxcam.exporting.writing import write
from onnxcam.imaging import Preprocess
from onnxcam.notes import dead_ends
from onnxcam.targets import Target, resolve_target

__all__ = ["TargetInput", "export", "export_from"]

TargetInput: TypeAlias = Literal["optional", "required"]


def export(
    model: str | Path,
    path: str | Path,
    inputs: object = None,
    *,
    target: object = None,
    method: str = "grad-cam",
    raw: bool = False,
    target_input: TargetInput = "optional",
    layer: str | Sequence[str] | None = None,
    output: str | None = None,
    provider: str = "auto",
    preprocess: str | Path | Preprocess | None = None,
    labels: list[str] | tuple[str, ...] | str | Path | None = None,
    head: str | Mapping[str, Any] | Path | None = None,
) -> Exported:
    """Write a model that gives its maps beside its own outputs, for any runtime.

    The file has the model's inputs and outputs as they are, and more: the output `cam`, float32 (N, *input space) in
    [0, 1]; the output `cam_class`, int64 (N,); and, where no target is given, the input `cam_target`, int64 (N,), the
    classes to explain: -1, a class that the model does not have, or nothing, is the predicted class. A target of k maps
    gives (N, k, *input space) and (N, k).

    Args:
        model: Path of an `.onnx` file.
        path: Where to write; an existing file is replaced.
        inputs: To compare on before the file is written, as for `Explainer.explain`; random ones are compared besides.
        target: None for the class that `cam_target` names, else what is always explained, as for `Explainer.explain`.
        method: A method's name; one that runs the model again has no graph.
        raw: Whether `cam` is the map at the layer's resolution, after ReLU and before any scaling.
        target_input: Whether `cam_target` is `optional`, or `required`, for runtimes that cannot feed an input with a
            default, such as ONNX Runtime's for JavaScript and Java.
        layer: As for `Explainer`, as all that follow.
        output: The score tensor's name.
        provider: What runs the comparison.
        preprocess: For `inputs` that are pictures.
        labels: Class names.
        head: A detector's head.

    Raises:
        ModelError: The file is no model that can be explained, cannot be written as one that is, or gives other outputs
            then.
        PlanError: The layer or the score cannot be found.
        GradientError: An operator between them has no gradient.
        ProviderError: ONNX Runtime fails.
        InputError: A target or method without a graph, or inputs that do not fit.
    """
    explainer = Explainer(model, layer, output, provider, preprocess, labels, head=head)
    chosen, groups = resolve_target(target, explainer.labels), [inputs] if inputs is not None else []
    return export_from(explainer, path, groups, target=chosen, method=method, raw=raw, target_input=target_input)


def export_from(
    explainer: Explainer,
    path: str | Path,
    groups: Iterable[object],
    *,
    target: Target,
    method: str = "grad-cam",
    raw: bool = False,
    target_input: TargetInput = "optional",
) -> Exported:
    """As `export`, of a model that is loaded already, compared on several groups of inputs.

    Raises:
        OnnxcamError: As `export`.
    """
    path, model = Path(path), explainer.model
    if target_input not in get_args(TargetInput):
        raise InputError(f"no target input '{target_input}'. Choose 'optional' or 'required'.", given=target_input)
    if path.resolve() == model.path.resolve():
        raise InputError(f"'{path}' is the model itself. Write to another file.", path=path)
    graph_method, given = find_graph_method(method), list(groups)
    trial, trial_notes = _trial(explainer, has_other=bool(given))
    sample = explainer.scores(given[0] if given else trial)
    added = draw_map_graph(explainer.plan, explainer.input, sample, target, graph_method, is_raw=raw)
    joined, opset = _joined(explainer, added, is_choice_required=target_input == "required")
    joined.metadata_props.update(_metadata(explainer, method, added.targets))
    on_random, on_given = (
        _right(explainer, compare(explainer, joined, one, target, method, is_raw=raw)) if one else None
        for one in ([trial] if trial is not None else [], given)
    )
    files = write(joined, model.path, path)
    inputs, outputs = ports(joined, model.shipped)
    return Exported(
        path=path,
        files=files,
        inputs=inputs,
        outputs=outputs,
        layers=explainer.plan.layers,
        output=explainer.plan.output,
        reason=explainer.plan.reason,
        targets=added.targets,
        method=method,
        opset=opset,
        shipped_opset=model.opset,
        size=path.stat().st_size,
        shipped_size=model.path.stat().st_size,
        random=on_random,
        given=on_given,
        notes=(*trial_notes, *dead_ends(added.dead_ends)),
    )


def _trial(explainer: Explainer, *, has_other: bool) -> tuple[object, tuple[str, ...]]:
    """Random inputs, if the model takes any; else a note.

    Raises:
        InputError: It takes none, and there is nothing else to compare on.
    """
    trial = random_inputs(explainer.model, explainer.inputs, explainer.input)
    try:
        explainer.scores(trial)
    except (InputError, ProviderError) as error:
        if has_other:
            return None, (f"the model does not take random inputs, so only the given ones were compared: {error}",)
        raise InputError(
            f"the model does not take random inputs, on which to compare before anything is written: {error} "
            "Give an input: onnxcam export MODEL INPUT -o FILE.",
            path=explainer.model.path,
        ) from error
    return trial, ()


def _joined(explainer: Explainer, added: MapGraph, *, is_choice_required: bool) -> tuple[ir.Model, int]:
    """The shipped model with the map's graph behind it, at its own opset or the oldest that the graph can have."""
    model, source = explainer.model, explainer.input
    opset = oldest_opset(added.model, model.opset)
    shipped = model.shipped.clone()
    if opset > model.opset:
        shipped = upgraded(shipped, opset, keep={r.value for r in added.residuals})
    batch = source.shape[0] if source.shape else None
    symbol = source.symbols[0] if source.symbols else None
    placed = dataclasses.replace(added, model=at_opset(added.model, opset))
    join_map(shipped, placed, batch if batch is not None else symbol, is_choice_required=is_choice_required)
    return shipped, opset


def _metadata(explainer: Explainer, method: str, targets: Sequence[str]) -> dict[str, str]:
    with explainer.model.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "onnxcam.version": version("onnxcam"),
        "onnxcam.layer": ", ".join(explainer.plan.layers),
        "onnxcam.score": explainer.plan.output,
        "onnxcam.method": method,
        "onnxcam.target": ", ".join(targets),
        "onnxcam.source_sha256": digest,
    }


def _right(explainer: Explainer, agreement: Agreement) -> Agreement:
    """The agreement, if it is one.

    Raises:
        ModelError: It is none.
    """
    if agreement.is_wrong:
        raise ModelError(
            f"exported, {explainer.model.path.name} gives other outputs: they differ by {agreement.outputs:.1e} of "
            "their largest entry. Nothing is written; export the model from its framework at a newer opset.",
            path=explainer.model.path,
            difference=agreement.outputs,
        )
    return agreement
