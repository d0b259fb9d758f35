"""Rows for `onnxcam/autodiff/rules/recurrent/lstm.py`, `gru.py` and `rnn.py`."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

REVERSE, BOTH = 'direction = "reverse"', 'direction = "bidirectional"'
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
MADE = {"RNN": "y, y1", "GRU": "y, y1", "LSTM": "y, y1, y2"}
BATCH_FIRST: dict[str, Values] = {"x": (2, 4, 3), "h": (2, 2, 2), "c": (2, 2, 2)}
EMPTY: dict[str, Values] = {"n": np.array([0, 3], dtype=np.int32)}


def recurrent(op_type: str, form: str, given: str = "", attributes: str = "", **other: Any) -> Case:
    """A row of 4 steps, a batch of 2, and sizes 3 and 2, with all outputs.

    `given` names the inputs after x, w and r, `-` one that is left out. The reference evaluator knows no lengths, no
    clip and few activation functions, and in gradients no Scan from the last step to the first.
    """
    gates, directions = GATES[op_type], 2 if BOTH in attributes else 1
    shapes: dict[str, Values] = {
        "x": (4, 2, 3),
        "w": (directions, 2 * gates, 3),
        "r": (directions, 2 * gates, 2),
        "b": (directions, 4 * gates),
        "n": np.array([4, 2], dtype=np.int32),
        "h": (directions, 2, 2),
        "c": (directions, 2, 2),
        "p": (directions, 6),
    } | other.pop("shapes", {})
    made, names = other.pop("made", MADE[op_type]), ["x", "w", "r", *given.split()]
    inputs = ", ".join(n.strip("-") for n in names)
    body = f"{made} = {op_type} <{', '.join(filter(None, ['hidden_size = 2', attributes]))}> ({inputs})"
    row: dict[str, Any] = {"outputs": tuple(re.findall(r"\w+", made)), "opsets": (14,), "runtime": "onnxruntime"}
    return Case(f"{op_type}-{form}", body, {n: shapes[n] for n in names if n != "-"}, **row | other)


def acting(op_type: str, functions: str, parameters: str = "") -> Case:
    """A row with other activation functions."""
    names = ", ".join(f'"{f}"' for f in functions.split())
    attributes = ", ".join(filter(None, [f"activations = [{names}]", parameters]))
    return recurrent(op_type, functions.replace(" ", "-"), "b", attributes)


CASES = (
    *(recurrent(name, "plain", opsets=(7, 14, NEWEST)) for name in GATES),
    *(recurrent(name, "lens-alone", "- n", BOTH) for name in GATES),
    recurrent("GRU", "linear-bias", "b", "linear_before_reset = 1"),
    recurrent("LSTM", "peepholes", "- - - - p"),
    recurrent("LSTM", "coupled-peepholes", "- - - - p", "input_forget = 1"),
)
"""Few, since each is differentiated for each input by itself; `FORMS` are tried in `test_recurrent.py`."""

FORMS = (
    *CASES,
    *(
        case
        for name, given in (("RNN", "b - h"), ("GRU", "b - h"), ("LSTM", "b - h c p"))
        for case in (
            recurrent(name, "bias", "b"),
            recurrent(name, "all", given),
            recurrent(name, "reverse", given, REVERSE),
            recurrent(name, "both", given, BOTH),
            recurrent(name, "layout", given, f"layout = 1, {BOTH}", shapes=BATCH_FIRST),
            recurrent(name, "lens", given.replace("-", "n")),
            recurrent(name, "lens-reverse", given.replace("-", "n"), REVERSE),
            recurrent(name, "lens-both", given.replace("-", "n"), BOTH),
            recurrent(name, "lens-layout", "b n", f"layout = 1, {BOTH}", shapes=BATCH_FIRST),
            recurrent(name, "empty", given.replace("-", "n"), BOTH, shapes=EMPTY),
            recurrent(name, "clip", given, "clip = 0.6"),
            recurrent(name, "only-state", given, made=", y1"),
            recurrent(name, "only-steps", given, made="y"),
        )
    ),
    recurrent("LSTM", "only-cell", "b - h c p", made=", , y2"),
    recurrent("LSTM", "one-initial-state", "- - h h"),
    recurrent("LSTM", "coupled", "b - h c p", "input_forget = 1"),
    recurrent("LSTM", "coupled-clip", "b - h c", "input_forget = 1, clip = 0.6"),
    recurrent("GRU", "linear", "b - h", "linear_before_reset = 1"),
    recurrent("GRU", "linear-plain", "", "linear_before_reset = 1"),
    recurrent("GRU", "linear-clip", "b - h", "linear_before_reset = 1, clip = 0.6"),
    recurrent("GRU", "linear-lens-both", "b n h", f"linear_before_reset = 1, {BOTH}"),
    acting("RNN", "Relu"),
    acting("RNN", "Sigmoid"),
    acting("RNN", "Softsign"),
    acting("RNN", "Softplus"),
    acting("RNN", "Affine", "activation_alpha = [0.5], activation_beta = [0.2]"),
    acting("RNN", "LeakyRelu", "activation_alpha = [0.3]"),
    acting("RNN", "ThresholdedRelu", "activation_alpha = [0.3]"),
    acting("RNN", "ScaledTanh", "activation_alpha = [0.8], activation_beta = [0.7]"),
    acting("RNN", "HardSigmoid", "activation_alpha = [0.3], activation_beta = [0.4]"),
    acting("RNN", "Elu", "activation_alpha = [0.7]"),
    acting("RNN", "Tanh LeakyRelu", f"activation_alpha = [0.3, 0.9], {BOTH}"),
    *(acting("RNN", f"{f} {f}", BOTH) for f in ("LeakyRelu", "ThresholdedRelu", "HardSigmoid", "Elu")),
    acting("GRU", "HardSigmoid Softsign"),
    acting("GRU", "LeakyRelu Elu", "activation_alpha = [0.3]"),
    acting("GRU", "Sigmoid LeakyRelu HardSigmoid Tanh", f"activation_alpha = [0.3, 0.1], {BOTH}"),
    acting("LSTM", "Sigmoid LeakyRelu Tanh", "activation_alpha = [0.3]"),
    acting("LSTM", "HardSigmoid Affine Elu", "activation_alpha = [0.3, 0.8, 0.5], activation_beta = [0.4, 0.1]"),
    acting("LSTM", "sigmoid ThresholdedRelu ScaledTanh", "activation_alpha = [0.2, 0.8], activation_beta = [0.7]"),
    acting("LSTM", "Sigmoid Softsign Softplus HardSigmoid Relu Relu", BOTH),
)
