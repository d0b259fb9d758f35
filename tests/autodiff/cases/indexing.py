"""Rows for `onnxcam/autodiff/rules/indexing.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case


def ints(*values: object) -> np.ndarray:
    return np.array(values, dtype=np.int64)


# The first dimension alone is symbolic in the dynamic test.
BATCH = "r = Reshape(x, b) y = Gather <axis = 1> (r, i)"
X = (3, 4, 5)
FLAT = "y = Reshape(r, f)"  # where the rank of r is unknown; a score tensor's must be known


def picked(form: str, axis: int, indices: np.ndarray) -> tuple[Case, ...]:
    """A Gather with constant indices and with computed ones."""
    body, inputs = f"y = Gather <axis = {axis}> (x, i)", {"x": X, "i": indices}
    return (
        Case(f"Gather-{form}", body, inputs, (11, 13), constant=("i",)),
        Case(f"Gather-{form}-computed", body, inputs, (11, 13)),
    )


def compressed(form: str, attributes: str, shape: tuple[int, ...], condition: list[bool]) -> tuple[Case, ...]:
    """A Compress with a constant condition and with a computed one."""
    body = f"r = Compress {attributes} (x, c) {FLAT}"
    inputs = {"x": shape, "c": np.array(condition), "f": ints(-1)}
    opsets = (11, NEWEST) if "-" in attributes else (9, 11, NEWEST)
    return (
        Case(f"Compress{form}", body, inputs, opsets, constant=("c", "f")),
        Case(f"Compress{form}-computed", body, inputs, opsets, constant=("f",)),
    )


CASES = (
    Case("Gather", "y = Gather(x, i)", {"x": X, "i": ints(2, 0, 2)}, (7, 11, NEWEST)),
    Case("Gather-first", "y = Gather <axis = 1> (x, i)", {"x": X, "i": np.array(0)}, (7, NEWEST), constant=("i",)),
    Case("Gather-scalar", "y = Gather <axis = 2> (x, i)", {"x": X, "i": np.array(-2)}, (11,), constant=("i",)),
    *picked("int32", 0, np.array([1, 1, 0], dtype=np.int32)),
    *picked("run", -2, ints(1, 2)),
    *picked("run-back", 2, ints(-2, -1)),
    *picked("run-around", 1, ints(-1, 0)),
    *picked("distinct", 1, ints(2, 0, -1)),
    *picked("permuted", 2, ints(2, 0, 1, 4, 3)),
    *picked("twice", -1, ints(1, 1, -1)),
    *picked("matrix", 1, ints((0, 2), (-1, 1))),
    *picked("matrix-run", 1, ints((0,), (1,))),
    *picked("matrix-twice", 1, ints((0, 2), (2, 1))),
    Case(
        "Gather-batch",
        BATCH,
        {"x": (2, 12), "b": ints(-1, 3, 4), "i": ints((2, 0), (-2, 2))},
        (11,),
        constant=("b", "i"),
    ),
    Case(
        "Gather-batch-distinct",
        BATCH,
        {"x": (2, 12), "b": ints(-1, 3, 4), "i": ints((2,), (0,))},
        (11,),
        constant=("b", "i"),
    ),
    Case(
        "GatherElements",
        "y = GatherElements <axis = 1> (x, i)",
        {"x": (2, 3), "i": ints((0, 0), (2, -1))},
        (11, NEWEST),
    ),
    Case("GatherElements-0", "y = GatherElements(x, i)", {"x": (2, 3), "i": ints((0, 1, 1))}, (11,)),
    # The reference evaluator refuses negative axes.
    Case(
        "GatherElements-negative",
        "y = GatherElements <axis = -1> (x, i)",
        {"x": (2, 3), "i": ints((0, 0), (2, -1))},
        (13,),
        constant=("i",),
        runtime="onnxruntime",
    ),
    Case(
        "GatherND",
        "y = GatherND(x, i)",
        {"x": X, "i": ints((0, 1), (-1, 2), (0, 1))},
        (11, 13, NEWEST),
        constant=("i",),
    ),
    Case(
        "GatherND-elements",
        "y = GatherND(x, i)",
        {"x": (2, 3), "i": ints(((0, 1),), ((1, 2),))},
        (11,),
        constant=("i",),
    ),
    Case(
        "GatherND-computed",
        f"r = GatherND(x, i) {FLAT}",
        {"x": X, "i": ints((0, 1), (-1, 2)), "f": ints(-1)},
        (11, 13),
        constant=("f",),
    ),
    Case(
        "GatherND-batch",
        "y = GatherND <batch_dims = 1> (x, i)",
        {"x": X, "i": ints((0,), (2,), (-1,))},
        (12, NEWEST),
        constant=("i",),
    ),
    Case(
        "GatherND-batches",
        f"r = GatherND <batch_dims = 2> (x, i) {FLAT}",
        {"x": (2, 2, 4, 3), "i": ints([((0,), (2,)), ((-1,), (-1,))], [((1,), (2,)), ((3,), (0,))]), "f": ints(-1)},
        (12,),
        constant=("f",),
    ),
    Case("TopK-attribute", "y, i = TopK <k = 2> (x)", {"x": X}, (7,)),
    Case("TopK-attribute-axis", "y, i = TopK <k = 2, axis = 1> (x)", {"x": X}, (7,)),
    Case("TopK", "y, i = TopK <axis = 1> (x, k)", {"x": X, "k": ints(3)}, (10, 11, NEWEST), constant=("k",)),
    Case(
        "TopK-smallest", "y, i = TopK <largest = 0, sorted = 1, axis = -2> (x, k)", {"x": X, "k": ints(2)}, (11, NEWEST)
    ),
    *compressed("", "<axis = 1>", X, [True, False, True]),
    *compressed("-0", "<axis = 0>", X, [False, True, True]),
    *compressed("-negative", "<axis = -1>", X, [False, True]),
    *compressed("-flat", "", (2, 3), [False, True, True, False, True]),
    Case("Unique", "y = Unique(x)", {"x": (2, 3)}, (11, 28, NEWEST)),
    Case("Unique-indices", "y, i = Unique(x)", {"x": (2, 3)}, (11, NEWEST)),
    Case("Unique-inverse", "u, , j = Unique(x) v = Exp(u) y = Gather(v, j)", {"x": (2, 3)}, (11,)),
    Case("Unique-axis", "y, i, j, c = Unique <axis = 0> (x)", {"x": X}, (11, NEWEST)),
    Case("Unique-negative", "y = Unique <axis = -1> (x)", {"x": X}, (11,)),
    Case("Unique-unsorted-axis", "y, i = Unique <axis = 0, sorted = 0> (x)", {"x": X}, (11,)),
    # Unsorted, the reference evaluator sorts where it puts out values alone, takes rows for elements without an axis,
    # and rows along any axis.
    Case("Unique-unsorted", "y = Unique <sorted = 0> (x)", {"x": (2, 3)}, (11,), runtime="onnxruntime"),
    Case("Unique-unsorted-columns", "y = Unique <axis = 1, sorted = 0> (x)", {"x": X}, (11,), runtime="onnxruntime"),
    Case("ReverseSequence", "y = ReverseSequence(x, n)", {"x": X, "n": ints(3, 2, 1, 2)}, (10, NEWEST)),
    Case(
        "ReverseSequence-axes",
        "y = ReverseSequence <batch_axis = 0, time_axis = 1> (x, n)",
        {"x": X, "n": ints(3, 1, 4)},
        (10,),
        constant=("n",),
    ),
)
