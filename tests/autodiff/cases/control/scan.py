"""Rows for `onnxcam/autodiff/rules/control/scan.py` and `batched_scan.py`.

All run on ONNX Runtime: the reference evaluator reads no Scan from its end, nor one of opset 8.
"""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

OPSETS = (9, 11, 16, 19, NEWEST)
CELL = "m = Mul(state, w) n = Add(m, x_t) after = Tanh(n) p = Mul(state, x_t) y_t = Sin(p)"
SHAPES = {"state_0": (3,), "x": (4, 3), "w": (3,)}
BATCHED = {"state_0": (2, 3), "x": (2, 4, 3), "w": (3,)}


def scan(attributes: str, body: str, inputs: str = "state_0, x", outputs: str = "state_n, y") -> str:
    given = "state, x_t" if "state_0" in inputs else "x_t"
    made = "after, y_t" if "state_n" in outputs else "y_t"
    return (
        f"{outputs} = Scan <num_scan_inputs = 1, {attributes} body = b ({given}) => ({made}) {{ {body} }}> ({inputs})"
    )


BACKWARD = """scan_input_axes = [-1], scan_input_directions = [1],
    scan_output_axes = [-1], scan_output_directions = [1],"""

# Two scanned inputs, one from the end; an integer state that counts; a state that only the next one reads.
TWO = """s, k, y, z = Scan <num_scan_inputs = 2, scan_input_axes = [1, 0], scan_input_directions = [0, 1],
    scan_output_axes = [0, 1], scan_output_directions = [1, 0],
    body = b (s_t, k_t, u_t, v_t) => (s_n, k_n, y_t, z_t) {
        one = Constant <value_int = 1> ()
        k_n = Add(k_t, one)
        f = CastLike(k_t, s_t)
        p = Mul(u_t, v_t)
        q = Mul(p, f)
        s_n = Add(s_t, q)
        y_t = Mul(s_t, v_t)
        z_t = Cos(u_t)
    }> (s_0, k_0, u, v)"""

CASES = (
    Case("Scan", scan("", CELL), SHAPES, OPSETS, outputs=("state_n", "y"), runtime="double"),
    Case("Scan-last-state", scan("", CELL), SHAPES, outputs=("state_n",), runtime="double"),
    Case("Scan-outputs", scan("", CELL), SHAPES, runtime="double"),
    Case(
        "Scan-reverse",
        scan(BACKWARD, CELL),
        {**SHAPES, "x": (3, 4)},
        (11, NEWEST),
        outputs=("state_n", "y"),
        runtime="double",
    ),
    Case(
        "Scan-stateless",
        scan("", "p = Mul(x_t, w) y_t = Exp(p)", "x", "y"),
        {"x": (4, 3), "w": (3,)},
        runtime="double",
    ),
    Case(
        "Scan-two",
        TWO,
        {"s_0": (3,), "k_0": np.array(2), "u": (3, 4), "v": (4, 3)},
        (15, NEWEST),
        outputs=("s", "y", "z"),
        runtime="double",
    ),
    Case("Scan-batched", scan("", CELL, ", state_0, x"), BATCHED, (8,), outputs=("state_n", "y"), runtime="double"),
    Case(
        "Scan-batched-reverse",
        scan("directions = [1],", CELL, ", state_0, x"),
        BATCHED,
        (8,),
        outputs=("state_n", "y"),
        runtime="double",
    ),
    Case(
        "Scan-batched-lengths",
        scan("", CELL, "lengths, state_0, x"),
        {"lengths": np.array([4, 2]), **BATCHED},
        (8,),
        outputs=("state_n", "y"),
        runtime="double",
    ),
)
