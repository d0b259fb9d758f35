"""What is assumed where nothing tells: a preset, by what made the file; and a size, by what the scores look like."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator

from onnxcam.imaging import PRESETS, Preprocess
from onnxcam.tellers.registry import Subject

__all__ = ["Assumption", "assume", "assume_size"]

CLASSIFIER_SIZE = (224, 224)
OTHER_SIZE = (640, 640)

PRODUCERS = {
    "onnx-caffe2": ("caffe", "Caffe2 wrote it"),
    "CNTK": ("raw", "CNTK wrote it"),
    "keras2onnx": ("tf", "it comes from TensorFlow"),
    "tf2onnx": ("tf", "it comes from TensorFlow"),
}
"""What is usual among the networks of an exporter."""
KERAS = (
    ("block14_sepconv2", "tf", "Xception"),
    ("conv2_block1_preact", "tf", "ResNetV2"),
    ("pool4_(conv|relu)", "imagenet", "DenseNet"),
    ("conv5_block3", "caffe", "ResNet"),
    ("block5_conv3", "caffe", "VGG"),
    ("conv_pw_13", "tf", "MobileNet"),
    ("block_16", "tf", "MobileNetV2"),
    ("block8_10", "tf", "InceptionResNetV2"),
    ("mixed10", "tf", "InceptionV3"),
)
"""How a late layer's name begins in Keras' applications, the preset that the application takes, and its name."""
YOLOX = Preprocess("raw, BGR, in a letterbox", resize="letterbox", channel_order="bgr", scale=1.0)
YOLOX_STRIDES = (8, 16, 32)


@dataclasses.dataclass(frozen=True, slots=True)
class Assumption:
    """Settings, and why these.

    Attributes:
        preprocess: The settings.
        reason: A clause that follows "since"; empty where it is the general rule.
    """

    preprocess: Preprocess
    reason: str = ""


def assume(subject: Subject) -> Assumption:
    """What the first sign tells, else `unit` for one channel and what is no picture, else `imagenet`.

    What cuts a classifier's picture stretches that of another model, which has something to say of its edges too.
    """
    if subject.shape and not subject.is_picture:
        return Assumption(PRESETS["unit"])
    general = Assumption(PRESETS["unit" if subject.channels == 1 else "imagenet"])
    found = next((one for sign in SIGNS for one in sign(subject) if _fits(one.preprocess, subject)), general)
    if subject.is_classifier or found.preprocess.resize != "shortest":
        return found
    return dataclasses.replace(found, preprocess=dataclasses.replace(found.preprocess, resize="stretch"))


def assume_size(spec: Preprocess, subject: Subject) -> Preprocess:
    """The settings with a size, where neither they nor the model have one: a picture's own may be huge.

    224 x 224 for a classifier, cut or stretched as the settings say; for others, whose parts may ask for sides that
    32 divides, a letterbox of 640 x 640.
    """
    is_open = subject.is_picture and subject.size == (None, None) and spec.resize != "none"
    if not is_open or spec.size is not None or spec.crop is not None:
        return spec
    if not subject.is_classifier:
        return dataclasses.replace(spec, size=OTHER_SIZE, resize="letterbox")
    if spec.resize == "shortest":
        return dataclasses.replace(spec, crop=CLASSIFIER_SIZE)
    return dataclasses.replace(spec, size=CLASSIFIER_SIZE)


def _fits(spec: Preprocess, subject: Subject) -> bool:
    """Whether the input has the channels for it."""
    return subject.channels != 1 or not (spec.is_per_channel or spec.channel_order == "bgr")


def _by_keras(subject: Subject) -> Iterator[Assumption]:
    """Layers called as those of one of Keras' applications."""
    names = "\n".join(node.name or "" for node in subject.model.graph)
    for layer, preset, network in KERAS:
        if re.search(rf"(^|/){layer}(_|/|$)", names, re.MULTILINE):
            yield Assumption(PRESETS[preset], f"its layers are called as those of Keras' {network}")


def _by_yolox(subject: Subject) -> Iterator[Assumption]:
    """A stem that slices every other pixel, and a head of one box a cell: YOLOX, not YOLOv5 with its three."""
    stem = [n.op_type for n, _ in subject.input.uses()] if subject.input is not None else []
    height, width = subject.size
    if set(stem) != {"Slice"} or height is None or width is None or len(subject.scores) != 3:
        return
    if subject.scores[1] == sum((height // stride) * (width // stride) for stride in YOLOX_STRIDES):
        yield Assumption(YOLOX, "its stem and head are those of YOLOX")


def _by_producer(subject: Subject) -> Iterator[Assumption]:
    """The exporter."""
    preset, reason = PRODUCERS.get(subject.model.shipped.producer_name or "", ("", ""))
    if preset:
        yield Assumption(PRESETS[preset], reason)


SIGNS: tuple[Callable[[Subject], Iterator[Assumption]], ...] = (_by_keras, _by_yolox, _by_producer)
