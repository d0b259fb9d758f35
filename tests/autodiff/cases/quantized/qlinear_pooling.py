"""Rows for `onnxcam/autodiff/rules/quantized/qlinear_pooling.py`."""

import numpy as np

from tests.autodiff.cases.case import Case, quantised

NAME = "com.microsoft."
RNG = np.random.default_rng(3)
IMAGE = RNG.uniform(-3, 3, (2, 5, 4))
# Means of 2, 4 and 8 numbers are multiples of the scale.
FINE = {"to": (1 / 128, np.uint8(128)), "sa": np.array(1 / 32), "width": 1 / 32}
CENTRED = RNG.uniform(-0.4, 0.4, (2, 5, 4))


def pool(name: str, form: str, image: np.ndarray = CENTRED) -> Case:
    node = f"q = {NAME}QLinearAveragePool <{form}> (qa, sa, za, sy, zy)"
    return quantised(f"{NAME}QLinearAveragePool-{name}", node, {"a": image}, **FINE)


CASES: tuple[Case, ...] = (
    pool("strides", "kernel_shape = [2, 2], strides = [2, 1]"),
    pool("pads", "kernel_shape = [2, 2], pads = [1, 1, 0, 0], count_include_pad = 0"),
    pool("counted-pads", "kernel_shape = [2, 2], pads = [1, 0, 0, 1], count_include_pad = 1"),
    pool("ceil", "kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1"),
    # The third window along the last axis would begin behind the image.
    pool("ceil-dropped", "kernel_shape = [2, 2], strides = [3, 2], ceil_mode = 1", CENTRED[:, :3, :]),
    pool("channels-last", "kernel_shape = [2, 1], channels_last = 1"),
    pool("clipped", "kernel_shape = [1, 2]", np.array([[[1.5, 1.6, 0.1]]])),
    *(
        quantised(
            f"{NAME}QLinearGlobalAveragePool-{name}",
            f"q = {NAME}QLinearGlobalAveragePool <channels_last = {last}> (qa, sa, za, sy, zy)",
            {"a": CENTRED[:, :2, :2]},
            **FINE,
        )
        for name, last in {"channels-first": 0, "channels-last": 1}.items()
    ),
    # No kernel in ONNX Runtime.
    *(
        quantised(
            f"{NAME}QLinearReduceMean-{name}",
            f"q = {NAME}QLinearReduceMean <{form}> (qa, sa, za, sy, zy)",
            {"a": CENTRED[:, :4]},
            meaning=f"r = DequantizeLinear(qa, sa, za)   m = ReduceMean <{meant}> (r)   q = QuantizeLinear(m, sy, zy)",
            **FINE,
        )
        for name, form, meant in (
            ("axes", "axes = [2, -1], keepdims = 0", "axes = [2, 3], keepdims = 0"),
            ("kept", "axes = [1], keepdims = 1", "axes = [1]"),
        )
    ),
    quantised(
        f"{NAME}ReduceSumInteger",
        f"i = {NAME}ReduceSumInteger <axes = [1, -1], keepdims = 1> (qa)   c = Cast <to = 1> (i)   e = Mul(c, sa)",
        {"a": IMAGE},
        meaning="w = Cast <to = 6> (qa)   i = ReduceSum <keepdims = 1> (w, axes)",
        axes=np.array([1, -1]),
        za=np.array(0, np.int8),
    ),
    quantised(
        f"{NAME}ReduceSumInteger-all",
        f"i = {NAME}ReduceSumInteger (qa)   c = Cast <to = 1> (i)   e = Mul(c, sa)",
        {"a": IMAGE},
        meaning="w = Cast <to = 6> (qa)   i = ReduceSum (w, axes)",
        axes=np.array([0, 1, 2, 3]),
        za=np.array(0, np.int8),
    ),
    quantised(
        f"{NAME}ReduceSumInteger-dropped",
        f"i = {NAME}ReduceSumInteger <axes = [2], keepdims = 0> (qa)   c = Cast <to = 1> (i)   e = Mul(c, sa)",
        {"a": IMAGE},
        meaning="w = Cast <to = 6> (qa)   i = ReduceSum <keepdims = 0> (w, axes)",
        axes=np.array([2]),
        za=np.array(0, np.int8),
    ),
)
