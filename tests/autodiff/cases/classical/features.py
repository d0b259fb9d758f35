"""Rows for `onnxcam/autodiff/rules/classical/features.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

OPSETS = (7, NEWEST)
X = (4, 3)
IS_MISSING = np.array([[False, True, False], [True, False, False]])


def prepared(name: str, body: str, inputs: dict[str, Values], **more: object) -> Case:
    # These put out float, whatever they are given.
    return Case(f"ai.onnx.ml.{name}", body, inputs, OPSETS, runtime="onnxruntime", **more)


def normalized(norm: str, x: Values = X, name: str = "") -> Case:
    return prepared(
        f"Normalizer-{norm}{name}", f'y = ai.onnx.ml.Normalizer <norm = "{norm}"> (x)', {"x": x}, avoid=(0.0,)
    )


def imputed(name: str, form: str, value: float = -1.0) -> Case:
    """What is missing stays so in differences."""
    body = f"m = Where(k, v, x) y = ai.onnx.ml.Imputer <{form}> (m)"
    inputs: dict[str, Values] = {"x": (2, 3), "k": IS_MISSING, "v": np.array(value)}
    return Case(f"ai.onnx.ml.Imputer-{name}", body, inputs, (9, NEWEST), constant=("k", "v"))


CASES = (
    prepared(
        "Scaler",
        "y = ai.onnx.ml.Scaler <offset = [0.5, -1.0, 2.0], scale = [2.0, 0.1, -3.0]> (x)",
        {"x": X},
    ),
    prepared(
        "Scaler-row", "y = ai.onnx.ml.Scaler <offset = [0.5, 1.0, 2.0], scale = [2.0, 0.1, -3.0]> (x)", {"x": (3,)}
    ),
    prepared("Scaler-one", "y = ai.onnx.ml.Scaler <offset = [0.5], scale = [2.0]> (x)", {"x": X}),
    *(normalized(norm) for norm in ("MAX", "L1", "L2")),
    normalized("L2", (5,), "-row"),
    # Where a row is 0 it stays 0 in differences.
    *(
        prepared(
            f"Normalizer-{norm}-zero",
            f'z = Mul(x, k) y = ai.onnx.ml.Normalizer <norm = "{norm}"> (z)',
            {"x": X, "k": np.array([[1.0], [0.0], [1.0], [1.0]])},
            avoid=(0.0,),
            constant=("k",),
        )
        for norm in ("MAX", "L1", "L2")
    ),
    imputed("each", "imputed_value_floats = [7.0, 8.0, 9.0], replaced_value_float = -1.0"),
    imputed("one", "imputed_value_floats = [7.0], replaced_value_float = -1.0"),
    imputed("nan", "imputed_value_floats = [7.0], replaced_value_float = nan", np.nan),
    Case(
        "ai.onnx.ml.ArrayFeatureExtractor",
        "y = ai.onnx.ml.ArrayFeatureExtractor(x, i)",
        {"x": (2, 4, 5), "i": np.array([3, 0, 3])},
        OPSETS,
    ),
    Case(
        "ai.onnx.ml.ArrayFeatureExtractor-row",
        "y = ai.onnx.ml.ArrayFeatureExtractor(x, i)",
        {"x": (5,), "i": np.array([[3, 0]])},
        OPSETS,
    ),
    prepared(
        "FeatureVectorizer",
        "y = ai.onnx.ml.FeatureVectorizer <inputdimensions = [2, 3, 4]> (a, b, c)",
        {"a": (2, 2), "b": (2, 5), "c": (2, 3)},
    ),
    prepared("FeatureVectorizer-row", "y = ai.onnx.ml.FeatureVectorizer <inputdimensions = [2]> (a)", {"a": (3,)}),
)
