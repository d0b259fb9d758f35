"""Methods: the evidence of a layer in, maps out.

    saliency = find_method("grad-cam")(Evidence(activation, gradient))    the map at the layer's resolution, and alpha
    map      = to_input_size(saliency.raw, (224, 224))                    the map at the input's resolution, in [0, 1]

Numpy in, numpy out: nothing here knows of models or pictures. A method that needs more than activation and gradient
asks `Evidence.runs` for further runs of the model.
"""

from __future__ import annotations

# Importing a method's module registers the method.
import onnxcam.cam.grad_cam
import onnxcam.cam.grad_cam_plus_plus
import onnxcam.cam.hires_cam
import onnxcam.cam.layer_cam
import onnxcam.cam.xgrad_cam  # noqa: F401
from onnxcam.cam.evidence import Evidence, Runs, Saliency
from onnxcam.cam.maps import average, normalize, to_input_size
from onnxcam.cam.registry import (
    GraphMethod,
    Method,
    MethodCard,
    find_graph_method,
    find_method,
    in_graph,
    method,
    method_cards,
    method_names,
)

__all__ = [
    "Evidence",
    "GraphMethod",
    "Method",
    "MethodCard",
    "Runs",
    "Saliency",
    "average",
    "find_graph_method",
    "find_method",
    "in_graph",
    "method",
    "method_cards",
    "method_names",
    "normalize",
    "to_input_size",
]
