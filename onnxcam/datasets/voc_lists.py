"""The lists of Pascal VOC: ImageSets/Main/val.txt, a picture's name without an ending on each line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from onnxcam.datasets.listed import unique
from onnxcam.datasets.places import name_below
from onnxcam.datasets.texts import read_text
from onnxcam.errors import InputError

__all__ = ["NameList", "read_name_list"]

FOLDER = "ImageSets"
FLAGS = {"1": True, "0": True, "-1": False}
"""Whether a picture has an object of the list's class; 0 is one that is difficult to see."""


@dataclasses.dataclass(frozen=True, slots=True)
class NameList:
    """A list below ImageSets.

    Attributes:
        root: The folder of the data set.
        names: Pictures without an ending, in the list's order.
        without: How many more are listed as without an object of the list's class.
    """

    root: Path
    names: tuple[str, ...]
    without: int


def read_name_list(file: Path) -> NameList | None:
    """The list in a text file `ImageSets/…/*.txt`; None for a file that lies elsewhere.

    A line is a name, or a name and whether the picture has an object of the list's class: 1, 0 (difficult to see) or
    -1 (none), as in `cat_val.txt`. Those that have none are left out.

    Raises:
        InputError: A line is neither, or a name leads out of the folder or stands twice.
    """
    path = file.absolute()
    above = [folder for folder in path.parents if folder.name == FOLDER]
    if path.suffix.lower() != ".txt" or not above:
        return None
    names, places, without = [], [], 0
    for number, line in enumerate(read_text(file).splitlines(), 1):
        where = f"'{file}', line {number}"
        parts = line.split()
        if not parts:
            continue
        if len(parts) > 2 or (len(parts) == 2 and parts[1] not in FLAGS):
            raise InputError(
                f"{where}: '{line.strip()}' is neither a name nor a name with 1, 0 or -1. Name a list of pictures, as "
                "in ImageSets/Main.",
                path=file,
                line=number,
            )
        name = name_below(parts[0], where)
        places.append((name, where))
        if len(parts) == 1 or FLAGS[parts[1]]:
            names.append(name)
        else:
            without += 1
    unique(places)
    return NameList(above[0].parent, tuple(names), without)
