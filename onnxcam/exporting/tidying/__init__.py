"""The map's graph with as few nodes as it takes: in a small network those count for more than what they compute.

One pass, one file.
"""

from onnxcam.exporting.tidying.passes import tidy

__all__ = ["tidy"]
