"""Rows for `onnxcam/autodiff/rules/shaping.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


FLAT = "y = Reshape(r, s)"  # where the rank of r is unknown; a score tensor's must be known
BATCH = "r = Reshape(x, b)"  # of r, the first dimension alone is symbolic in the dynamic test
X = (2, 3, 4)

CASES = (
    Case("Reshape", "y = Reshape(x, s)", {"x": X, "s": ints(4, 6)}, (7, 13, NEWEST), constant=("s",)),
    Case("Reshape-zero-infer", "y = Reshape(x, s)", {"x": X, "s": ints(0, -1)}, (7, NEWEST), constant=("s",)),
    Case("Reshape-scalar", "y = Reshape(x, s)", {"x": (1, 1), "s": ints()}, (13,), constant=("s",), is_dynamic=False),
    Case("Reshape-computed", "y = Reshape(x, s)", {"x": X, "s": ints(0, -1, 2)}, (7, 13), is_dynamic=False),
    Case("Reshape-allowzero", "y = Reshape <allowzero = 1> (x, s)", {"x": X, "s": ints(6, 4)}, (14,), constant=("s",)),
    Case(
        "Reshape-batch",
        f"{BATCH} y = Reshape(r, s)",
        {"x": (2, 12), "b": ints(-1, 3, 4), "s": ints(0, 4, 3)},
        (7,),
        constant=("b", "s"),
    ),
    Case("Flatten", "y = Flatten(x)", {"x": X}, (7, 9, 11, NEWEST)),
    Case("Flatten-axis", "y = Flatten <axis = 2> (x)", {"x": X}, (7, NEWEST)),
    Case("Flatten-axis-0", "y = Flatten <axis = 0> (x)", {"x": X}, (7, NEWEST)),
    Case("Flatten-axis-negative", "y = Flatten <axis = -1> (x)", {"x": X}, (11, NEWEST)),
    Case("Squeeze-attribute", "y = Squeeze <axes = [0, 2]> (x)", {"x": (1, 3, 1)}, (7, 11)),
    Case("Squeeze-attribute-negative", "y = Squeeze <axes = [-1]> (x)", {"x": (1, 3, 1)}, (11,)),
    Case("Squeeze-input", "y = Squeeze(x, a)", {"x": (1, 3, 1), "a": ints(-1, 0)}, constant=("a",)),
    Case(
        "Squeeze-computed", f"r = Squeeze(x, a) {FLAT}", {"x": (1, 3, 1), "a": ints(-1), "s": ints(-1)}, constant=("s",)
    ),
    Case("Squeeze-all", "y = Squeeze(x)", {"x": (1, 3, 1)}, (7, 13, NEWEST), is_dynamic=False),
    Case("Unsqueeze-attribute", "y = Unsqueeze <axes = [0, 2]> (x)", {"x": (3, 4)}, (7, 11)),
    Case("Unsqueeze-attribute-negative", "y = Unsqueeze <axes = [-1, 0]> (x)", {"x": (3, 4)}, (11,)),
    Case("Unsqueeze-input", "y = Unsqueeze(x, a)", {"x": (3, 4), "a": ints(-1, 1)}, constant=("a",)),
    Case(
        "Unsqueeze-computed", f"r = Unsqueeze(x, a) {FLAT}", {"x": (3, 4), "a": ints(1), "s": ints(-1)}, constant=("s",)
    ),
    Case("Transpose", "y = Transpose(x)", {"x": X}, (7, NEWEST)),
    Case("Transpose-perm", "y = Transpose <perm = [1, 2, 0]> (x)", {"x": X}, (7, NEWEST)),
    Case("Expand", "y = Expand(x, s)", {"x": (3, 1), "s": ints(2, 1, 4)}, (8, NEWEST), constant=("s",)),
    Case("Expand-smaller", "y = Expand(x, s)", {"x": (2, 1, 4), "s": ints(3, 1)}, (8, NEWEST), constant=("s",)),
    Case("Expand-computed", "y = Expand(x, s)", {"x": (3, 1), "s": ints(2, 1, 4)}, (8, 13), is_dynamic=False),
    Case("Tile", "y = Tile(x, r)", {"x": X, "r": ints(2, 1, 3)}, (7, NEWEST), constant=("r",)),
    Case(
        "Tile-batch",
        f"{BATCH} y = Tile(r, t)",
        {"x": (2, 12), "b": ints(-1, 3, 4), "t": ints(2, 1, 3)},
        (7,),
        constant=("b", "t"),
    ),
    Case("Tile-once", "y = Tile(x, r)", {"x": X, "r": ints(1, 1, 1)}, (7,), constant=("r",)),
    Case("Tile-computed", "y = Tile(x, r)", {"x": (2, 3, 2, 1), "r": ints(2, 1, 3, 2)}, (7, 13)),
    Case("SpaceToDepth", "y = SpaceToDepth <blocksize = 2> (x)", {"x": (2, 3, 4, 6)}, (7, 13, NEWEST)),
    Case("SpaceToDepth-crd", 'y = SpaceToDepth <blocksize = 2, mode = "CRD"> (x)', {"x": (2, 3, 4, 6)}, (28,)),
    Case("DepthToSpace", "y = DepthToSpace <blocksize = 2> (x)", {"x": (2, 12, 2, 3)}, (7, 13, NEWEST)),
    Case("DepthToSpace-dcr", 'y = DepthToSpace <blocksize = 2, mode = "DCR"> (x)', {"x": (1, 8, 2, 3)}, (11,)),
    Case("DepthToSpace-crd", 'y = DepthToSpace <blocksize = 3, mode = "CRD"> (x)', {"x": (2, 18, 2, 3)}, (11, NEWEST)),
    Case(
        "DepthToSpace-crd-batch",
        f'{BATCH} y = DepthToSpace <blocksize = 2, mode = "CRD"> (r)',
        {"x": (2, 48), "b": ints(-1, 8, 2, 3)},
        (11,),
        constant=("b",),
    ),
)
