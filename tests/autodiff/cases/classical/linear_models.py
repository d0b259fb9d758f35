"""Rows for `onnxcam/autodiff/rules/classical/linear_models.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

X = (4, 3)
TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO")
KERNELS = ("LINEAR", "POLY", "RBF", "SIGMOID")


def numbers(*shape: int) -> str:
    """Numbers as an attribute of a node, the same at every call."""
    return str(np.random.default_rng(sum(shape)).uniform(-0.7, 0.7, shape).round(2).reshape(-1).tolist())


def model(name: str, body: str, x: Values = X) -> Case:
    """ONNX Runtime and the reference evaluator give the scores of two classes from one score differently."""
    return Case(f"ai.onnx.ml.{name}", body, {"x": x}, (7, NEWEST), runtime="onnxruntime")


def regressor(name: str, form: str, x: Values = X) -> Case:
    return model(f"LinearRegressor-{name}", f"y = ai.onnx.ml.LinearRegressor <{form}> (x)", x)


def classifier(name: str, transform: str, scores: int, classes: int, x: Values = X) -> Case:
    form = f'coefficients = {numbers(scores, 3)}, intercepts = {numbers(scores)}, post_transform = "{transform}"'
    body = f"c, y = ai.onnx.ml.LinearClassifier <classlabels_ints = {list(range(classes))}, {form}> (x)"
    return model(f"LinearClassifier-{name}", body, x)


def machine(op_type: str, name: str, form: str, x: Values = X) -> Case:
    outputs = "y" if op_type == "SVMRegressor" else "c, y"
    rho = [0.9, -0.6, 0.4] if form.startswith(PAIRS) else [0.9]
    parameters = f"rho = {rho}, kernel_params = [0.6, 0.3, 3.0]"
    return model(f"{op_type}-{name}", f"{outputs} = ai.onnx.ml.{op_type} <{parameters}, {form}> (x)", x)


COEFFICIENTS = f"coefficients = {numbers(2, 3)}"
VECTORS = f"support_vectors = {numbers(6, 3)}"
PAIRS = f"{VECTORS}, coefficients = {numbers(2, 6)}, vectors_per_class = [2, 1, 3], classlabels_ints = [0, 1, 2]"
PAIR = f"{VECTORS}, coefficients = {numbers(1, 6)}, vectors_per_class = [2, 4], classlabels_ints = [0, 1]"
# Scores between 0 and 1, of which a PROBIT is taken; of the last it is one half.
SHARES = "coefficients = [0.8, 0.1, 0.0, 0.1, 0.6, 0.2], intercepts = [0.05, 0.1]"
PROBABLE = np.array([[0.05, 0.1, 0.3], [0.6, 0.2, 0.9], [1.0, 1.0, 0.2], [0.5, 0.5, 0.25]])

CASES = (
    *(
        regressor(transform, f'{COEFFICIENTS}, intercepts = [0.5, 0.2], targets = 2, post_transform = "{transform}"')
        for transform in TRANSFORMS
    ),
    regressor("bare", f"coefficients = {numbers(1, 3)}"),
    regressor("one-logistic", f'coefficients = {numbers(1, 3)}, post_transform = "LOGISTIC"'),
    regressor("row", f"{COEFFICIENTS}, targets = 2", (3,)),
    regressor("probit", f'{SHARES}, targets = 2, post_transform = "PROBIT"', PROBABLE),
    # The second score is 0 for all x.
    model(
        "LinearClassifier-zero",
        "c, y = ai.onnx.ml.LinearClassifier <classlabels_ints = [0, 1, 2], intercepts = [0.3, 0.0, -0.2], "
        'coefficients = [0.5, 0.2, -0.3, 0.0, 0.0, 0.0, 0.1, -0.7, 0.4], post_transform = "SOFTMAX_ZERO"> (x)',
    ),
    *(classifier(transform, transform, 3, 3) for transform in TRANSFORMS),
    *(classifier(f"two-{transform}", transform, 1, 2) for transform in TRANSFORMS),
    classifier("row", "SOFTMAX", 3, 3, (3,)),
    *(
        machine("SVMRegressor", k, f'{VECTORS}, coefficients = {numbers(6)}, n_supports = 6, kernel_type = "{k}"')
        for k in KERNELS
    ),
    machine("SVMRegressor", "no-vectors", f'coefficients = {numbers(3)}, kernel_type = "RBF"'),
    *(machine("SVMClassifier", k, f'{PAIRS}, kernel_type = "{k}"') for k in KERNELS),
    *(
        machine("SVMClassifier", f"pairs-{t}", f'{PAIRS}, kernel_type = "RBF", post_transform = "{t}"')
        for t in TRANSFORMS
    ),
    *(
        machine("SVMClassifier", f"pair-{t}", f'{PAIR}, kernel_type = "RBF", post_transform = "{t}"')
        for t in TRANSFORMS
    ),
    *(
        machine(
            "SVMClassifier",
            f"no-vectors-{t}",
            f'coefficients = {numbers(2, 3)}, classlabels_ints = [4, 5], post_transform = "{t}"',
        )
        for t in TRANSFORMS
    ),
)
