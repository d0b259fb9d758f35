"""Rows for `onnxcam/autodiff/rules/regions.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

X = (2, 3, 6, 5)
# Within the image, over its border, smaller than one element, far outside; none with a sample near the edge of a cell.
ROIS = np.array([[0.13, 0.21, 5.9, 6.3], [1.34, 2.27, 3.91, 6.18], [-3.1, -2.2, 2.23, 9.71], [2.11, 2.02, 2.33, 2.12]])
ROIS_10 = np.array([[0.5, 0.5, 8.2, 5.5]])
IMAGES = np.array([0, 1, 1, 0], dtype=np.int64)
HALF, OUTPUT_HALF = (f'coordinate_transformation_mode = "{prefix}half_pixel"' for prefix in ("", "output_"))
# Two equal maxima in one row of bins, none in the same bin.
PEAKS = np.random.default_rng(0).permutation(np.arange(1.0, 181.0)).reshape(X)
PEAKS[:, :, 1, 1] = PEAKS[:, :, 1, 4] = 200.0


def align(
    name: str, form: str, opsets: tuple[int, ...] = (16, 22, NEWEST), rois: np.ndarray = ROIS, **more: object
) -> Case:
    body = f"y = RoiAlign <output_height = 2, output_width = 3, spatial_scale = 0.7, {form}> (x, r, b)"
    return Case(f"RoiAlign-{name}", body, {"x": X, "r": rois, "b": IMAGES[: len(rois)]}, opsets, **more)


def pool(name: str, form: str, rois: np.ndarray = ROIS, x: Values = X) -> Case:
    rois = np.concatenate([IMAGES[: len(rois), None], rois], axis=1)
    # The reference evaluator has no MaxRoiPool, and ONNX Runtime none of opset 22.
    body = f"y = MaxRoiPool <pooled_shape = [2, 3], {form}> (x, r)"
    return Case(f"MaxRoiPool-{name}", body, {"x": x, "r": rois}, (7, 21), constant=("r",), runtime="onnxruntime")


CASES = (
    *(
        align(f"{mode}-{ratio or 'adaptive'}-{name}", f'mode = "{mode}", sampling_ratio = {ratio}, {transformation}')
        for mode in ("avg", "max")
        for ratio in (0, 2)
        for name, transformation in (("half", HALF), ("output-half", OUTPUT_HALF))
    ),
    # At opset 10 the reference evaluator shifts by half a pixel, which came with opset 16.
    align("10", 'mode = "avg"', (10,), ROIS_10, runtime="onnxruntime"),
    align("max-10", 'mode = "max"', (10,), ROIS_10, runtime="onnxruntime", step=1e-3),
    *(align(f"{mode}-none", f'mode = "{mode}"', (16,), ROIS[:0], runtime="onnxruntime") for mode in ("avg", "max")),
    align("malformed", f'mode = "avg", {HALF}', rois=np.array([[5.0, 1.3, 2.0, 4.9], [1.1, 1.3, 4.9, 5.2]])),
    pool("plain", "spatial_scale = 1.0"),
    pool("scaled", "spatial_scale = 0.7"),
    pool("peaks", "spatial_scale = 1.0", np.array([[0.0, 0.0, 4.0, 5.0]]), PEAKS),
    pool("negative", "spatial_scale = 1.0", x=-PEAKS),
    pool("none", "spatial_scale = 0.7", ROIS[:0]),
)
