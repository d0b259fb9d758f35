"""Sections of an audit's report: what classes are recognised by, and what became of maps as weights were shuffled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from onnxcam.auditing.randomised import Randomisation, RandomisedStep
from onnxcam.auditing.suspicions import Cluster, Shortcuts
from onnxcam.reporting import Album, numeral, percent
from onnxcam.reporting.page import Badge, Charts, Curve, Example, Group, Groups

__all__ = ["cluster_section", "randomisation_section", "shown_clusters"]

SHOWN = 24
"""Clusters that are shown, and examples of one that is not suspicious."""
EXAMPLES = 4


def shown_clusters(shortcuts: Shortcuts) -> tuple[tuple[Cluster, tuple[str, ...]], ...]:
    """The clusters that are shown, the most suspicious first, each with its examples' keys."""
    return tuple((one, one.keys if one.is_suspicious else one.keys[:EXAMPLES]) for one in shortcuts.clusters[:SHOWN])


def cluster_section(
    clusters: Sequence[tuple[Cluster, tuple[str, ...]]], examples: Mapping[str, Example], album: Album
) -> Iterator[Groups]:
    """Clusters with their mean maps and examples."""
    yield Groups(
        "What classes are recognised by",
        "Maps of a class that look alike, with their mean and pictures that are typical of them. An excess says how "
        "much more they look at the border, or at a corner, than all other pictures do: a few pictures, or a whole "
        "class, that are recognised by a mark there have a high one.",
        tuple(_group(one, [examples[key] for key in keys if key in examples], album) for one, keys in clusters),
    )


def _group(one: Cluster, examples: Sequence[Example], album: Album) -> Group:
    where = "a corner" if one.corner_excess >= one.border_excess else "the border"
    facts = {
        "pictures": f"{one.size:,} of {one.of:,} ({percent(one.share)})",
        "border excess": numeral(one.border_excess),
        "corner excess": numeral(one.corner_excess),
    }
    badges = (Badge(f"looks at {where}", "warning"),) if one.is_suspicious else ()
    return Group(one.class_name, badges, facts, album.mean(np.array(one.mean, np.float32)), tuple(examples))


def randomisation_section(test: Randomisation) -> Iterator[Charts]:
    """The curve of the randomisation test."""
    rule = "what a step shuffles stays shuffled" if test.mode == "cascading" else "each step shuffles its own alone"
    series = {
        "spearman": (1.0, *(step.spearman for step in test.steps)),
        "ssim": (1.0, *(step.ssim for step in test.steps)),
    }
    about = (
        f"How alike the maps of {test.pictures} pictures stay to their own as weights are shuffled, from the score to "
        f"the input; {rule}. Maps that explain what the weights have learned change."
    )
    steps = ("the model as it is", *map(_told, test.steps))
    yield Charts("Randomisation test", about, (Curve("likeness", "Mean over the pictures, by step.", steps, series),))


def _told(step: RandomisedStep) -> str:
    nodes = step.first if step.nodes == 1 else f"{step.first} to {step.last}, {step.nodes} nodes"
    layer = "" if step.reaches_layer else "; behind the layer"
    return f"{nodes}{layer}" + (f": {step.note}" if step.note else "")
