"""What is assumed where nothing tells: a preset, by what made the file; and a size, by what the scores look like."""

from __future__ import annotations

import dataclasses
import re

from onnxcam.imaging import Preprocess
from onnxcam.tellers.registry import Subject

__all__ = ["Assumption", "assume", "assume_size"]

CLASSIFIER_SIZE = (224, 224)
OTHER_SIZE = (640, 640)

PRODUCERS = {"onnx-caffe2": ("caffe", "Caffe2 wrote it"), "CNTK": ("raw", "CNTK wrote it")}
KERAS = (
    (r"block14_sepconv2", "tf", "Xception"),
    (r"conv2_block1_preact_bn", "tf", "ResNetV2"),
    (r"conv5_block3_3_conv", "caffe", "ResNet"),
    (r"block5_conv3", "caffe", "VGG"),
    (r"conv_pw_13", "tf", "MobileNet"),
    (r"block_16_project", "tf", "MobileNetV2"),
    (r"block8_10_conv", "tf", "InceptionResNetV2"),
    (r"pool4_conv", "imagenet", "DenseNet"),
)
"""A layer's name in Keras' applications, the preset that the application takes, and its name."""


@dataclasses.dataclass(frozen=True, slots=True)
class Assumption:
    """A preset, and why that one.

    Attributes:
        preset: Its name.
        reason: A clause that follows "since"; empty where it is the general rule.
    """

    preset: str
    reason: str = ""


def assume(subject: Subject) -> Assumption:
    """`unit` for one channel and what is no picture; the way of Caffe, CNTK, Keras' applications; else `imagenet`."""
    if subject.shape and not subject.is_picture:
        return Assumption("unit")
    producer = PRODUCERS.get(subject.model.shipped.producer_name or "")
    if producer is not None:
        preset, reason = producer
        return Assumption("unit" if preset == "caffe" and subject.channels == 1 else preset, reason)
    if subject.channels == 1:
        return Assumption("unit")
    names = "\n".join(node.name or "" for node in subject.model.graph)
    for layer, preset, network in KERAS:
        if re.search(rf"(^|/){layer}(/|$)", names, re.MULTILINE):
            return Assumption(preset, f"its layers are called as those of Keras' {network}")
    return Assumption("imagenet")


def assume_size(spec: Preprocess, subject: Subject) -> Preprocess:
    """The settings with a size, where neither they nor the model have one: a picture's own may be huge.

    224 x 224 for a classifier, cut or stretched as the settings say; for others, whose parts may ask for sides that
    32 divides, a letterbox of 640 x 640.
    """
    is_open = subject.is_picture and subject.size == (None, None) and spec.resize != "none"
    if not is_open or spec.size is not None or spec.crop is not None:
        return spec
    if len([d for d in subject.scores if d != 1]) > 2:
        return dataclasses.replace(spec, size=OTHER_SIZE, resize="letterbox")
    if spec.resize == "shortest":
        return dataclasses.replace(spec, crop=CLASSIFIER_SIZE)
    return dataclasses.replace(spec, size=CLASSIFIER_SIZE)
