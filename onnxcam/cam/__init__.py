"""Methods: activation and gradient of a layer in, maps out.

    saliency = find_method("grad-cam")(activation, gradient)    alpha, and the map at the layer's resolution
    map      = to_input_size(saliency.raw, (224, 224))          the map at the input's resolution, in [0, 1]

Numpy in, numpy out: nothing here knows of models or pictures.
"""

from __future__ import annotations

import onnxcam.cam.grad_cam  # noqa: F401  importing a method's module registers the method
from onnxcam.cam.maps import normalize, to_input_size
from onnxcam.cam.registry import Method, Saliency, find_method, method, method_names

__all__ = ["Method", "Saliency", "find_method", "method", "method_names", "normalize", "to_input_size"]
