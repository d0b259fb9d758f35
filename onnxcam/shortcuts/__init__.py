"""What a class is recognised by, over all its maps: groups that look elsewhere, and maps that look like no other.

maps (N, h, w) -> pooled to a small grid -> neighbours -> spectrum of their graph -> clusters, outliers
"""

from onnxcam.shortcuts.affinity import has_scikit_learn, require_scikit_learn
from onnxcam.shortcuts.clusters import FEW, SHOWN, Clusters, find_clusters
from onnxcam.shortcuts.edges import Excess, excess
from onnxcam.shortcuts.grids import SIDE, grid_of
from onnxcam.shortcuts.points import nearest_to_centre

__all__ = [
    "FEW",
    "SHOWN",
    "SIDE",
    "Clusters",
    "Excess",
    "excess",
    "find_clusters",
    "grid_of",
    "has_scikit_learn",
    "nearest_to_centre",
    "require_scikit_learn",
]
