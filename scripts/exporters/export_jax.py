"""Writes the network in Flax NNX, NHWC, by jax2onnx."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from export_arguments import read_arguments
from flax import nnx
from jax import Array
from jax2onnx import to_onnx
from numpy.typing import NDArray

OPSET = 23


class ConvNorm(nnx.Module):
    """A convolution without bias, padded by half its kernel, and batch normalisation."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, groups: int = 1) -> None:
        """Layers with random weights."""
        rngs = nnx.Rngs(0)
        self.conv = _conv(inputs, outputs, kernel=kernel, stride=stride, groups=groups)
        self.norm = nnx.BatchNorm(outputs, epsilon=1e-5, use_running_average=True, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        """Both, one after the other."""
        return self.norm(self.conv(x))


class ShapesNetwork(nnx.Module):
    """Pictures `(N, 96, 96, 3)` to logits `(N, 6)`."""

    def __init__(self) -> None:
        """Network with random weights; attributes bear PyTorch's names."""
        self.stem = ConvNorm(3, 16, stride=2)
        self.widen = ConvNorm(16, 24)
        self.residual1 = ConvNorm(24, 24)
        self.residual2 = ConvNorm(24, 24)
        self.depthwise = ConvNorm(24, 24, stride=2, groups=24)
        self.pointwise = ConvNorm(24, 64, kernel=1)
        self.middle = ConvNorm(64, 64)
        self.last = _conv(64, 64)
        self.classifier = nnx.Linear(64, 6, rngs=nnx.Rngs(0))

    def __call__(self, x: Array) -> Array:
        """Logits `(N, 6)`."""
        x = nnx.relu(self.widen(nnx.relu(self.stem(x))))
        # jax2onnx 0.17 takes padding given in numbers for none at all. Zeros stand for minus infinity: after a ReLU no
        # maximum is below zero.
        x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        x = nnx.max_pool(x, window_shape=(3, 3), strides=(2, 2), padding="VALID")
        x = nnx.relu(x + self.residual2(nnx.relu(self.residual1(x))))
        x = nnx.relu(self.pointwise(nnx.relu(self.depthwise(x))))
        x = nnx.relu(self.last(nnx.relu(self.middle(x))))
        return self.classifier(jnp.mean(x, axis=(1, 2)))


def main() -> None:
    """Build, fill in the weights, convert with a dynamic batch."""
    weights_path, target = read_arguments(__doc__)
    network = ShapesNetwork()
    with np.load(weights_path) as weights:
        fill(network, dict(weights))
    network.eval()
    to_onnx(
        network,
        [("batch", 96, 96, 3)],
        model_name="shapes",
        opset=OPSET,
        input_names=["input"],
        output_names=["logits"],
        return_mode="file",
        output_path=str(target),
    )


def fill(network: ShapesNetwork, weights: dict[str, NDArray[np.float32]]) -> None:
    """Set every layer's weights in Flax' layout."""
    for name in ("stem", "widen", "residual1", "residual2", "depthwise", "pointwise", "middle"):
        block = getattr(network, name)
        block.conv.kernel.value = _kernel(weights[f"{name}.0.weight"])
        block.norm.scale.value = jnp.asarray(weights[f"{name}.1.weight"])
        block.norm.bias.value = jnp.asarray(weights[f"{name}.1.bias"])
        block.norm.mean.value = jnp.asarray(weights[f"{name}.1.running_mean"])
        block.norm.var.value = jnp.asarray(weights[f"{name}.1.running_var"])
    network.last.kernel.value = _kernel(weights["last.weight"])
    network.classifier.kernel.value = jnp.asarray(weights["classifier.weight"].T)
    network.classifier.bias.value = jnp.asarray(weights["classifier.bias"])


def _kernel(weight: NDArray[np.float32]) -> Array:
    return jnp.asarray(weight.transpose(2, 3, 1, 0))


def _conv(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, groups: int = 1) -> nnx.Conv:
    return nnx.Conv(
        inputs,
        outputs,
        (kernel, kernel),
        strides=stride,
        padding=kernel // 2,
        feature_group_count=groups,
        use_bias=False,
        rngs=nnx.Rngs(0),
    )


if __name__ == "__main__":
    main()
