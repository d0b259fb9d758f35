"""Rows for `onnxcam/autodiff/rules/control/loop.py`.

All run on ONNX Runtime: the reference evaluator fails where a Loop's condition is left out.
"""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

OPSETS = (11, 13, 16, 19, NEWEST)
SHAPES = {"state_0": (3,), "w": (3,)}

# A state, a scan output, the number of the trip, and a value from outside.
COUNTED = """state_n, y = Loop <body = b (int64 trip, bool proceed, REAL[3] state) => (again, after, y_t) {
        again = Identity(proceed)
        number = CastLike(trip, state)
        m = Mul(state, w)
        n = Add(m, number)
        after = Tanh(n)
        p = Mul(after, state)
        y_t = Sin(p)
    }> (trips, , state_0)"""

# Ends when its state is large enough; the state that counts is no float.
UNTIL = """state_n, count, y = Loop <
    body = b (int64 trip, bool proceed, REAL[3] state, int64 k) => (again, after, next, y_t) {
        after = Mul(state, w)
        next = Add(k, trip)
        s = ReduceSum <keepdims = 0> (after)
        again = Less(s, limit)
        y_t = Mul(state, state)
    }> (, start, state_0, zero)"""

# The state grows, so that no two trips begin with the same shape.
GROWING = """grown = Loop <body = b (int64 trip, bool proceed, REAL[K] state) => (again, after) {
        again = Identity(proceed)
        squares = Mul(state, state)
        s = ReduceSum <keepdims = 1> (squares)
        after = Concat <axis = 0> (state, s)
    }> (trips, , state_0)
    y = Sin(grown)"""

# One in another: the inner one reads the outer one's state.
NESTED = """y = Loop <body = b (int64 trip, bool proceed, REAL[3] state) => (again, after) {
        again = Identity(proceed)
        inner = Loop <body = bb (int64 t, bool p, REAL[3] s) => (pp, ss) {
            pp = Identity(p)
            u = Mul(s, state)
            ss = Sin(u)
        }> (trips, , w)
        after = Add(inner, state)
    }> (trips, , state_0)"""

# Carries a sequence that it adds to, as scripted networks do.
COLLECTING = """empty = SequenceEmpty <dtype = ELEMENT> ()
    state_n, all = Loop <
    body = b (int64 trip, bool proceed, REAL[3] state, seq(REAL[3]) so_far) => (again, after, more) {
        again = Identity(proceed)
        m = Mul(state, w)
        after = Tanh(m)
        more = SequenceInsert(so_far, after)
    }> (trips, , state_0, empty)
    y = ConcatFromSequence <axis = 0> (all)"""

CASES = (
    Case("Loop", COUNTED, {"trips": np.array(4), **SHAPES}, (15, 16, 19, NEWEST), ("state_n", "y"), runtime="double"),
    Case("Loop-outputs", COUNTED, {"trips": np.array(4), **SHAPES}, (15,), runtime="double"),
    Case("Loop-none", COUNTED, {"trips": np.array(0), **SHAPES}, (15,), ("state_n",), runtime="double"),
    Case(
        "Loop-until",
        UNTIL,
        {"start": np.array(True), "zero": np.array(0), "limit": np.array(20.0), "state_0": (3,), "w": (3,)},
        OPSETS,
        ("state_n", "y"),
        constant=("limit",),
        shift=3.0,
        scale=0.3,
        runtime="double",
    ),
    Case("Loop-growing", GROWING, {"trips": np.array(3), "state_0": (3,)}, OPSETS, scale=0.3, runtime="double"),
    Case("Loop-nested", NESTED, {"trips": np.array(3), **SHAPES}, OPSETS, runtime="double"),
    Case(
        "Loop-collecting",
        COLLECTING,
        {"trips": np.array(4), **SHAPES},
        (13, NEWEST),
        runtime="double",
    ),
)
