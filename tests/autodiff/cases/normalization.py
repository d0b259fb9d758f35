"""Rows for `onnxcam/autodiff/rules/normalization.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

IMAGE = (2, 4, 3, 5)
SCALE_BIAS = {"s": (4,), "b": (4,)}
STATISTICS = SCALE_BIAS | {"m": (4,), "v": np.array([0.5, 1.5, 2.5, 0.8])}
FEATURES = (4, 3)
BY_FEATURE = {"s": FEATURES, "b": FEATURES, "m": FEATURES, "v": np.linspace(0.5, 2.5, 12).reshape(FEATURES)}

BATCH = "y = BatchNormalization(x, s, b, m, v)"

CASES = (
    Case("BatchNormalization", BATCH, {"x": IMAGE, **STATISTICS}, opsets=(14, 15, NEWEST)),
    Case("BatchNormalization-matrix", BATCH, {"x": (3, 4), **STATISTICS}, opsets=(14, NEWEST)),
    Case("BatchNormalization-constant", BATCH, {"x": IMAGE, **STATISTICS}, (15,), constant=("s", "b", "m", "v")),
    Case("BatchNormalization-bias", BATCH, {"x": IMAGE, **STATISTICS}, (15,), constant=("s", "m", "v")),
    # Before version 14 the reference evaluator fails (7) or mixes the batch's statistics in (9).
    Case("BatchNormalization-old", BATCH, {"x": IMAGE, **STATISTICS}, opsets=(7, 9), runtime="onnxruntime"),
    Case(
        "BatchNormalization-epsilon",
        "y = BatchNormalization <epsilon = 0.1> (x, s, b, m, v)",
        {"x": (2, 4, 3), **STATISTICS},
        opsets=(15,),
    ),
    Case(
        "BatchNormalization-by-feature",
        "y = BatchNormalization <spatial = 0> (x, s, b, m, v)",
        {"x": (2, 4, 3), **BY_FEATURE},
        opsets=(7,),
        runtime="onnxruntime",
    ),
    # Version 7 to 9: further outputs mean training mode, in ONNX Runtime too.
    Case(
        "BatchNormalization-statistics",
        "y, m1, v1, m2, v2 = BatchNormalization(x, s, b, m, v)",
        {"x": IMAGE, **STATISTICS},
        opsets=(7, 9),
        constant=("m", "v"),
        runtime="onnxruntime",
    ),
    Case(
        "BatchNormalization-training",
        "y, m1, v1 = BatchNormalization <training_mode = 1> (x, s, b, m, v)",
        {"x": IMAGE, **STATISTICS},
        opsets=(14, 15, NEWEST),
        constant=("m", "v"),
    ),
    *(
        Case(
            f"BatchNormalization-running-{'-'.join(outputs)}",
            "y, m1, v1 = BatchNormalization <training_mode = 1, momentum = 0.7> (x, s, b, m, v)",
            {"x": IMAGE, **STATISTICS},
            opsets=(14, NEWEST),
            outputs=outputs,
            constant=constant,
        )
        for outputs, constant in (
            (("y", "m1", "v1"), ()),
            (("y", "m1"), ("v",)),
            (("y", "v1"), ("m",)),
            (("m1", "v1"), ("s", "b")),
        )
    ),
    Case(
        "InstanceNormalization",
        "y = InstanceNormalization(x, s, b)",
        {"x": IMAGE, **SCALE_BIAS},
        opsets=(7, 22, NEWEST),
    ),
    Case(
        "InstanceNormalization-epsilon",
        "y = InstanceNormalization <epsilon = 0.1> (x, s, b)",
        {"x": (2, 4, 6), **SCALE_BIAS},
        opsets=(7, NEWEST),
    ),
    Case(
        "GroupNormalization-by-group",
        "y = GroupNormalization <num_groups = 2> (x, s, b)",
        {"x": IMAGE, "s": (2,), "b": (2,)},
        opsets=(18, 20),
    ),
    # The reference evaluator computes the first stage in float32.
    Case(
        "GroupNormalization",
        "y = GroupNormalization <num_groups = 2, epsilon = 0.1> (x, s, b)",
        {"x": IMAGE, **SCALE_BIAS},
        opsets=(21, NEWEST),
        runtime="onnxruntime",
    ),
    Case(
        "LayerNormalization",
        "y = LayerNormalization(x, s, b)",
        {"x": (2, 3, 4), "s": (4,), "b": (4,)},
        opsets=(17, NEWEST),
    ),
    Case(
        "LayerNormalization-axis",
        "y = LayerNormalization <axis = 1, epsilon = 0.1> (x, s)",
        {"x": (2, 3, 4), "s": (3, 4)},
        opsets=(17, NEWEST),
    ),
    Case(
        "LayerNormalization-broadcast",
        "y = LayerNormalization <axis = -2> (x, s, b)",
        {"x": (2, 3, 4), "s": (3, 1), "b": (1,)},
        opsets=(17, NEWEST),
    ),
    Case(
        "LayerNormalization-statistics",
        "y, y1, y2 = LayerNormalization <axis = 1> (x, s)",
        {"x": (2, 3, 4), "s": (3, 4)},
        opsets=(17, NEWEST),
        outputs=("y", "y1", "y2"),
    ),
    Case(
        "LayerNormalization-mean",
        "y, y1, y2 = LayerNormalization(x, s)",
        {"x": (2, 3, 4), "s": (4,)},
        opsets=(17,),
        outputs=("y1",),
    ),
    Case(
        "LayerNormalization-deviation",
        "y, y1, y2 = LayerNormalization(x, s)",
        {"x": (2, 3, 4), "s": (4,)},
        opsets=(17,),
        outputs=("y2",),
    ),
    Case("RMSNormalization", "y = RMSNormalization(x, s)", {"x": (2, 3, 4), "s": (4,)}, opsets=(23, NEWEST)),
    Case(
        "RMSNormalization-axis",
        "y = RMSNormalization <axis = 1, epsilon = 0.1> (x, s)",
        {"x": (2, 3, 4), "s": (3, 1)},
        opsets=(23, NEWEST),
    ),
    # The reference evaluator expands it with constants of float32, which fail for doubles.
    Case(
        "MeanVarianceNormalization",
        "y = MeanVarianceNormalization(x)",
        {"x": IMAGE},
        opsets=(9, NEWEST),
        runtime="onnxruntime",
    ),
    Case(
        "MeanVarianceNormalization-axes",
        "y = MeanVarianceNormalization <axes = [1, -1]> (x)",
        {"x": (2, 3, 4)},
        opsets=(13, NEWEST),
        runtime="onnxruntime",
    ),
    # Far from mean zero, where it shows that the mean is taken off.
    Case(
        "MeanVarianceNormalization-shifted",
        "y = MeanVarianceNormalization(x)",
        {"x": IMAGE},
        opsets=(9,),
        shift=2.0,
        runtime="onnxruntime",
    ),
)
