"""Rows for `onnxcam/autodiff/rules/microsoft/runtime_sampling.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

IMAGE: dict[str, Values] = {"x": (2, 3, 4, 5)}
GRID = np.random.default_rng(0).uniform(-0.9, 0.9, (2, 2, 3, 2)).round(2) + 0.013
REGIONS = {
    "r": np.array([[0.11, 0.23, 0.87, 0.71], [0.03, 0.07, 0.93, 0.97], [-0.21, 0.31, 0.52, 1.17]]),
    "i": np.array([0, 1, 1], dtype=np.int32),
}


def sample(name: str, attributes: str, constant: tuple[str, ...] = ()) -> Case:
    body = f"y = com.microsoft.GridSample <{attributes}> (x, g)"
    kind, inputs = f"com.microsoft.GridSample{name}", IMAGE | {"g": GRID}
    return Case(kind, body, inputs, opsets=(7, NEWEST), constant=constant, runtime="onnxruntime", step=1e-3)


def crop(
    name: str,
    attributes: str,
    size: tuple[int, int],
    constant: tuple[str, ...] = ("c",),
    image: tuple[int, ...] = (2, 3, 4, 5),
) -> Case:
    given = f" <{attributes}> " if attributes else ""
    return Case(
        f"com.microsoft.CropAndResize{name}",
        f"y = com.microsoft.CropAndResize{given}(x, r, i, c)",
        {"x": image, **REGIONS, "c": np.array(size, dtype=np.int32)},
        opsets=(7, NEWEST),
        constant=constant,
        runtime="onnxruntime",
        step=1e-3,
    )


CASES = (
    sample("", "align_corners = 1"),
    sample("-bicubic", 'mode = "bicubic", padding_mode = "border"'),
    sample("-nearest", 'mode = "nearest", padding_mode = "reflection"', constant=("g",)),
    crop("", "", (3, 2)),
    crop("-one", "extrapolation_value = 0.7", (1, 1)),
    crop("-computed", "extrapolation_value = 0.7", (4, 3), constant=()),
    crop("-nearest", 'mode = "nearest", extrapolation_value = 0.7', (4, 3), constant=("r", "c")),
    crop("-nearest-small", 'mode = "nearest"', (4, 3), constant=("r", "c"), image=(2, 3, 2, 1)),
)
