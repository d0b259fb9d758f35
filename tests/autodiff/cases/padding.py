"""Rows for `onnxcam/autodiff/rules/padding.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


FLAT = "y = Reshape(r, f)"  # where the rank of r is unknown; a score tensor's must be known
X = (3, 4, 5)
BOTH = {"x": X, "p": ints(0, 1, 2, 0, 3, 1)}
SOME = {"x": X, "p": ints(1, 2, 0, 3), "c": np.array([0.5]), "a": ints(-1, 1)}
# The reference evaluator refuses negative pads; ONNX Runtime takes elements away, then repeats those that are left.
MIXED = {"x": X, "p": ints(0, -1, 2, -1, 2, -2)}

CASES = (
    Case("Pad-attribute", "y = Pad <pads = [0, 1, 2, 0, 3, 1]> (x)", {"x": X}, (7, 10)),
    Case("Pad-attribute-value", "y = Pad <pads = [0, 1, 2, 0, 3, 1], value = 2.0> (x)", {"x": X}, (7,)),
    Case("Pad-attribute-edge", 'y = Pad <pads = [0, 1, 2, 0, 3, 1], mode = "edge"> (x)', {"x": X}, (7,)),
    Case("Pad", "y = Pad(x, p)", BOTH, (11, 13, NEWEST), constant=("p",)),
    Case("Pad-value", "y = Pad(x, p, c)", BOTH | {"c": np.array([0.5])}, (11, 13, NEWEST), constant=("p",)),
    Case("Pad-axes", "y = Pad(x, p, c, a)", SOME, (18, NEWEST), constant=("p", "a")),
    Case("Pad-none", "y = Pad(x, p)", {"x": X, "p": ints(0, 0, 0, 0, 0, 0)}, (11,), constant=("p",)),
    Case("Pad-negative", "y = Pad(x, p)", MIXED, (11, 18), constant=("p",), runtime="onnxruntime"),
    Case("Pad-edge-negative", 'y = Pad <mode = "edge"> (x, p)', MIXED, (18,), constant=("p",), runtime="onnxruntime"),
    Case("Pad-edge", 'y = Pad <mode = "edge"> (x, p)', BOTH, (11, NEWEST), constant=("p",)),
    Case("Pad-reflect", 'y = Pad <mode = "reflect"> (x, p)', BOTH, (11, NEWEST), constant=("p",)),
    Case("Pad-wrap", 'y = Pad <mode = "wrap"> (x, p)', BOTH, (19, NEWEST), constant=("p",)),
    Case("Pad-wrap-axes", 'y = Pad <mode = "wrap"> (x, p, , a)', SOME, (19, NEWEST), constant=("p", "a", "c")),
    Case(
        "Pad-wrap-around",  # more than once
        'y = Pad <mode = "wrap"> (x, p)',
        {"x": (2, 3), "p": ints(0, 4, 0, 7)},
        (19,),
        constant=("p",),
    ),
    Case(
        "Pad-wrap-around-negative",
        'y = Pad <mode = "wrap"> (x, p)',
        {"x": (2, 4), "p": ints(0, 4, 0, -1)},
        (19,),
        constant=("p",),
        runtime="onnxruntime",
    ),
    Case(
        "Pad-wrap-around-negative-before",
        'y = Pad <mode = "wrap"> (x, p)',
        {"x": (2, 4), "p": ints(0, -1, 0, 5)},
        (19,),
        constant=("p",),
        runtime="onnxruntime",
    ),
    # The gradient pads by the negative of computed pads, which the reference evaluator refuses.
    Case("Pad-computed", "y = Pad(x, p, c)", BOTH | {"c": np.array([0.5])}, (11, 18), runtime="onnxruntime"),
    Case(
        "Pad-computed-axes",
        f"r = Pad(x, p, , a) {FLAT}",
        SOME | {"f": ints(-1)},
        (18,),
        constant=("f", "c"),
        runtime="onnxruntime",
    ),
    *(
        Case(f"Pad-{mode}-computed", f'y = Pad <mode = "{mode}"> (x, p)', BOTH, opsets)
        for mode, opsets in (("edge", (11, NEWEST)), ("reflect", (11, NEWEST)), ("wrap", (19, NEWEST)))
    ),
    *(
        Case(
            f"Pad-{mode}-computed-axes",
            f'r = Pad <mode = "{mode}"> (x, p, , a) {FLAT}',
            SOME | {"f": ints(-1)},
            opsets,
            constant=("f", "c"),
        )
        for mode, opsets in (("edge", (18,)), ("reflect", (18,)), ("wrap", (19,)))
    ),
    *(
        Case(f"Pad-{mode}-computed-negative", f'y = Pad <mode = "{mode}"> (x, p)', MIXED, (19,), runtime="onnxruntime")
        for mode in ("edge", "reflect", "wrap")
    ),
    Case(
        "Pad-wrap-computed-around",
        'y = Pad <mode = "wrap"> (x, p)',
        {"x": (2, 3), "p": ints(0, 4, 0, 7)},
        (19,),
    ),
    Case(
        "Pad-edge-computed-named",
        'y = Pad <mode = "edge"> (x, p, , a)',
        {"x": X, "p": ints(1, 2, 0, 3), "a": ints(-1, 1)},
        (18,),
        constant=("a",),
    ),
    Case(
        "CenterCropPad", "y = CenterCropPad(x, s)", {"x": (2, 4, 5), "s": ints(5, 3, 2)}, (18, NEWEST), constant=("s",)
    ),
    Case(
        "CenterCropPad-axes",
        f"r = CenterCropPad <axes = [-1, 0]> (x, s) {FLAT}",
        {"x": (2, 4, 5), "s": ints(2, 5), "f": ints(-1)},
        (18,),
        constant=("f",),
    ),
)
