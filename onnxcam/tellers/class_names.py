"""Names of the classes from the graph, the metadata, and text files beside the model."""

from __future__ import annotations

from onnxcam.errors import InputError
from onnxcam.plan import find_labels, parse_labels
from onnxcam.tellers.registry import Place, Subject, Told, teller

__all__ = ["class_counts", "label_files", "own_labels"]

FILES = (
    "labels.txt",
    "labels.json",
    "classes.txt",
    "classes.json",
    "class_names.txt",
    "imagenet_classes.txt",
    "imagenet_labels.txt",
    "synset.txt",
)
"""Names that such files go by; Custom Vision writes the first."""
BOX_AND_OBJECT = (0, 4, 5)
"""Numbers that a detector may give beside the classes of a box: none, the box, the box and how likely it holds one."""


@teller(Place.METADATA)
def own_labels(subject: Subject) -> Told | None:
    """What the file itself says: a ZipMap, a label lookup, or the metadata."""
    names = find_labels(subject.model)
    return Told("the model", labels=names) if names is not None else None


@teller(Place.CONVENTION)
def label_files(subject: Subject) -> Told | None:
    """The first text file of a usual name that has as many names as the model has classes."""
    counts, notes = class_counts(subject.scores), []
    for name in FILES:
        text = subject.neighbours.text(name)
        if text is None:
            continue
        try:
            labels = parse_labels(text, name)
        except InputError as error:
            notes.append(f"'{name}' beside the model is not used: {str(error).rstrip('.')}")
            continue
        if len(labels) in counts:
            return Told(f"{name} beside the model", labels=labels, notes=tuple(notes))
        notes.append(f"'{name}' beside the model is not used: it has {len(labels)} names, {_told(counts)}")
    return Told("files beside the model", notes=tuple(notes)) if notes else None


def class_counts(scores: tuple[int | None, ...]) -> frozenset[int]:
    """How many classes a score tensor of this shape may have; empty where that is not known.

    (N, C) has C. With positions the classes may stand first or last; three dimensions may be a detector's boxes.
    """
    axes = scores[1:2] if len(scores) <= 2 else (scores[1], scores[-1])
    beside = BOX_AND_OBJECT if len(scores) == 3 else (0,)
    return frozenset(c - more for c in axes if c is not None for more in beside if c > more)


def _told(counts: frozenset[int]) -> str:
    return f"the model has {' or '.join(map(str, sorted(counts)))} classes" if counts else "the model's are not counted"
