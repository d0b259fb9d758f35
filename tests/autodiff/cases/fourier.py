"""Rows for `onnxcam/autodiff/rules/fourier.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

REAL, COMPLEX, HALF = (2, 6, 3, 1), (2, 6, 3, 2), (2, 4, 3, 2)
SIGNAL, WINDOW = (2, 11, 1), (4,)


def of(value: int) -> np.ndarray:
    return np.array(value, dtype=np.int64)


def transformed(name: str, form: str, x: tuple[int, ...], length: int | None = None) -> tuple[Case, ...]:
    """A transform along axis 1: axis and length as attribute or initializer, and computed."""
    sizes, n = ({}, '""') if length is None else ({"n": of(length)}, "n")
    inputs = {"x": x, **sizes, "a": of(-3)}
    body = f"y = DFT <inverse = {form}> (x, {n}, a)"
    return (
        Case(
            f"DFT-{name}",
            f"y = DFT <axis = 1, inverse = {form}> (x, {n})",
            {"x": x, **sizes},
            (17,),
            constant=tuple(sizes),
        ),
        Case(f"DFT-{name}-input", body, inputs, (20, NEWEST), constant=(*sizes, "a")),
        Case(f"DFT-{name}-computed", body, inputs, (20,)),
    )


def framed(name: str, form: str, inputs: str, **given: object) -> Case:
    """An STFT; `inputs` behind the signal and the step."""
    values = {"s": SIGNAL, "k": of(3), **given}
    return Case(f"STFT-{name}", f"y = STFT <onesided = {form}> (s, k, {inputs})", values, (17, NEWEST))


CASES = (
    *transformed("real", "0", REAL),
    *transformed("complex", "0", COMPLEX),
    *transformed("real-longer", "0", REAL, 9),
    *transformed("complex-shorter", "0", COMPLEX, 4),
    *transformed("inverse", "1", COMPLEX),
    *transformed("inverse-real-longer", "1", REAL, 7),
    *transformed("inverse-shorter", "1", COMPLEX, 5),
    *transformed("onesided", "0, onesided = 1", REAL),
    *transformed("onesided-odd", "0, onesided = 1", (2, 5, 1)),
    *transformed("onesided-longer", "0, onesided = 1", REAL, 9),
    *transformed("onesided-shorter", "0, onesided = 1", REAL, 4),
    *transformed("inverse-onesided", "1, onesided = 1", HALF),
    *transformed("inverse-onesided-odd", "1, onesided = 1", HALF, 7),
    *transformed("inverse-onesided-longer", "1, onesided = 1", HALF, 10),
    *transformed("inverse-onesided-shorter", "1, onesided = 1", HALF, 4),
    Case("DFT-default-axis", "y = DFT(x)", {"x": REAL}, (17, 20, NEWEST)),
    framed("window", "1", "w", w=WINDOW),
    framed("window-odd", "1", "w", w=(5,)),
    framed("window-both-sides", "0", "w", w=WINDOW),
    framed("window-complex", "0", "w", s=(2, 11, 2), w=WINDOW),
    framed("length", "1", '"", n', n=of(5)),
    framed("length-both-sides", "0", '"", n', n=of(4)),
    framed("length-window", "1", "w, n", n=of(4), w=WINDOW),
    framed("length-complex", "0", '"", n', s=(2, 11, 2), n=of(4)),
    Case("STFT-whole", "y = STFT(s, k)", {"s": SIGNAL, "k": of(3)}, (17, NEWEST)),
    # Signals without an axis for their parts: the reference evaluator takes none.
    Case("STFT-flat", "y = STFT(s, k, w)", {"s": (2, 11), "k": of(3), "w": WINDOW}, (17,), runtime="onnxruntime"),
)
