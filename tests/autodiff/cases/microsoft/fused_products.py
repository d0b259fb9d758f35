"""Rows for `onnxcam/autodiff/rules/microsoft/fused_products.py`."""

from tests.autodiff.cases.case import NEWEST, Case, Values

GEMM = {"a": (2, 3), "b": (3, 4), "c": (4,)}
# Activations that a FusedGemm may hold, with their parameters, and the kinks to stay away from.
ACTIVATIONS: dict[str, str] = {
    "Elu": ", activation_alpha = 0.7",
    "HardSigmoid": ", activation_alpha = 0.3, activation_beta = 0.4",
    "LeakyRelu": ", activation_alpha = 0.2",
    "ParametricSoftplus": ", activation_alpha = 0.3, activation_beta = 0.5",
    "Relu": "",
    "ScaledTanh": ", activation_alpha = 0.3, activation_beta = 0.5",
    "Selu": ", activation_alpha = 1.2, activation_gamma = 1.3",
    "Sigmoid": "",
    "Softplus": "",
    "Softsign": "",
    "Tanh": "",
    "ThresholdedRelu": ", activation_alpha = 0.3",
}


def row(name: str, node: str, inputs: dict[str, Values], opsets: tuple[int, ...] = (7, NEWEST)) -> Case:
    return Case(f"com.microsoft.{name}", f"y = com.microsoft.{node}", inputs, opsets=opsets, runtime="onnxruntime")


def product(name: str, attributes: str, a: tuple[int, ...], b: tuple[int, ...], op_type: str = "FusedMatMul") -> Case:
    return row(f"{op_type}{name}", f"{op_type} <{attributes}> (a, b)", {"a": a, "b": b})


CASES = (
    product("", "alpha = 0.5", (2, 3), (3, 4)),
    product("-turned", "alpha = 2.0, transA = 1, transB = 1", (2, 3, 2), (2, 4, 3)),
    product("-keys", "alpha = 0.25, transB = 1", (2, 2, 3, 4), (2, 2, 5, 4)),
    product("-broadcast", "transA = 1", (3, 2), (2, 3, 4)),
    product("-vector", "transA = 1, transB = 1", (3,), (4, 3)),
    product("-vectors", "transA = 1, transB = 1", (3,), (3,)),
    product("-batch", "transBatchA = 1, transBatchB = 1", (2, 4, 3), (3, 4, 5)),
    product("-batch-turned", "transA = 1, transBatchA = 1, transB = 1, transBatchB = 1", (3, 4, 2), (5, 4, 3)),
    product("", "transA = 1, alpha = 0.5", (3, 2), (3, 4), op_type="TransposeMatMul"),
    Case(
        "com.microsoft.FusedMatMulActivation",
        'y = com.microsoft.FusedMatMulActivation <activation = "Softmax", alpha = 0.5, transB = 1> (a, b)',
        {"a": (2, 3, 4), "b": (2, 5, 4)},
        meaning="""t = Transpose <perm = [0, 2, 1]> (b) p = MatMul(a, t) h = Constant <value = float {0.5}> ()
        i = Cast <to = 11> (h) j = Cast <to = 1> (i) s = Mul(p, j) y = Softmax(s)""",
        runtime="onnxruntime",
    ),
    Case(
        "com.microsoft.FusedMatMulActivation-relu",
        'y = com.microsoft.FusedMatMulActivation <activation = "LeakyRelu", activation_alpha = 0.3> (a, b)',
        {"a": (2, 3, 4), "b": (2, 4, 5)},
        opsets=(7, NEWEST),
        meaning="p = MatMul(a, b) y = LeakyRelu <alpha = 0.3> (p)",
        runtime="onnxruntime",
        step=1e-3,
    ),
    row("FusedGemm", 'FusedGemm <activation = "Relu"> (a, b, c)', GEMM),
    row(
        "FusedGemm-turned",
        'FusedGemm <activation = "LeakyRelu", activation_alpha = 0.1, transA = 1, transB = 1, alpha = 0.5, beta = 2.0>'
        "(a, b, c)",
        {"a": (3, 2), "b": (4, 3), "c": (2, 1)},
    ),
    *(
        row(f"FusedGemm-{name}", f'FusedGemm <activation = "{name}"{parameters}> (a, b)', {"a": (2, 3), "b": (3, 4)})
        for name, parameters in ACTIVATIONS.items()
    ),
    Case(
        "com.microsoft.GemmFastGelu",
        "y = com.microsoft.GemmFastGelu(a, b, c)",
        {"a": (2, 3, 4), "b": (4, 5), "c": (5,)},
        opsets=(20, NEWEST),
        meaning='p = MatMul(a, b) s = Add(p, c) y = Gelu <approximate = "tanh"> (s)',
    ),
    Case(
        "com.microsoft.GemmFastGelu-plain",
        "y = com.microsoft.GemmFastGelu(a, b)",
        {"a": (3, 4), "b": (4, 5)},
        opsets=(20,),
        meaning='p = MatMul(a, b) y = Gelu <approximate = "tanh"> (p)',
    ),
)
