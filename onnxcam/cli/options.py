"""Options that several commands share: one name, one help text, one default each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from onnxcam.errors import nearest

__all__ = [
    "DEBUG",
    "HELP_NAMES",
    "FromRegistry",
    "alpha_option",
    "batch_size_option",
    "colormap_option",
    "dataset_argument",
    "dataset_format_option",
    "debug_option",
    "example",
    "folder_option",
    "force_option",
    "fresh_option",
    "head_option",
    "json_option",
    "labels_option",
    "layer_option",
    "method_option",
    "model_argument",
    "other_inputs_option",
    "output_name_option",
    "preprocess_option",
    "provider_option",
    "rows_option",
    "target_of_record_option",
]

DEBUG = "ONNXCAM_DEBUG"
"""Environment variable: when set, errors come with their traceback."""

HELP_NAMES = ["-h", "--help"]


def example(*lines: str) -> str:
    """The end of a command's help: a command line that a test runs."""
    return "\n".join(["\b", "Example:", *(f"  {line}" for line in lines)])


F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    NameType = click.ParamType[str]
else:
    NameType = click.ParamType  # generic in newer versions of click only


class FromRegistry(NameType):
    """One of a registry's names; the registry is only read when a value is checked or its help is shown."""

    name = "name"

    def __init__(self, what: str, names: Callable[[], Sequence[str]], *, is_listed: bool = True) -> None:
        self.what = what
        self.names = names
        self.is_listed = is_listed

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """The names as the help writes them, `[auto|cpu|cuda]`, or `NAME` where they are too many."""
        return f"[{'|'.join(self.names())}]" if self.is_listed else "NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value, if it is one of the names."""
        known = self.names()
        if value not in known:
            self.fail(f"no {self.what} '{value}'.{nearest(value, known)} Choose one of {', '.join(known)}.", param, ctx)
        return str(value)


def _methods() -> Sequence[str]:
    from onnxcam.cam import method_names

    return method_names()


def _providers() -> Sequence[str]:
    from onnxcam.runtime import PROVIDERS

    return PROVIDERS


def _colormaps() -> Sequence[str]:
    from onnxcam.imaging import colormap_names

    return colormap_names()


def _formats() -> Sequence[str]:
    from onnxcam.datasets import format_names

    return ("auto", *format_names())


def _switch_debug(_: click.Context, __: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        os.environ[DEBUG] = "1"


def folder_option(default: str) -> Callable[[F], F]:
    """`-o`: where to write; only the default differs between commands."""
    return click.option(
        "-o",
        "--output",
        "folder",
        metavar="DIR",
        type=click.Path(path_type=Path),
        default=default,
        show_default=True,
        help="Folder to write to; made when it does not exist.",
    )


model_argument = click.argument("model", type=click.Path(path_type=Path))
layer_option = click.option(
    "--layer",
    metavar="LAYER",
    multiple=True,
    callback=lambda _, __, given: given or None,
    help="Layer to explain: auto, last-conv, a node's or a value's name, or a number such as -2, which counts the "
    "layers that inspect lists from the end. Given several times, the maps are averaged.  [default: auto]",
)
output_name_option = click.option(
    "--output-name",
    metavar="NAME",
    help="Tensor that holds the scores.  [default: what stands before a trailing softmax or sigmoid]",
)
method_option = click.option(
    "--method",
    type=FromRegistry("method", _methods),
    default="grad-cam",
    show_default=True,
    help="How activation and gradient become a map; onnxcam methods lists what each does.",
)
provider_option = click.option(
    "--provider",
    type=FromRegistry("provider", _providers),
    default="auto",
    show_default=True,
    help="What runs the model. auto: CUDA where it can be had; cuda: CUDA or an error.",
)
head_option = click.option(
    "--head",
    metavar="NAME|FILE",
    help="Of a detector: the family of its head (yolov8, yolox, ssd, …), or its settings as JSON.  "
    "[default: told by its shape]",
)
preprocess_option = click.option(
    "--preprocess",
    metavar="NAME|FILE",
    help="How pictures become numbers: imagenet, tf, caffe, unit, raw, or a JSON file.  "
    "[default: what the model's file or those beside it say, else assumed, and said]",
)
other_inputs_option = click.option(
    "--input",
    "others",
    metavar="NAME=VALUE",
    multiple=True,
    help="Another of the model's inputs, the same for all: a file, or numbers with commas. May be given several times.",
)
labels_option = click.option(
    "--labels",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Class names: one a line, or JSON.  [default: those in the model's file or beside it]",
)
force_option = click.option("--force", is_flag=True, help="Overwrite existing files.")
colormap_option = click.option(
    "--colormap",
    type=FromRegistry("colour map", _colormaps, is_listed=False),
    default="jet",
    show_default=True,
    help="Colours of the map: jet, viridis, turbo, … (OpenCV's).",
)
alpha_option = click.option(
    "--alpha",
    metavar="NUMBER",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Share of the map in the overlay: 0 is the picture alone, 1 the map alone.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
debug_option = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_switch_debug,
    help=f"Show the traceback of an error (also: {DEBUG}=1).",
)
dataset_argument = click.argument("dataset", type=click.Path(path_type=Path))
dataset_format_option = click.option(
    "--dataset-format",
    type=FromRegistry("format", _formats),
    default="auto",
    show_default=True,
    help="What DATASET is.",
)
target_of_record_option = click.option(
    "--target",
    metavar="TARGET",
    default="predicted",
    show_default=True,
    help="What to explain: 'predicted' for each picture's own class, 'label' for the one that the data set says, a "
    "class's index or name, or what onnxcam targets lists with one map.",
)
batch_size_option = click.option(
    "--batch-size",
    metavar="N",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Pictures that go through the model at once; a model with a batch size of its own gets that.",
)
rows_option = click.option(
    "--rows",
    type=click.Choice(["parquet", "jsonl"]),
    default="parquet",
    show_default=True,
    help="What the rows are written as. Parquet takes pyarrow.",
)
fresh_option = click.option(
    "--force", "is_fresh", is_flag=True, help="Drop what an earlier run left in DIR, and start anew."
)
