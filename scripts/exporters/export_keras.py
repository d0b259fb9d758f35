"""Writes the network in Keras, with a softmax at its end as Keras models mostly have, by tf2onnx."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
import tf2onnx
from export_arguments import read_arguments
from keras import KerasTensor, layers
from numpy.typing import NDArray

OPSET = 15


def main() -> None:
    """Build, fill in the weights, convert with a dynamic batch, NHWC as in TensorFlow."""
    weights_path, target = read_arguments(__doc__)
    model = build()
    with np.load(weights_path) as weights:
        fill(model, dict(weights))
    signature = [tf.TensorSpec((None, 96, 96, 3), tf.float32, name="input")]
    function = tf.function(lambda x: {"probabilities": model(x, training=False)}, input_signature=signature)
    tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET, output_path=str(target))


def build() -> keras.Model:
    """The network without its weights; layers bear PyTorch's names."""
    x = source = keras.Input((96, 96, 3), name="input")
    x = layers.ReLU()(_conv_bn(x, 16, "stem", strides=2))
    x = layers.ReLU()(_conv_bn(x, 24, "widen"))
    # Zeros around the border stand for PyTorch's minus infinity: after a ReLU no maximum is below zero.
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    branch = layers.ReLU()(_conv_bn(x, 24, "residual1"))
    x = layers.ReLU()(layers.Add()([x, _conv_bn(branch, 24, "residual2")]))
    x = layers.DepthwiseConv2D(3, 2, use_bias=False, name="depthwise.0")(layers.ZeroPadding2D(1)(x))
    x = layers.ReLU()(_batch_norm(x, "depthwise"))
    x = layers.ReLU()(_conv_bn(x, 64, "pointwise", kernel=1))
    x = layers.ReLU()(_conv_bn(x, 64, "middle"))
    x = layers.ReLU()(layers.Conv2D(64, 3, padding="same", use_bias=False, name="last")(x))
    x = layers.Dense(6, name="classifier")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(source, layers.Softmax()(x))


def fill(model: keras.Model, weights: dict[str, NDArray[np.float32]]) -> None:
    """Set every layer's weights in Keras' order and layout."""
    for layer in model.layers:
        if isinstance(layer, layers.DepthwiseConv2D):
            layer.set_weights([weights[f"{layer.name}.weight"].transpose(2, 3, 0, 1)])
        elif isinstance(layer, layers.Conv2D):
            layer.set_weights([weights[f"{layer.name}.weight"].transpose(2, 3, 1, 0)])
        elif isinstance(layer, layers.BatchNormalization):
            entries = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([weights[f"{layer.name}.{entry}"] for entry in entries])
        elif isinstance(layer, layers.Dense):
            layer.set_weights([weights[f"{layer.name}.weight"].T, weights[f"{layer.name}.bias"]])


def _conv_bn(x: KerasTensor, filters: int, name: str, *, kernel: int = 3, strides: int = 1) -> KerasTensor:
    # Keras pads a stride of 2 at the bottom and right, PyTorch at the top and left: pad by hand there.
    x = layers.ZeroPadding2D(1)(x) if strides > 1 else x
    padding = "valid" if strides > 1 else "same"
    x = layers.Conv2D(filters, kernel, strides, padding=padding, use_bias=False, name=f"{name}.0")(x)
    return _batch_norm(x, name)


def _batch_norm(x: KerasTensor, name: str) -> KerasTensor:
    return layers.BatchNormalization(epsilon=1e-5, name=f"{name}.1")(x)


if __name__ == "__main__":
    main()
