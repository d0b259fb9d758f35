"""Rows for `onnxcam/autodiff/rules/deformable.py`."""

import math

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values


def deform(
    name: str, form: str, x: tuple[int, ...], w: tuple[int, ...], out: tuple[int, int], *behind: str, groups: int = 1
) -> Case:
    """A deformable convolution; `behind` names what follows the offsets: a bias, a mask."""
    count = groups * math.prod(w[2:])
    # Whole steps, and into a cell but not near its edge: places lie within the image, on its border and beyond it.
    rng = np.random.default_rng(sum(map(ord, name)))
    shape = (x[0], 2 * count, *out)
    inputs: dict[str, Values] = {"x": x, "w": w, "o": rng.integers(-2, 2, shape) + rng.uniform(0.2, 0.8, shape)}
    inputs |= {"b": (w[0],)} if "b" in behind else {}
    inputs |= {"m": (x[0], count, *out)} if "m" in behind else {}
    body = f"y = DeformConv <offset_group = {groups}{form}> (x, w, o{''.join(f', {name}' for name in behind)})"
    # The reference evaluator samples in float32, too coarse for its differences.
    return Case(f"DeformConv-{name}", body, inputs, (19, 22, NEWEST), runtime="onnxruntime")


CASES = (
    deform("plain", "", (2, 3, 5, 4), (4, 3, 3, 2), (3, 3)),
    deform("mask", "", (2, 3, 5, 4), (4, 3, 3, 2), (3, 3), "", "m"),
    deform("bias", ", kernel_shape = [3, 2]", (1, 2, 5, 4), (4, 2, 3, 2), (3, 3), "b"),
    deform("pads", ", pads = [1, 0, 2, 1]", (1, 2, 5, 4), (4, 2, 3, 2), (6, 4), "b", "m"),
    deform("strides", ", strides = [2, 3], pads = [1, 1, 1, 1]", (1, 2, 6, 7), (4, 2, 3, 3), (3, 3), "b", "m"),
    deform("dilations", ", dilations = [2, 3]", (1, 2, 6, 7), (4, 2, 3, 2), (2, 4)),
    deform("groups", ", group = 2", (2, 4, 4, 5), (6, 2, 2, 3), (3, 3), "b", "m"),
    deform("offset-groups", "", (2, 4, 4, 5), (3, 4, 2, 3), (3, 3), "b", "m", groups=2),
    deform("both-groups", ", group = 2, strides = [1, 2]", (2, 8, 4, 5), (6, 4, 2, 3), (3, 2), "", "m", groups=4),
)
