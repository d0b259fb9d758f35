"""What the page is told: the model's interface, how pictures become its input, names, and where all of it is from."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Literal, TypeAlias

import numpy as np

from onnxcam.imaging import Layout, Preprocess, heatmap

__all__ = ["InputType", "PageConfig", "ScoreScale", "config_text"]

SCHEMA_VERSION = 1

InputType: TypeAlias = Literal["float32", "float16", "float64", "uint8"]
ScoreScale: TypeAlias = Literal["logits", "logits of labels", "probabilities", "numbers"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageConfig:
    """What the page shows and what the exported model takes and gives.

    The exported model takes one picture and, if it has several classes, as a required input `target_input`; it gives
    its own outputs, `map_output` float32 (1, H, W) in [0, 1], and `class_output` int64 (1,).

    Attributes:
        title: The page's heading.
        source_name: File name of the shipped model.
        source_sha256: Its digest, 64 hexadecimal digits.
        layer: Name of the layer explained, or of several, as people read it.
        method: The method's name.
        input_name: The model's input for pictures.
        input_type: Its element type.
        layout: Where its channels stand.
        channels: How many it has, 1 or 3.
        height: Of the input, pixels; None where the model takes any.
        width: Of the input, pixels; None where the model takes any.
        preprocess: How a picture becomes the input; sounds' settings in it are left out.
        class_names: One a class; None where nobody knows them.
        class_count: How many classes there are to pick from.
        score_output: The model's own output with a number a class, (1, C) or the like; None where it gives none, and
            then the page tells the predicted class alone.
        score_scale: What those numbers are. Of `logits` the page takes the softmax, of `logits of labels` (several may
            be true) the sigmoid, to show per cents; `probabilities` are shown so as they are; `numbers` as numbers.
        notes: What the reader must know, sentences.
        target_input: int64 (1,): the class to explain, -1 for the predicted one.
        map_output: The map.
        class_output: The class explained.
        colormap: A name that `onnxcam.imaging.colormap_names` gives.
        alpha: The overlay's opacity at the start, 0 to 1.
    """

    title: str
    source_name: str
    source_sha256: str
    layer: str
    method: str
    input_name: str
    input_type: InputType = "float32"
    layout: Layout = "NCHW"
    channels: int = 3
    height: int | None = None
    width: int | None = None
    preprocess: Preprocess = dataclasses.field(default_factory=Preprocess)
    class_names: tuple[str, ...] | None = None
    class_count: int = 1
    score_output: str | None = None
    score_scale: ScoreScale = "numbers"
    notes: tuple[str, ...] = ()
    target_input: str = "cam_target"
    map_output: str = "cam"
    class_output: str = "cam_class"
    colormap: str = "jet"
    alpha: float = 0.5


def config_text(config: PageConfig, files: Mapping[str, Any]) -> str:
    """`config` and where the page's `files` are, as JSON; its colours are the 256 of the colour map.

    Raises:
        InputError: An unknown colour map.
    """
    levels = (np.arange(256, dtype=np.float32) / np.float32(255))[None]
    record = {
        "schema": "onnxcam.page",
        "schema_version": SCHEMA_VERSION,
        "onnxcam": version("onnxcam"),
        **dataclasses.asdict(config),
        "colours": heatmap(levels, config.colormap)[0].ravel().tolist(),
        "files": dict(files),
    }
    return json.dumps(record) + "\n"
