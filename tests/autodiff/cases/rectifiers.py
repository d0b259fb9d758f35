"""Rows for `onnxcam/autodiff/rules/rectifiers.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

X = {"x": (2, 3, 4)}
LOW, HIGH = np.array(-0.7), np.array(0.9)

EXPANDED = "onnxruntime"  # the reference evaluator expands it with constants of float32, which fail for doubles


def row(
    name: str,
    attributes: str = "",
    opsets: tuple[int, ...] = (7, NEWEST),
    avoid: tuple[float, ...] = (0.0,),
    runtime: str = "reference",
) -> Case:
    given = f" <{attributes}> " if attributes else ""
    return Case(name, f"y = {name.split('-')[0]}{given}(x)", X, opsets=opsets, avoid=avoid, scale=2.0, runtime=runtime)


CASES = (
    row("Relu"),
    row("ThresholdedRelu", opsets=(10, NEWEST), avoid=(1.0,)),
    row("ThresholdedRelu-negative", "alpha = -0.5", opsets=(10, NEWEST), avoid=(-0.5,)),
    row("Shrink", opsets=(9, NEWEST), avoid=(0.5, -0.5)),
    row("Shrink-soft", "lambd = 1.0, bias = 1.0", opsets=(9, NEWEST), avoid=(1.0, -1.0)),
    row("LeakyRelu", opsets=(7, 16, NEWEST), runtime=EXPANDED),
    row("LeakyRelu-alpha", "alpha = 0.3", runtime=EXPANDED),
    row("LeakyRelu-negative", "alpha = -0.3", runtime=EXPANDED),
    Case("PRelu-channel", "y = PRelu(x, s)", {"x": (2, 3, 4), "s": (3, 1)}, opsets=(7, 9, NEWEST), avoid=(0.0,)),
    Case("PRelu-scalar", "y = PRelu(x, s)", {"x": (2, 3, 4), "s": (1,)}, opsets=(7, NEWEST), avoid=(0.0,)),
    row("Elu"),
    row("Elu-alpha", "alpha = 0.6", runtime=EXPANDED),
    row("Elu-falling", "alpha = -0.6", runtime=EXPANDED),
    row("Selu", runtime=EXPANDED),
    row("Selu-falling", "gamma = -2.0", runtime=EXPANDED),
    row("Selu-attributes", "alpha = 0.5, gamma = 2.0", runtime=EXPANDED),
    row("Celu", opsets=(12, NEWEST)),
    row("Celu-alpha", "alpha = 0.4", opsets=(12, NEWEST)),
    row("Celu-negative", "alpha = -2.0", opsets=(12, NEWEST)),
    row("HardSigmoid", avoid=(2.5, -2.5), runtime=EXPANDED),
    row("HardSigmoid-attributes", "alpha = 0.5, beta = 0.6", avoid=(0.8, -1.2), runtime=EXPANDED),
    Case("HardSwish-outer", "y = HardSwish(x)", {"x": np.array([-5.0, -3.4, 0.0, 3.2, 7.0])}, opsets=(14, NEWEST)),
    row("HardSwish", opsets=(14, NEWEST), avoid=(3.0, -3.0)),
    row("Clip-both", "min = -0.7, max = 0.9", opsets=(7, 10), avoid=(-0.7, 0.9)),
    row("Clip-max", "max = 0.9", opsets=(7,), avoid=(0.9,)),
    row("Clip", opsets=(7, 11, 13, NEWEST), avoid=()),
    Case("Clip-inputs", "y = Clip(x, l, h)", X | {"l": LOW, "h": HIGH}, opsets=(11, 12, NEWEST), avoid=(-0.7, 0.9)),
    Case("Clip-inverted", "y = Clip(x, l, h)", X | {"l": HIGH, "h": LOW}, opsets=(13, NEWEST), avoid=(-0.7, 0.9)),
    Case("Clip-low", "y = Clip(x, l)", X | {"l": LOW}, opsets=(11, NEWEST), avoid=(-0.7,)),
    Case("Clip-high", "y = Clip(x, , h)", X | {"h": HIGH}, opsets=(11, NEWEST), avoid=(0.9,)),
    # ONNX has no schema any more, hence no reference either.
    Case(
        "ImageScaler",
        "y = ImageScaler <scale = 2.5, bias = [0.1, -0.2, 0.3]> (x)",
        {"x": (2, 3, 4, 5)},
        opsets=(7, 9),
        runtime="onnxruntime",
    ),
    Case(
        "ImageScaler-default",
        "y = ImageScaler <bias = [0.1, -0.2, 0.3]> (x)",
        {"x": (2, 3, 4, 5)},
        opsets=(7,),
        runtime="onnxruntime",
    ),
)
