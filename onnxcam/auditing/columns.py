"""What a row of an audit holds."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

__all__ = ["COLUMNS", "LAST_COLUMNS", "SEARCHED", "Kind", "Row", "class_of"]

Row = dict[str, Any]
"""Of one record: strings, numbers, booleans, None, and lists of strings and numbers; see `RowMaker`."""

Kind: TypeAlias = Literal["text", "whole", "number", "truth", "texts", "wholes", "numbers", "levels"]
"""What a column holds; levels are whole numbers from 0 to 255."""

COLUMNS: dict[str, Kind] = {
    "key": "text",
    "path": "text",
    "label": "text",
    "label_index": "whole",
    "predicted_index": "whole",
    "predicted": "text",
    "confidence": "number",
    "is_correct": "truth",
    "target": "text",
    "class_index": "whole",
    "class_name": "text",
    "score": "number",
    "probability": "number",
    "top5": "wholes",
    "top5_probability": "numbers",
    "peak_x": "number",
    "peak_y": "number",
    "is_empty": "truth",
    "regions": "whole",
}
SEARCHED: dict[str, Kind] = {
    "cluster": "whole",
    "loneliness": "number",
    "border-excess": "number",
    "corner-excess": "number",
}
"""Behind the metrics: what the maps of a whole data set say of one, filled in when all are there."""

LAST_COLUMNS: dict[str, Kind] = {**SEARCHED, "grid": "levels", "notes": "texts", "error": "text"}
"""Behind the metrics."""


def class_of(row: Row) -> str:
    """Whose row it is: the record's label, or, where it has none, what is predicted."""
    for name in ("label", "predicted", "predicted_index"):
        if row[name] is not None:
            return str(row[name])
    return "none"
