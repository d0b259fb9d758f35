"""Does the map lie where the objects are? Regions are masks; a box is a mask that is a rectangle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onnxcam.metrics.registry import metric
from onnxcam.metrics.science import scipy_part
from onnxcam.metrics.subject import Subject

__all__ = ["box_iou", "energy_inside", "iou", "pointing_game", "rank_accuracy"]


@metric("pointing-game", family="localisation", unit="share", better="higher", needs=("regions",))
def pointing_game(subject: Subject) -> float:
    """Whether the map's peak lies in a region: 1 or 0; the mean over maps is the share of hits.

    Of several equal peaks one in a region is enough. There is no tolerance: TorchRay counts a peak within 15 pixels of
    a region as a hit, which means something else at every input size. NaN for a constant map, which has no peak (in
    Quantus it hits), and where no region has a pixel.

    Source: Zhang et al., Top-down Neural Attention by Excitation Backprop, ECCV 2016 (the pointing game).
    """
    region = subject.region
    if not region.any() or subject.map.min() == subject.map.max():
        return math.nan
    return float(region[subject.map == subject.map.max()].any())


@metric("energy-inside", family="localisation", unit="share", better="higher", needs=("regions",))
def energy_inside(subject: Subject) -> float:
    """The share of the map's sum that lies inside the regions: sum of the map in their union / sum of the map.

    A map that says nothing has about the regions' share of the area. NaN for a map of zeros, and where no region has a
    pixel.

    Source: Wang et al., Score-CAM, CVPR Workshops 2020 (energy-based pointing game); the same as Arras et
    al., CLEVR-XAI, Information Fusion 2022 (relevance mass accuracy).
    """
    region = subject.region
    if not region.any() or subject.is_empty:
        return math.nan
    return float(subject.map[region].sum(dtype=np.float64) / subject.map.sum(dtype=np.float64))


@metric("rank-accuracy", family="localisation", unit="share", better="higher", needs=("regions",))
def rank_accuracy(subject: Subject) -> float:
    """The share of the most relevant pixels, as many as the regions have, that lie in the regions.

    Where equal values compete for the last places, each counts with its chance to get one, so that the figure does not
    depend on the order of pixels (in Quantus it does). NaN for a map of zeros, and where no region has a pixel.

    Source: Arras et al., CLEVR-XAI, Information Fusion 2022 (relevance rank accuracy).
    """
    region = subject.region
    places = np.count_nonzero(region)
    if not places or subject.is_empty:
        return math.nan
    last = np.partition(subject.map.ravel(), -places)[-places]
    above, tied = subject.map > last, subject.map == last
    left = (places - np.count_nonzero(above)) / np.count_nonzero(tied)
    return float((np.count_nonzero(above & region) + left * np.count_nonzero(tied & region)) / places)


@metric("iou-50", family="localisation", unit="share", better="higher", needs=("regions",))
@metric("iou-25", family="localisation", unit="share", better="higher", needs=("regions",))
@metric("iou-15", family="localisation", unit="share", better="higher", needs=("regions",))
def iou(subject: Subject) -> dict[str, float]:
    """Intersection over union of the regions and the pixels with at least 15, 25 or 50 % of the map's maximum.

    NaN for a map of zeros, and where no region has a pixel.

    Source: Chattopadhyay et al., Grad-CAM++, WACV 2018 (Loc, at 25 and 50 %); 15 % is the threshold of
    Selvaraju et al., Grad-CAM, ICCV 2017 (weakly-supervised localization).
    """
    region = subject.region
    is_defined = region.any() and not subject.is_empty
    return {
        f"iou-{percent}": overlap(foreground(subject.map, percent), region) if is_defined else math.nan
        for percent in (15, 25, 50)
    }


@metric("box-iou-15", family="localisation", unit="share", better="higher", needs=("regions",), takes_scipy=True)
def box_iou(subject: Subject) -> float:
    """Intersection over union of the box around the map's largest segment and the best fitting box of a region.

    The segment is the largest connected part (pixels touch at sides and corners) of the pixels with at least 15 % of
    the map's maximum; of several equally large, the first in the order of reading. A region that is no rectangle counts
    with the box around it. At 0.5 or more the paper calls the object localised. NaN for a map of zeros, and where no
    region has a pixel.

    Source: Selvaraju et al., Grad-CAM, ICCV 2017 (weakly-supervised localization).
    """
    regions = [region for region in subject.regions if region.any()]
    if not regions or subject.is_empty:
        return math.nan
    labels, _ = scipy_part("ndimage").label(foreground(subject.map, 15), structure=np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())
    largest = box_around(labels == 1 + np.argmax(sizes[1:]))
    return max(overlap(largest, box_around(region)) for region in regions)


def foreground(map: NDArray[np.float32], percent: int) -> NDArray[np.bool_]:
    """Where a map has at least so many percent of its maximum."""
    enough: NDArray[np.bool_] = map >= map.max() * np.float32(percent / 100)
    return enough


def overlap(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks, of which one has a pixel."""
    return float(np.count_nonzero(first & second) / np.count_nonzero(first | second))


def box_around(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The smallest rectangle that holds all pixels of a mask, as a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.zeros_like(mask)
    box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return box
