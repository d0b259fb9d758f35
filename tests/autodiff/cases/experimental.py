"""Rows for `onnxcam/autodiff/rules/experimental.py`."""

import numpy as np

from tests.autodiff.cases.case import Case, Values

X: dict[str, Values] = {"x": (2, 3, 4)}
IMAGE: dict[str, Values] = {"x": (2, 3, 5, 6)}


def row(name: str, node: str, inputs: dict[str, Values], constant: tuple[str, ...] = ()) -> Case:
    return Case(name, f"y = {node}", inputs, opsets=(7, 9), constant=constant, runtime="onnxruntime")


CASES = (
    row("Affine", "Affine <alpha = 0.5, beta = 0.3> (x)", X),
    row("Affine-defaults", "Affine(x)", X),
    row("Scale", "Scale <scale = 1.7> (x)", X),
    row("Scale-default", "Scale(x)", X),
    row("ParametricSoftplus", "ParametricSoftplus <alpha = 0.5, beta = 1.3> (x)", X),
    row("ScaledTanh", "ScaledTanh <alpha = 0.5, beta = 1.3> (x)", X),
    row("Crop", "Crop <border = [1, 0, 2, 1]> (x)", IMAGE),
    row("Crop-scale", "Crop <border = [1, 2, 0, 0], scale = [3, 2]> (x)", IMAGE),
    row("DynamicSlice", "DynamicSlice(x, s, e)", X | {"s": np.array([0, -2]), "e": np.array([1, 9])}, ("s", "e")),
    row(
        "DynamicSlice-axes",
        "DynamicSlice(x, s, e, a)",
        X | {n: np.array([v]) for n, v in (("s", 1), ("e", -1), ("a", 2))},
    ),
)
