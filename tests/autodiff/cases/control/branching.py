"""Rows for `onnxcam/autodiff/rules/control/branching.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

OPSETS = (7, 11, 13, 16, NEWEST)
CHOICE = """y = If <
    then_branch = t () => (then) { a = Mul(x, w) then = Sin(a) },
    else_branch = e () => (other) { b = Exp(x) s = ReduceSum <keepdims = 1> (b) other = Mul(s, b) }
> (c)"""
NESTED = """y = If <
    then_branch = t () => (then) {
        u = Sin(x)
        then = If <
            then_branch = tt () => (deep) { deep = Mul(u, w) },
            else_branch = te () => (flat) { flat = Exp(u) }
        > (d)
    },
    else_branch = e () => (other) { other = Neg(x) }
> (c)"""
# A branch that hands on what it captured; a body whose operators have changed since.
OLD = """y = If <
    then_branch = t () => (then) { then = Identity(x) },
    else_branch = e () => (other) { k = Unsqueeze <axes = [0]> (x) other = ReduceMean <axes = [0], keepdims = 0> (k) }
> (c)"""
SHAPES = {"x": (2, 3), "w": (3,)}


def choice(name: str, *, c: bool, constant: tuple[str, ...] = ()) -> Case:
    return Case(f"If-{name}", CHOICE, {**SHAPES, "c": np.array(c)}, OPSETS, constant=constant)


CASES = (
    choice("then", c=True),
    choice("else", c=False),
    choice("known-then", c=True, constant=("c",)),
    choice("known-else", c=False, constant=("c", "w")),
    *(
        Case(f"If-nested-{d}".lower(), NESTED, {**SHAPES, "c": np.array(True), "d": np.array(d)}, (11, NEWEST))
        for d in (True, False)
    ),
    *(Case(f"If-old-{c}".lower(), OLD, {"x": (2, 3), "c": np.array(c)}, (7, 11)) for c in (True, False)),
)
