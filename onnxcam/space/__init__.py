"""Where the entries of every tensor lie in the input's space: rows and columns, tokens, windows, samples, voxels.

tracing = trace(model)                              follows positions from the inputs through the graph
arrangement = arrange(tracing, value)               how that value's axes hold its grid, or None
arrangement.channels_first(array)                   (N, K, *grid), whatever the layout in the file
"""

from onnxcam.space.arrangement import Arrangement, arrange
from onnxcam.space.axes import is_positional
from onnxcam.space.tracing import Tracing, assumed_shapes, trace

__all__ = ["Arrangement", "Tracing", "arrange", "assumed_shapes", "is_positional", "trace"]
