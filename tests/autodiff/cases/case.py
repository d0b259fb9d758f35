"""One row of the table of rule cases."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx.defs import onnx_opset_version

NEWEST = onnx_opset_version()

Values = NDArray[Any] | tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Case:
    """An operator in a form, to be differentiated at each float input.

    Attributes:
        id: The operator, its domain before it unless it is the standard's, then what is special: `Conv-strides`,
            `com.microsoft.FusedConv-strides`.
        body: The node in ONNX text: `y = Conv <strides = [2, 2]> (x, w)`. Outputs y, y1, …; any inputs. `REAL` stands
            for the type in which it is tried, `ELEMENT` for that type's number.
        inputs: For each input either a shape (standard normal numbers, away from `avoid`) or the values; float values
            are differentiated for, others (and names in `constant`) are not.
        opsets: Opsets to try: the lowest and the newest of this meaning.
        outputs: Float outputs to weight; y by default.
        constant: Inputs that are initializers in the model instead of inputs.
        scale: Factor on the normal numbers.
        shift: Added to them, for operators that need positive numbers.
        avoid: Kinks; numbers closer than 0.05 are moved away.
        runtime: Which evaluator runs the models: `reference` (float64); where that is wrong or lacks a form, `double`
            (ONNX Runtime in float64) or `onnxruntime` (in float32, looser). Say why in a comment.
        step: Half the distance of a difference, where the usual one is too small; the tolerance grows to 1e-3.
        is_dynamic: Whether the case also holds with every dimension symbolic.
        meaning: What the body computes, in standard operators and ONNX text, where no runtime here runs the body.
    """

    id: str
    body: str
    inputs: dict[str, Values]
    opsets: tuple[int, ...] = (13, NEWEST)
    outputs: tuple[str, ...] = ("y",)
    constant: tuple[str, ...] = ()
    scale: float = 1.0
    shift: float = 0.0
    avoid: tuple[float, ...] = ()
    runtime: str = "reference"
    step: float | None = None
    is_dynamic: bool = True
    meaning: str = ""

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """The type in which differences are taken."""
        return np.float32 if self.runtime == "onnxruntime" else np.float64

    @property
    def op_type(self) -> str:
        """The operator that the row is about."""
        return self.id.split("-")[0].rpartition(".")[2]

    @property
    def domain(self) -> str:
        """The operator's domain."""
        return self.id.split("-")[0].rpartition(".")[0]

    def arrays(self, dtype: type[np.floating[Any]]) -> dict[str, NDArray[Any]]:
        """The inputs as arrays, floats in `dtype`; the same numbers at every call."""
        rng = np.random.default_rng(sum(map(ord, self.id)))
        found = {}
        for name, given in self.inputs.items():
            array = self._draw(rng, given) if isinstance(given, tuple) else given
            found[name] = array.astype(dtype) if array.dtype.kind == "f" else array
        return found

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        array = rng.standard_normal(shape) * self.scale + self.shift
        for kink in self.avoid:
            near = np.abs(array - kink) < 0.05
            array = np.where(near, kink + np.where(array >= kink, 0.1, -0.1), array)
        return np.asarray(array, dtype=np.float64)


COPIES = 20000
IRRATIONAL = ((np.sqrt(5) - 1) / 2, np.sqrt(2) - 1)
"""Their multiples fill the unit interval evenly, and in pairs the unit square."""


def averaged(
    name: str,
    body: str,
    moved: dict[str, NDArray[Any]],
    opsets: tuple[int, ...],
    width: float | NDArray[Any],
    step: float,
    constant: dict[str, NDArray[Any]],
    *,
    copies: int = COPIES,
    holds: tuple[str, ...] = (),
    runtime: str = "reference",
    meaning: str = "",
    **fed: NDArray[Any],
) -> Case:
    """A row of an operator that rounds: the mean y of e, which the body makes of many copies of inputs, moved a little.

    With as many copies of x, called dx, each step of quantisation becomes as many times finer, so that differences see
    the slope that the steps have on average. They are moved by up to `width`. Inputs in `holds` are moved, but not
    differentiated for.
    """
    multiples = np.arange(1, copies + 1)
    given = dict(constant)
    for (key, array), number in zip(moved.items(), IRRATIONAL, strict=False):
        given[f"{key}_offsets"] = (multiples * number % 1).reshape(-1, *(1,) * array.ndim) * width
    made = "   ".join(f"d{key} = Add({key}, {key}_offsets)" for key in moved)
    mean = "ReduceMean <axes = [0], keepdims = 0> (e)"
    if min(opsets) >= 18:
        mean, given["first"] = "ReduceMean <keepdims = 0> (e, first)", np.array([0])
    inputs = {**moved, **fed, **given}
    held = (*given, *holds)
    text = f"{made}   {body}   y = {mean}"
    return Case(name, text, inputs, opsets, constant=held, runtime=runtime, step=step, meaning=meaning)


SIXTEENTHS = {
    "sa": np.array(1 / 16),
    "za": np.array(120, np.uint8),
    "sb": np.array(1 / 16),
    "zb": np.array(-9, np.int8),
}
"""Scales and zero points of the inputs of quantised operators in the rows below, unless a row has others."""


def quantised(
    name: str,
    node: str,
    moved: dict[str, NDArray[Any]],
    *,
    to: tuple[float, Any] | None = None,
    opsets: tuple[int, ...] = (17,),
    width: float | NDArray[Any] = 1 / 16,
    step: float = 0.1,
    meaning: str = "",
    copies: int = COPIES,
    fed: dict[str, NDArray[Any]] | None = None,
    **constant: NDArray[Any],
) -> Case:
    """A row of a node that makes e or, with the scale and the zero point in `to`, q of quantised values qa (and qb).

    Those are a (and b), many times, with scale sa and zero point za. Scales are such that to round the result changes
    nothing, or little, since that is not averaged out.
    """
    known = {**SIXTEENTHS, **constant}
    given = {p + k: known[p + k] for k in moved for p in "sz"} | constant
    read = "   ".join(f"q{k} = QuantizeLinear(d{k}, s{k}, z{k})" for k in moved)
    if to is not None:
        given |= {"sy": np.array(to[0]), "zy": np.asarray(to[1])}
        node += "   e = DequantizeLinear(q, sy, zy)"
    return averaged(
        name,
        f"{read}   {node}",
        moved,
        opsets,
        width,
        step,
        given,
        copies=copies,
        runtime="onnxruntime",
        meaning=meaning,
        **fed or {},
    )
