"""Rows for `onnxcam/autodiff/rules/scattering.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values


def ints(*values: object) -> np.ndarray:
    return np.array(values, dtype=np.int64)


ELEMENTS: dict[str, Values] = {"d": (3, 4), "i": ints((0, 2, 1, 0), (1, 0, -1, 1)), "u": (2, 4)}
ALONG_ROWS: dict[str, Values] = {"d": (2, 5), "i": ints((1, 4), (-2, 0)), "u": (2, 2)}
REPEATED: dict[str, Values] = {"d": (3, 4), "i": ints((0, 2, 1, 0), (0, 0, -1, 1)), "u": (2, 4)}
# Updates at one place: none, one or all of them 0.
ZEROS = {
    "ScatterElements": np.array([[0.0, 0.5, 0.0, 1.5], [2.0, 0.0, 0.0, -1.0]]),
    "ScatterND": np.array([[0.0, 0.0, 1.5], [0.0, 2.0, 0.5], [-1.0, 0.0, 0.7]]),
}
SLICES: dict[str, Values] = {"d": (4, 3), "i": ints((2,), (-4,)), "u": (2, 3)}
TUPLES: dict[str, Values] = {"d": (4, 3), "i": ints((2, 0), (3, -1)), "u": (2,)}
# Central differences see even shares where two tie: an update with the data, two updates.
TIES: dict[str, Values] = {
    "d": np.array([[1.0, 5.0, 0.0], [2.0, 0.5, -1.0]]),
    "i": ints((0, 1, 0), (1, 1, 1)),
    "u": np.array([[1.0, 3.0, 4.0], [1.5, 3.0, -1.0]]),
}
SLICES_TIED: dict[str, Values] = {
    "d": np.array([[1.0, 5.0, 0.0], [2.0, 0.5, -1.0]]),
    "i": ints((0,), (1,), (0,)),
    "u": np.array([[1.0, 3.0, 4.0], [2.5, 0.5, -2.0], [-2.0, 3.0, 4.0]]),
}
SLICES_TWICE: dict[str, Values] = {"d": (4, 3), "i": ints((2,), (0,), (2,)), "u": (3, 3)}

CACHE: dict[str, Values] = {"c": (2, 3, 5, 4), "u": (2, 3, 2, 4)}
CACHE_1: dict[str, Values] = {"c": (2, 5, 3), "u": (2, 3, 3), "i": np.array([2, 0])}
CACHE_LAST: dict[str, Values] = {"c": (2, 3, 5), "u": (2, 3, 5), "i": np.array([0, 0])}


def reduced(op_type: str, attributes: str, inputs: dict[str, Values]) -> tuple[Case, ...]:
    """Every reduction; for max and min, differences see no ties."""
    zeros = {**inputs, "u": ZEROS[op_type]}

    def case(form: str, reduction: str, opsets: tuple[int, ...], given: dict[str, Values] = inputs) -> Case:
        return Case(
            f"{op_type}-{form}", f'y = {op_type} <{attributes}reduction = "{reduction}"> (d, i, u)', given, opsets
        )

    return (
        case("add", "add", (16, 18, NEWEST)),
        case("mul", "mul", (16, 18, NEWEST)),
        case("mul-zeros", "mul", (16,), zeros),
        case("max", "max", (18, NEWEST)),
        case("min", "min", (18, NEWEST)),
    )


CASES = (
    # The reference evaluator has no Scatter.
    Case("Scatter", "y = Scatter(d, i, u)", ELEMENTS, (9, 10), runtime="onnxruntime"),
    Case("Scatter-axis", "y = Scatter <axis = 1> (d, i, u)", ALONG_ROWS, (9,), constant=("i",), runtime="onnxruntime"),
    Case("ScatterElements", "y = ScatterElements(d, i, u)", ELEMENTS, (11, 13, NEWEST)),
    Case("ScatterElements-axis", "y = ScatterElements <axis = -1> (d, i, u)", ALONG_ROWS, (11,), constant=("i",)),
    *reduced("ScatterElements", "axis = 0, ", REPEATED),
    Case("ScatterElements-max-ties", 'y = ScatterElements <reduction = "max"> (d, i, u)', TIES, (18,)),
    Case("ScatterElements-min-ties", 'y = ScatterElements <reduction = "min"> (d, i, u)', TIES, (18,)),
    Case("ScatterND", "y = ScatterND(d, i, u)", SLICES, (11, 13, NEWEST)),
    Case("ScatterND-tuples", "y = ScatterND(d, i, u)", TUPLES, (11,), constant=("i",)),
    *reduced("ScatterND", "", SLICES_TWICE),
    Case("ScatterND-max-ties", 'y = ScatterND <reduction = "max"> (d, i, u)', SLICES_TIED, (18,)),
    Case("ScatterND-min-ties", 'y = ScatterND <reduction = "min"> (d, i, u)', SLICES_TIED, (18,)),
    Case("TensorScatter", "y = TensorScatter(c, u, i)", CACHE | {"i": np.array([1, 3])}, (24, NEWEST)),
    Case("TensorScatter-start", "y = TensorScatter(c, u)", CACHE, (24,)),
    *(
        Case(f"TensorScatter-{mode}", f'y = TensorScatter <mode = "{mode}", axis = 1> (c, u, i)', given, (24, NEWEST))
        for mode, given in (("linear", CACHE_1), ("circular", CACHE_1 | {"i": np.array([4, -1])}))
    ),
    Case("TensorScatter-last", "y = TensorScatter <axis = -1> (c, u, i)", CACHE_LAST, (24,), constant=("i",)),
)
