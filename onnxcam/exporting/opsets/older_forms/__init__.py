"""Older forms of operators, one small function each.

A form's contract: it writes, in the dialect of the opset before its bound, what the node computes, exactly (it says so
where a sum's order differs); it reads the node in any dialect from its bound on, in which the node has its bound's
meaning; it raises `NoForm` where it cannot.
"""

from onnxcam.exporting.opsets.older_forms import (
    axes,
    comparisons,
    control,
    indexing,
    joining,
    limits,
    padding,
    reductions,
    resizing,
    scattering,
    selection,
    shaping,
    softmax,
    splitting,
    values,
)

__all__ = [
    "axes",
    "comparisons",
    "control",
    "indexing",
    "joining",
    "limits",
    "padding",
    "reductions",
    "resizing",
    "scattering",
    "selection",
    "shaping",
    "softmax",
    "splitting",
    "values",
]
