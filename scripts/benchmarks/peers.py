"""What a user would pick instead: libraries that need the network itself, on the same weights and layer."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from benchmarks.exports import build, export_as_before, import_torchvision
from benchmarks.turns import Job, Run
from numpy.typing import NDArray

__all__ = ["NETWORKS", "PEERS", "difference", "installed", "onnxcam_at_layer"]

LAST: dict[str, Callable[[Any], Any]] = {
    "ResNet-50": lambda network: network.layer4[-1],
    "MobileNetV2": lambda network: network.features[-1],
    "EfficientNet-B0": lambda network: network.features[-1],
}
"""The module whose output is averaged before the scores."""
NETWORKS = tuple(LAST)


def onnxcam_at_layer(job: Job) -> Run:
    """The shipped file, at the layer that the others are given."""
    import onnxcam

    explainer = onnxcam.Explainer(job.path, layer=job.layer, provider=job.provider)
    return lambda x: explainer.explain(x).map


def pytorch_grad_cam(job: Job) -> Run:
    """Its GradCAM, from a tensor to maps at the input's resolution."""
    return _grad_cam_of(network := build(job.name), LAST[job.name](network))


def torchcam(job: Job) -> Run:
    """Its GradCAM, from a tensor to maps at the layer's resolution."""
    import torch
    from torchcam.methods import GradCAM

    network = build(job.name)
    cam = GradCAM(network, target_layer=LAST[job.name](network))

    def run(x: NDArray[np.float32]) -> NDArray[np.float32]:
        scores = network(torch.from_numpy(x))
        found: NDArray[np.float32] = cam(scores.argmax(1).tolist(), scores)[0].numpy()
        return found

    return run


def captum(job: Job) -> Run:
    """LayerGradCam, to maps at the layer's resolution; it is told the classes, which saves it a forward."""
    import torch
    from captum.attr import LayerGradCam

    network = build(job.name)
    cam = LayerGradCam(network, LAST[job.name](network))
    with torch.no_grad():
        best = network(torch.from_numpy(job.pictures())).argmax(1)

    def run(x: NDArray[np.float32]) -> NDArray[np.float32]:
        found = cam.attribute(torch.from_numpy(x), target=best, relu_attributions=True)
        maps: NDArray[np.float32] = found.detach().numpy()[:, 0]
        return maps

    return run


def onnx2torch(job: Job) -> Run:
    """A file converted back into a network, then pytorch-grad-cam; it knows no newer file than that of opset 13."""
    import_torchvision()
    from onnx2torch import convert

    network = convert(str(export_as_before(job.name, job.path.parent))).eval()
    pooled = next(n for n in network.graph.nodes if n.op == "call_module" and _pools(network, n))
    return _grad_cam_of(network, network.get_submodule(pooled.args[0].target))


PEERS: dict[str, tuple[Callable[[Job], Run], tuple[str, ...]]] = {
    "pytorch-grad-cam": (pytorch_grad_cam, ("pytorch_grad_cam",)),
    "torch-cam": (torchcam, ("torchcam",)),
    "Captum LayerGradCam": (captum, ("captum",)),
    "onnx2torch + pytorch-grad-cam": (onnx2torch, ("onnx2torch", "pytorch_grad_cam")),
}
"""By name, the side and the packages that it takes."""


def installed(packages: tuple[str, ...]) -> bool:
    """Whether all of them are."""
    return all(importlib.util.find_spec(name) is not None for name in ("torch", *packages))


def difference(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """The largest difference of two batches of maps, both at the first one's resolution and from 0 to 1."""
    return max(
        float(np.abs(_scaled(a, a.shape) - _scaled(b, a.shape)).max()) for a, b in zip(ours, theirs, strict=True)
    )


def _scaled(one: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float64]:
    large = cv2.resize(one, shape[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float64)
    found: NDArray[np.float64] = (large - large.min()) / (np.ptp(large) or 1)
    return found


def _grad_cam_of(network: Any, layer: Any) -> Run:
    import torch
    from pytorch_grad_cam import GradCAM

    cam = GradCAM(network, [layer])
    return lambda x: cam(torch.from_numpy(x), targets=None)


def _pools(network: Any, node: Any) -> bool:
    name = type(network.get_submodule(node.target)).__name__
    return "GlobalAveragePool" in name or "ReduceMean" in name or "Reduce" in name
