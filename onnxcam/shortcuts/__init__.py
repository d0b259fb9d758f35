"""What a class is recognised by, over all its maps: groups that look elsewhere, and maps that look like no other.

maps (N, h, w) -> pooled to a small grid -> neighbours -> spectrum of their graph -> clusters, outliers
"""

from onnxcam.shortcuts.clusters import Clusters, find_clusters

__all__ = ["Clusters", "find_clusters"]
