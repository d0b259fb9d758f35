"""Rows for `onnxcam/autodiff/rules/control/sequences.py`.

All run on ONNX Runtime: the reference evaluator cannot map over sequences what has attributes, nor hold an Optional.
"""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

OPSETS = (11, 13, NEWEST)
PAIR = {"a": (3,), "b": (2,)}
INTO = "y = ConcatFromSequence <axis = 0> (made)"


def pair(name: str, body: str, **more: np.ndarray) -> Case:
    """A form on the sequence `made` of a and b."""
    body = f"made = SequenceConstruct(a, b) {body}"
    return Case(name, body, {**PAIR, **more}, OPSETS, runtime="double")


def at(name: str, index: int) -> Case:
    return pair(f"SequenceAt-{name}", "t = SequenceAt(made, i) y = Sin(t)", i=np.array(index))


def erased(name: str, index: int | None) -> Case:
    where = "" if index is None else ", i"
    body = f"two = SequenceInsert(made, a) rest = SequenceErase(two{where}) y = ConcatFromSequence <axis = 0> (rest)"
    return pair(f"SequenceErase-{name}", body, i=np.array(index or 0))


def inserted(name: str, index: int) -> Case:
    body = "c = Exp(b) more = SequenceInsert(made, c, i) y = ConcatFromSequence <axis = 0> (more)"
    return pair(f"SequenceInsert-{name}", body, i=np.array(index))


MAP = """made = SequenceConstruct(a, b)
    mapped, other = SequenceMap <
        body = m (REAL[K] t, REAL[J] f) => (REAL[K] u, REAL[K] v) { p = Mul(t, f) u = Sin(p) v = Mul(t, w) }
    > (made, f)
    y = ConcatFromSequence <axis = 0> (mapped)
    y1 = ConcatFromSequence <axis = 0> (other)"""

CASES = (
    pair("SequenceConstruct", INTO),
    at("first", 0),
    at("last", -1),
    inserted("front", 0),
    inserted("back", -1),
    erased("front", 0),
    erased("back", -2),
    erased("end", None),
    pair("ConcatFromSequence", INTO),
    Case(
        "ConcatFromSequence-axis",
        "made = SequenceConstruct(a, b) y = ConcatFromSequence <axis = -1> (made)",
        {"a": (2, 3), "b": (2, 1)},
        OPSETS,
        runtime="double",
    ),
    Case(
        "ConcatFromSequence-new",
        "made = SequenceConstruct(a, b, a) y = ConcatFromSequence <axis = 1, new_axis = 1> (made)",
        {"a": (2, 3), "b": (2, 3)},
        OPSETS,
        runtime="double",
    ),
    Case(
        "SplitToSequence",
        "parts = SplitToSequence <axis = -1> (x) e = SequenceErase(parts) y = ConcatFromSequence <axis = 0> (e)",
        {"x": (2, 3)},
        (11, 24, NEWEST),
        runtime="double",
    ),
    Case(
        "SplitToSequence-dropped",
        "parts = SplitToSequence <axis = 1, keepdims = 0> (x) y = ConcatFromSequence <axis = 0> (parts)",
        {"x": (2, 3)},
        (11, 24),
        runtime="double",
    ),
    Case(
        "SplitToSequence-sizes",
        "parts = SplitToSequence <axis = 1> (x, s) i = Identity(zero) y = SequenceAt(parts, i)",
        {"x": (2, 5), "s": np.array([2, 3]), "zero": np.array(0)},
        (11, 24),
        runtime="double",
    ),
    Case(
        "SequenceMap",
        MAP,
        {**PAIR, "f": (1,), "w": (1,)},
        (17, NEWEST),
        ("y", "y1"),
        runtime="double",
    ),
    Case("Optional", "o = Optional(x) t = OptionalGetElement(o) y = Sin(t)", {"x": (2, 3)}, (15, 18), runtime="double"),
    Case("OptionalGetElement", "t = OptionalGetElement(x) y = Sin(t)", {"x": (2, 3)}, (18,), runtime="double"),
)
