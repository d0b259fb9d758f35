"""What the shared models are fed: real pictures and signals as their cards ask for them, else random numbers."""

from __future__ import annotations

import gzip
import wave
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.shared import shared

__all__ = ["INPUTS"]

Array = NDArray[Any]

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
PORTRAIT = {"mean": (0.40349, 0.43628, 0.49769), "std": (62.93, 62.82, 66.36), "bgr": True}
GRAIN = 16.0
"""Of 255: what is added to pictures at most. Constant backgrounds would tie in every MaxPool."""


def picture(
    path: str,
    width: int,
    height: int,
    *,
    scale: float = 255.0,
    mean: float | tuple[float, ...] = 0.0,
    std: float | tuple[float, ...] = 1.0,
    bgr: bool = False,
    nhwc: bool = False,
) -> Array:
    """A picture as a batch of one float32: resized, divided by `scale`, less `mean`, over `std`."""
    pixels = np.asarray(Image.open(shared(f"images/{path}")).convert("RGB").resize((width, height)), dtype=np.float64)
    grained = pixels[..., ::-1] if bgr else pixels
    grained = grained + np.random.default_rng(0).uniform(0, GRAIN, grained.shape)
    batch = ((grained / scale - np.asarray(mean)) / np.asarray(std))[None].astype(np.float32)
    return batch if nhwc else np.ascontiguousarray(batch.transpose(0, 3, 1, 2))


def digit(*, scale: float = 1.0, mean: float = 0.0, std: float = 1.0) -> Array:
    """A handwritten digit, (1, 1, 28, 28) float32."""
    pixels = np.load(shared("images/mnist124.npz"))["x"].reshape(-1, 1, 28, 28)[8:9].astype(np.float64)
    grained = pixels + np.random.default_rng(0).uniform(0, GRAIN, pixels.shape)
    return ((grained / scale - mean) / std).astype(np.float32)


def drawing() -> Array:
    """A bright disc on a dark ground, (1, 1, 64, 64) float32 in the unit interval."""
    rows, columns = np.mgrid[:64, :64]
    disc = ((rows - 30) ** 2 + (columns - 36) ** 2 < 15**2).astype(np.float64)
    return (disc + np.random.default_rng(0).uniform(0, 0.3, disc.shape))[None, None].astype(np.float32)


def speech(start: int, samples: int) -> Array:
    """Recorded speech at 16 kHz in some noise, (1, samples) float32 within -1 and 1; repeated where it ends."""
    with wave.open(str(shared("images/signals/speech.wav"))) as file:
        whole = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    clean = np.resize(whole[start:] / 32768, samples)
    return (clean + np.random.default_rng(0).uniform(-0.02, 0.02, samples))[None].astype(np.float32)


def volume() -> Array:
    """The centre of an MRI volume, (1, 1, 64, 64, 64) float32 in the unit interval."""
    raw = gzip.decompress(shared("images/signals/t1_crop.nii.gz").read_bytes())
    whole = np.frombuffer(raw, dtype=np.uint8, offset=352).reshape(256, 256, 256)
    centre = whole[96:160, 96:160, 96:160] + np.random.default_rng(0).uniform(0, GRAIN, (64, 64, 64))
    return (centre / 255)[None, None].astype(np.float32)


def random(shape: tuple[int, ...], low: float, high: float) -> Array:
    """Random numbers in a range, float32."""
    return np.random.default_rng(0).uniform(low, high, shape).astype(np.float32)


BOTH, ASTRONAUT, LEAF = "both.png", "skimage/astronaut.png", "leafsnap_example_acer_rubrum.jpg"
SIGNED = {"scale": 127.5, "mean": 1.0}
UNIT_DIGIT = {"scale": 255.0, "mean": 0.1307, "std": 0.3081}
CAFFE = {"scale": 1.0, "mean": (104.0, 117.0, 123.0), "bgr": True}

INPUTS: dict[str, Callable[[], dict[str, Array]]] = {
    "blazeface-back-tf2onnx": lambda: {"input:0": picture(ASTRONAUT, 256, 256, **SIGNED, nhwc=True)},
    "bodypix-tf2onnx": lambda: {"input": picture(ASTRONAUT, 256, 256, **SIGNED, nhwc=True)},
    "brainchop-model30-64": lambda: {"input": volume()},
    "cifar-mlperftiny-tf2onnx": lambda: {"input_1": picture(BOTH, 32, 32, scale=1.0, nhwc=True)},
    "cifar-resnet20-dynamo": lambda: {"input": picture(BOTH, 32, 32, **IMAGENET)},
    "cifar-resnet20-torchscript": lambda: {"input": picture(BOTH, 32, 32, **IMAGENET)},
    "cifar-winml-pytorch17": lambda: {"modelInput": picture(BOTH, 32, 32, mean=0.5, std=0.5)},
    "customvision-cat-or-dog-op7": lambda: {"data": picture(BOTH, 227, 227, scale=1.0, bgr=True)},
    "deeplabv3-mnv2-tf2onnx": lambda: {"sub_7": picture(BOTH, 257, 257, **SIGNED, nhwc=True)},
    "dnsmos-sig-bak-ovr": lambda: {"input_1": speech(0, 144160)},
    "fastestdet-decoded": lambda: {"input": picture(BOTH, 352, 352, bgr=True)},
    "leafsnap-dianna": lambda: {"input": picture(LEAF, 128, 128)},
    "mcunet-96": lambda: {"input": picture(BOTH, 96, 96)},
    "mnist-burn-pytorch2": lambda: {"input.1": digit(**UNIT_DIGIT)},
    "mnist-cntk": lambda: {"Input3": digit()},
    "mnist-cntk-dynq": lambda: {"Input3": digit()},
    "mnist-dianna-binary": lambda: {"input": digit()},
    "mnist-ort-java-pytorch11": lambda: {"0": digit(**UNIT_DIGIT)},
    "mnist-winmltools-coreml": lambda: {"image": digit()},
    "openwakeword-embedding": lambda: {"input_1": random((1, 76, 32, 1), 0, 4)},
    "picodet-s-320-paddle": lambda: {"image": picture(BOTH, 320, 320, **IMAGENET)},
    "selfie-seg-mediapipe": lambda: {"input_1:0": picture(ASTRONAUT, 256, 144, nhwc=True)},
    "shapes-dianna": lambda: {"input": drawing()},
    "shufflenetv2-int8-qlinear": lambda: {"input": picture(BOTH, 224, 224, **IMAGENET)},
    "silero-vad": lambda: {
        "input": speech(16000, 576),
        "state": random((2, 1, 128), -0.1, 0.1),
        "sr": np.asarray(16000, dtype=np.int64),
    },
    "sinet-portrait": lambda: {"data": picture(ASTRONAUT, 320, 320, **PORTRAIT)},
    "squeezenet-fp16-caffe2": lambda: {"data_0": picture(BOTH, 224, 224, **CAFFE).astype(np.float16)},
    "vittrack": lambda: {
        "template": picture(BOTH, 128, 128, **IMAGENET),
        "search": picture(BOTH, 256, 256, **IMAGENET),
    },
    "yolox-nano": lambda: {"images": picture(BOTH, 416, 416, scale=1.0, bgr=True)},
}
