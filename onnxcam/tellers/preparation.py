"""How pictures become the model's input and what its classes are called: what was asked for, told, and assumed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from onnxcam.graph import Model
from onnxcam.imaging import PRESETS, Layout, Preprocess, load_preprocess
from onnxcam.plan import read_labels
from onnxcam.tellers.assumed import Assumption, assume, assume_size
from onnxcam.tellers.class_names import class_counts
from onnxcam.tellers.neighbours import Neighbours
from onnxcam.tellers.registry import Subject, Told, ask, dimensions, listed

__all__ = ["Preparation", "prepare"]

Origin = Literal["asked for", "told", "assumed"]

PARTS = {
    "values": ("scale", "mean", "std"),
    "channel order": ("channel_order",),
    "framing": ("resize", "size", "crop", "crop_ratio", "pad", "interpolation"),
    "layout": ("layout",),
}
"""What one source tells as a whole: whoever names one of these fields settles them all."""


@dataclasses.dataclass(frozen=True, slots=True)
class Preparation:
    """What was found out about pictures and classes.

    Attributes:
        preprocess: How pictures become the model's input.
        source: Where each part of that comes from, in words.
        origin: `asked for`, `told` or `assumed`: where the values of pixels come from.
        labels: Class names by index, None where nobody knows them.
        labels_source: Where the names come from, None where there are none.
        notes: What the reader must know of what was read.
        picture_notes: What one who gives pictures must know: what is assumed.
    """

    preprocess: Preprocess
    source: str
    origin: Origin
    labels: tuple[str, ...] | None
    labels_source: str | None
    notes: tuple[str, ...]
    picture_notes: tuple[str, ...]


def prepare(
    model: Model,
    input_name: str | None,
    layout: Layout,
    output: str | None,
    preprocess: str | Path | Preprocess | None = None,
    labels: Sequence[str] | str | Path | None = None,
) -> Preparation:
    """Ask every teller; what is asked for by name comes first, what nobody tells is assumed.

    Args:
        model: The model.
        input_name: The input that pictures are for, None where there is none.
        layout: How that input is laid out.
        output: Name of the score tensor, None where there is none.
        preprocess: A preset's name, a JSON file or settings, that win over all that is told.
        labels: Class names, or a file of them, that do.

    Raises:
        InputError: No such preset or file, or one that cannot be read.
    """
    inputs = {str(v.name): v for v in model.graph.inputs}
    scores = dimensions(model.value(output)) if output is not None else ()
    subject = Subject(model, inputs.get(input_name or ""), layout, scores, Neighbours(model.path))
    told = list(ask(subject))
    if preprocess is None and subject.shape and not subject.is_picture:
        spec, source, origin, picture_notes = _told(subject, ())
    elif preprocess is None:
        spec, source, origin, picture_notes = _told(subject, told)
    else:
        spec, source, origin, picture_notes = _asked(subject, preprocess)
    names, names_source, label_notes = _labels(subject, told, labels)
    notes = [note for one in told for note in one.notes] + label_notes + subject.neighbours.notes
    return Preparation(spec, source, origin, names, names_source, tuple(dict.fromkeys(notes)), tuple(picture_notes))


def _asked(subject: Subject, given: str | Path | Preprocess) -> tuple[Preprocess, str, Origin, list[str]]:
    """The settings asked for; a preset says nothing of the size, so that is assumed where the model says nothing."""
    spec = given if isinstance(given, Preprocess) else load_preprocess(given)
    source = f"'{spec.name}', which was asked for"
    sized = assume_size(spec, subject) if spec == PRESETS.get(spec.name) else spec
    return sized, source, "asked for", _of_size(spec, sized)


def _told(subject: Subject, told: Sequence[Told]) -> tuple[Preprocess, str, Origin, list[str]]:
    """What the tellers say, part by part, over what is assumed."""
    owners = {part: _owner(told, fields) for part, fields in PARTS.items()}
    assumption, values = assume(subject), owners["values"]
    base = assumption.preprocess
    spec = base if values is None else dataclasses.replace(_alike(values), name=values.source)
    settings = {f: o.settings[f] for part, o in owners.items() if o is not None for f in PARTS[part] if f in o.settings}
    own_order = spec.channel_order if values is None else values.settings.get("channel_order", "rgb")
    spec = dataclasses.replace(spec, **_in_order(settings, spec, own_order))
    notes = [_of_assumption(assumption)] if values is None else []
    if values is not None and owners["channel order"] is None and subject.channels != 1:
        notes.append("the file does not say in which order the channels are; RGB is assumed (--preprocess changes it)")
    fitted = _fitted(spec, subject.size)
    sized = assume_size(fitted, subject)
    notes += _of_misfit(spec, fitted, subject.size) + _of_size(fitted, sized)
    return sized, _sources(owners, base, sized), "assumed" if values is None else "told", notes


def _alike(values: Told) -> Preprocess:
    """The preset that makes the same values, for what it says beyond them; else none in particular."""
    own = Preprocess(**{field: values.settings[field] for field in PARTS["values"] if field in values.settings})
    alike = (p for p in PRESETS.values() if all(getattr(p, f) == getattr(own, f) for f in PARTS["values"]))
    return dataclasses.replace(next(alike, own), scale=own.scale, channel_order="rgb")


def _owner(told: Sequence[Told], fields: Sequence[str]) -> Told | None:
    """Who says a part first."""
    return next((one for one in told if any(field in one.settings for field in fields)), None)


def _in_order(settings: dict[str, Any], spec: Preprocess, own_order: str) -> dict[str, Any]:
    """The settings with the numbers for each channel in the channel order told; numbers that are equal become one.

    `own_order` is the order that the numbers are in.
    """
    numbers = {key: settings.get(key, getattr(spec, key)) for key in ("mean", "std", "pad")}
    for key, value in numbers.items():
        if isinstance(value, tuple) and len(set(value)) == 1:
            numbers[key] = value[0] if key == "pad" else value[:1]
    order = settings.get("channel_order", own_order)
    is_per_channel = any(isinstance(value, tuple) and len(value) > 1 for value in numbers.values())
    if order == "gray" and is_per_channel:
        order = own_order
    if {order, own_order} == {"rgb", "bgr"}:
        numbers = {key: value[::-1] if isinstance(value, tuple) else value for key, value in numbers.items()}
    return {**settings, **numbers, "channel_order": order}


def _fitted(spec: Preprocess, size: tuple[int | None, int | None]) -> Preprocess:
    """The settings without sizes that are not the one that the model takes."""
    made = spec.crop or (spec.size if spec.resize in {"stretch", "letterbox"} else None)
    if size == (None, None) or spec.resize == "none":
        return spec
    if spec.resize == "fit":
        return dataclasses.replace(spec, resize="stretch", size=None)
    if made is None or all(side in (None, got) for side, got in zip(size, made, strict=True)):
        return spec
    ratio = min(1.0, spec.crop[0] / spec.size[0]) if spec.crop and spec.size else spec.crop_ratio
    return dataclasses.replace(spec, size=None, crop=None, crop_ratio=ratio)


def _of_misfit(spec: Preprocess, fitted: Preprocess, size: tuple[int | None, int | None]) -> list[str]:
    if fitted == spec:
        return []
    wanted = " x ".join("any" if side is None else str(side) for side in size)
    said = spec.crop or spec.size
    told = f"{said[0]} x {said[1]}" if said and spec.resize != "fit" else "a size that depends on the picture"
    return [f"the model takes {wanted} pixels, what was found says {told}: the model's size is taken"]


def _of_size(spec: Preprocess, sized: Preprocess) -> list[str]:
    """A note on a size that was assumed."""
    size = sized.crop or sized.size
    if sized == spec or size is None:
        return []
    how = {"letterbox": ", with a border", "shortest": ", cut from the centre"}.get(sized.resize, "")
    return [
        f"the model takes pictures of any size and nothing says which; {size[0]} x {size[1]} is assumed{how} "
        "(a JSON file for --preprocess can hold another)"
    ]


def _of_assumption(assumption: Assumption) -> str:
    reason = f", since {assumption.reason}" if assumption.reason else ""
    return (
        f"the file does not say how pictures are preprocessed; '{assumption.preprocess.name}' is assumed{reason} "
        "(--preprocess changes it)"
    )


def _sources(owners: Mapping[str, Told | None], base: Preprocess, spec: Preprocess) -> str:
    """Each source with the parts that it settles, and what is left to assume."""
    by_source: dict[str, list[str]] = {}
    for part, owner in owners.items():
        if owner is not None:
            by_source.setdefault(owner.source, []).append(part)
    if not by_source:
        return f"'{base.name}', which is assumed"
    clauses = [f"{listed(parts)} from {source}" for source, parts in by_source.items()]
    if owners["values"] is None:
        clauses.append(f"values assumed as in '{base.name}'")
    if owners["framing"] is None:
        clauses.append(f"framing assumed ({spec.resize})")
    return "; ".join(clauses)


def _labels(
    subject: Subject, told: Sequence[Told], given: Sequence[str] | str | Path | None
) -> tuple[tuple[str, ...] | None, str | None, list[str]]:
    """Names, where they come from, and a note on those whose number is not the model's."""
    if isinstance(given, (str, Path)):
        return read_labels(given), str(given), []
    if given is not None:
        return tuple(given), "what was given", []
    counts = class_counts(subject.scores) if subject.is_classifier else frozenset()
    notes: list[str] = []
    for one in told:
        if one.labels is None:
            continue
        if not counts or len(one.labels) in counts or counts == {1}:
            return one.labels, one.source, notes
        has = " or ".join(map(str, sorted(counts)))
        notes.append(f"the {len(one.labels)} class names from {one.source} are not used: the model has {has} classes")
    return None, None, notes
