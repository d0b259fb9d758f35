"""One text file of YOLO: an object a line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onnxcam.datasets.records import Label, Region
from onnxcam.datasets.texts import is_index, number, read_text
from onnxcam.datasets.yolo_names import Names
from onnxcam.errors import InputError

__all__ = ["Shape", "is_label_file", "read_shapes"]

SLACK = 0.01
"""How far outside of [0, 1] a number may be, by rounding."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An object relative to the picture's size: of a box, centre and size; of an outline, its points."""

    label: Label
    numbers: tuple[float, ...]

    def region(self, height: int, width: int) -> Region:
        """The object in an upright picture of this size, pixels; the box of an outline is the one around it."""
        if len(self.numbers) == 4:
            x, y, across, down = self.numbers
            edges = (x - across / 2, y - down / 2, x + across / 2, y + down / 2)
            return Region(self.label, (edges[0] * width, edges[1] * height, edges[2] * width, edges[3] * height))
        xs, ys = [x * width for x in self.numbers[0::2]], [y * height for y in self.numbers[1::2]]
        outline = tuple(edge for point in zip(xs, ys, strict=True) for edge in point)
        return Region(self.label, (min(xs), min(ys), max(xs), max(ys)), (outline,))


def is_label_file(file: Path) -> bool:
    """Whether the first line of a text file is one of YOLO's; not of an empty file."""
    try:
        first = next((line.split() for line in read_text(file).splitlines() if line.strip()), [])
    except InputError:
        return False
    return len(first) >= 5 and first[0].isdecimal() and None not in [number(field) for field in first]


def read_shapes(file: Path, names: Names) -> list[Shape]:
    """The objects in a file of labels.

    Raises:
        InputError: A line is malformed, or of a class that has no name where there are names.
    """
    lines = enumerate(read_text(file).splitlines(), 1)
    return [_shape(line.split(), names, file, n) for n, line in lines if line.strip()]


def _shape(fields: list[str], names: Names, file: Path, line: int) -> Shape:
    where = f"'{file}', line {line}"
    values = [number(field) for field in fields]
    numbers = tuple(value for value in values if value is not None)
    if len(numbers) != len(fields):
        raise InputError(f"{where}: '{fields[values.index(None)]}' is no number. Correct it.", path=file, line=line)
    index, coordinates = numbers[0], numbers[1:5] if names.is_pose else numbers[1:]
    if index < 0 or index != int(index) or not is_index(int(index)):
        raise InputError(f"{where}: the class '{fields[0]}' is no index. Correct it.", path=file, line=line)
    if len(coordinates) != 4 and (len(coordinates) < 6 or len(coordinates) % 2):
        raise InputError(
            f"{where}: {len(fields)} numbers, expected class, x, y, width, height, or class and x, y of three points "
            "or more. Correct it.",
            path=file,
            line=line,
        )
    outside = [value for value in coordinates if not -SLACK <= value <= 1 + SLACK]
    if outside or (len(coordinates) == 4 and min(coordinates[2:]) < 0):
        wrong = outside[0] if outside else min(coordinates[2:])
        raise InputError(
            f"{where}: {wrong:g} is not between 0 and 1; numbers are relative to the picture's size.",
            path=file,
            line=line,
        )
    if names.by_index and int(index) not in names.by_index:
        raise InputError(
            f"{where}: class {int(index)} has no name in '{names.file}', which has {len(names.by_index)}.",
            path=file,
            line=line,
        )
    return Shape(names.by_index.get(int(index), int(index)), coordinates)
