"""Rows for `onnxcam/autodiff/rules/reductions.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

ZEROS = np.array([[2.0, -1.5, 0.5, 3.0], [0.0, 1.5, -2.0, 0.7], [0.0, 1.1, 0.0, -0.6]])
AXES = np.array([-1, 0], dtype=np.int64)
# At a kink central differences see the mean of both sides: 0 at a minimum, even shares where two tie.
TIES = np.array([[1.0, 3.0, 3.0, 0.0], [2.0, -1.0, 0.5, -1.0], [0.0, 0.0, 2.0, 2.0]])
AT_ZERO = np.array([[1.0, 0.0, -2.0], [0.0, 0.0, 0.0]])
# The first dimension alone is symbolic in the dynamic test.
BATCH = {"x": (2, 12), "b": np.array([-1, 3, 4], dtype=np.int64)}
MIDDLE = np.array([1], dtype=np.int64)
FLAT = np.array([-1], dtype=np.int64)
NONE = np.array([], dtype=np.int64)


def forms(name: str, first: int, shift: float = 0.0, avoid: tuple[float, ...] = ()) -> tuple[Case, ...]:
    """Every way to say the axes; `first` is the opset from which they are an input."""
    old, new = (7, 11, first - 1), (first, NEWEST)
    x = (2, 3, 4)

    def case(form: str, attributes: str, axes: np.ndarray | None, opsets: tuple[int, ...], is_constant: bool) -> Case:
        body = f"y = {name} <{attributes}> (x{', axes' if axes is not None else ''})"
        inputs = {"x": x} if axes is None else {"x": x, "axes": axes}
        constant = ("axes",) if is_constant else ()
        if axes is not None and not is_constant:  # the output's rank is unknown; a score tensor's must not be
            body, inputs, constant = (
                body.replace("y =", "r =") + " y = Reshape(r, flat)",
                {**inputs, "flat": FLAT},
                ("flat",),
            )
        return Case(f"{name}-{form}", body, inputs, opsets, constant=constant, shift=shift, avoid=avoid)

    return (
        case("all", "keepdims = 1", None, (7, first, NEWEST), False),
        case("all-dropped", "keepdims = 0", None, (7, first, NEWEST), False),
        case("attribute", "axes = [2, 0]", None, old, False),
        case("attribute-dropped", "axes = [1], keepdims = 0", None, old, False),
        case("attribute-negative", "axes = [-1], keepdims = 0", None, (11, first - 1), False),
        case("input", "keepdims = 1", AXES, new, True),
        case("input-dropped", "keepdims = 0", AXES, new, True),
        case("computed", "keepdims = 1", AXES, new, False),
        case("computed-dropped", "keepdims = 0", MIDDLE, new, False),
        case("empty", "keepdims = 0", NONE, new, True),
        case("computed-empty", "keepdims = 0", NONE, new, False),
        case("noop", "noop_with_empty_axes = 1, keepdims = 0", None, new, False),
        case("noop-empty", "noop_with_empty_axes = 1", NONE, new, True),
        case("noop-computed", "noop_with_empty_axes = 1", NONE, new, False),
    )


CASES = (
    *forms("ReduceSum", 13),
    *forms("ReduceMean", 18),
    *forms("ReduceMax", 18),
    *forms("ReduceMin", 18),
    *forms("ReduceL1", 18, avoid=(0.0,)),
    *forms("ReduceL2", 18, shift=0.5, avoid=(0.0,)),
    *forms("ReduceSumSquare", 18),
    *forms("ReduceLogSum", 18, shift=5.0),
    *forms("ReduceLogSumExp", 18),
    *forms("ReduceProd", 18, avoid=(0.0,)),
    Case("ReduceMax-ties", "y = ReduceMax <axes = [1], keepdims = 0> (x)", {"x": TIES}, (13,)),
    Case("ReduceMin-ties", "y = ReduceMin <axes = [1], keepdims = 0> (x)", {"x": TIES}, (13,)),
    Case("ReduceL1-zero", "y = ReduceL1 <axes = [1]> (x)", {"x": AT_ZERO}, (13,)),
    Case("ReduceL2-zero", "y = ReduceL2 <axes = [1]> (x)", {"x": AT_ZERO}, (13,)),
    Case("ReduceProd-zeros", "y = ReduceProd <axes = [1]> (x)", {"x": ZEROS}, (13,)),
    Case("ReduceProd-zeros-all", "y = ReduceProd (x)", {"x": ZEROS[:2]}, (13,)),
    Case("ReduceSum-ones", "y = ReduceSum <axes = [0], keepdims = 0> (x)", {"x": (1, 3)}, (7,)),
    Case("ReduceMean-ones", "y = ReduceMean <axes = [0], keepdims = 0> (x)", {"x": (1, 3)}, (7,)),
    Case("ReduceMean-batch", "r = Reshape(x, b) y = ReduceMean <axes = [2]> (r)", BATCH, (7,), constant=("b",)),
    Case("ReduceSum-batch", "r = Reshape(x, b) y = ReduceSum <axes = [1]> (r)", BATCH, (7,), constant=("b",)),
    Case("ReduceMean-large", "y = ReduceMean <axes = [1], keepdims = 0> (x)", {"x": (2, 1100)}, (13,)),
)
