"""Writes the network in PaddlePaddle by paddle2onnx."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import paddle
import paddle2onnx
from export_arguments import read_arguments
from numpy.typing import NDArray
from paddle import Tensor, nn

OPSET = 13


class ShapesNetwork(nn.Layer):
    """Pictures `(N, 3, 96, 96)` to logits `(N, 6)`."""

    def __init__(self) -> None:
        """Network with random weights; layers bear PyTorch's names."""
        super().__init__()
        self.stem = _conv_bn(3, 16, stride=2)
        self.widen = _conv_bn(16, 24)
        self.residual1 = _conv_bn(24, 24)
        self.residual2 = _conv_bn(24, 24)
        self.depthwise = _conv_bn(24, 24, stride=2, groups=24)
        self.pointwise = _conv_bn(24, 64, kernel=1)
        self.middle = _conv_bn(64, 64)
        self.last = nn.Conv2D(64, 64, 3, padding=1, bias_attr=False)
        self.classifier = nn.Linear(64, 6)

    def forward(self, x: Tensor) -> Tensor:
        """Logits `(N, 6)`."""
        relu = nn.functional.relu
        x = relu(self.widen(relu(self.stem(x))))
        x = nn.functional.max_pool2d(x, 3, 2, 1)
        x = relu(x + self.residual2(relu(self.residual1(x))))
        x = relu(self.pointwise(relu(self.depthwise(x))))
        x = relu(self.last(relu(self.middle(x))))
        return self.classifier(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


def main() -> None:
    """Build, fill in the weights, save Paddle's own format, convert that."""
    weights_path, target = read_arguments(__doc__)
    network = ShapesNetwork()
    with np.load(weights_path) as weights:
        fill(network, dict(weights))
    network.eval()
    with tempfile.TemporaryDirectory() as folder:
        stem = Path(folder) / "shapes"
        spec = paddle.static.InputSpec([None, 3, 96, 96], "float32", "input")
        paddle.jit.save(network, str(stem), [spec])
        paddle2onnx.export(f"{stem}.json", f"{stem}.pdiparams", str(target), opset_version=OPSET)


def fill(network: nn.Layer, weights: dict[str, NDArray[np.float32]]) -> None:
    """Set every parameter and running statistic; a linear layer's weight is transposed in Paddle."""
    weights["classifier.weight"] = weights["classifier.weight"].T
    renamed = {
        name.replace("running_mean", "_mean").replace("running_var", "_variance"): paddle.to_tensor(value.copy())
        for name, value in weights.items()
    }
    missing, unexpected = network.set_state_dict(renamed)
    assert not missing, missing
    assert not unexpected, unexpected


def _conv_bn(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2D(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias_attr=False)
    return nn.Sequential(conv, nn.BatchNorm2D(outputs))


if __name__ == "__main__":
    main()
