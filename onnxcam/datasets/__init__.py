"""Data sets of an audit: a path in, records out, one after another.

    data = open_dataset("cells")            what lies there tells the format
    for record in data: …                   a picture's path, its label, where its objects are
    region.area(height, width)              `(H, W)`: which pixels are the object's

Nothing but what is needed at once is held: an annotation file may be, pictures never are.

Regions are of the upright picture, as `read_image` gives it. No format says whether its annotations are of the picture
as stored or as shown, where a camera's EXIF orientation makes a difference; they are taken to be of the one shown.
Where the annotation says how large its picture is, `Region.area` refuses a picture of another size, so that the
opposite case is seen and not mistaken for a model that looks elsewhere.
"""

from __future__ import annotations

import onnxcam.datasets.formats.class_folders
import onnxcam.datasets.formats.coco

# Importing a format's module registers the format. Of those told by folders alone, the first that fits counts.
import onnxcam.datasets.formats.manifest
import onnxcam.datasets.formats.pictures
import onnxcam.datasets.formats.voc
import onnxcam.datasets.formats.yolo  # noqa: F401
from onnxcam.datasets.records import DataSet, Record, Region
from onnxcam.datasets.registry import FormatCard, dataset_format, format_cards, format_names, open_dataset

__all__ = [
    "DataSet",
    "FormatCard",
    "Record",
    "Region",
    "dataset_format",
    "format_cards",
    "format_names",
    "open_dataset",
]
