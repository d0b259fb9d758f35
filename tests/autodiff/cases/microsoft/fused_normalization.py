"""Rows for `onnxcam/autodiff/rules/microsoft/fused_normalization.py`."""

from tests.autodiff.cases.case import NEWEST, Case, Values

RUNTIME = "onnxruntime"  # the reference evaluator does not know the domain, and normalizes groups in float32
X: dict[str, Values] = {"x": (2, 3, 4)}
SKIPPED: dict[str, Values] = X | {"z": (2, 3, 4), "g": (4,)}
IMAGE: dict[str, Values] = {"x": (2, 4, 3, 2), "g": (4,), "b": (4,)}
LAST: dict[str, Values] = {"x": (2, 3, 2, 4), "g": (4,), "b": (4,)}
GROUPS = "groups = 2, epsilon = 0.1"
SILU = "q = Sigmoid(p)"


def row(name: str, node: str, inputs: dict[str, Values], outputs: tuple[str, ...] = ("y",)) -> Case:
    body, is_sized = node.replace("= ", "= com.microsoft.", 1), name.startswith("BranchwiseRMSNorm-by")
    return Case(f"com.microsoft.{name}", body, inputs, (7, NEWEST), outputs, runtime=RUNTIME, is_dynamic=not is_sized)


def standard(name: str, node: str, inputs: dict[str, Values], outputs: tuple[str, ...] = ("y",)) -> Case:
    return Case(name, node, inputs, (7, 16), outputs, runtime=RUNTIME)


def grouped(name: str, attributes: str, inputs: dict[str, Values], meaning: str, op_type: str = "GroupNorm") -> Case:
    names = "x, g, b" + ", z" * ("z" in inputs) + ", c" * ("c" in inputs)
    outputs = ("y", "s") if op_type == "SkipGroupNorm" else ("y",)
    body = f"{', '.join(outputs)} = com.microsoft.{op_type} <{GROUPS}, {attributes}> ({names})"
    return Case(f"com.microsoft.{op_type}{name}", body, inputs, (21, NEWEST), outputs, meaning=meaning, runtime=RUNTIME)


NORM = f"GroupNormalization <num_{GROUPS}>"

CASES = (
    row("SkipLayerNormalization", "y = SkipLayerNormalization(x, z, g)", SKIPPED),
    row(
        "SkipLayerNormalization-bias",
        "y, , , s = SkipLayerNormalization <epsilon = 0.1> (x, z, g, b, c)",
        SKIPPED | {"b": (4,), "c": (4,)},
        ("y", "s"),
    ),
    row(
        "SkipLayerNormalization-broadcast",
        "y = SkipLayerNormalization(x, z, g, b)",
        X | {"z": (3, 4), "g": (4,), "b": (4,)},
    ),
    row("SkipLayerNormalization-rows", "y = SkipLayerNormalization(x, z, g)", {"x": (3, 4), "z": (3, 4), "g": (4,)}),
    row("SkipLayerNormalization-statistics", "y, m, r = SkipLayerNormalization(x, z, g)", SKIPPED, ("m", "r")),
    row("SkipSimplifiedLayerNormalization", "y = SkipSimplifiedLayerNormalization(x, z, g)", SKIPPED),
    row(
        "SkipSimplifiedLayerNormalization-bias",
        "y, , , s = SkipSimplifiedLayerNormalization <epsilon = 0.1> (x, z, g, c)",
        SKIPPED | {"c": (4,)},
        ("y", "s"),
    ),
    standard("SimplifiedLayerNormalization", "y = SimplifiedLayerNormalization(x, g)", X | {"g": (4,)}),
    standard(
        "SimplifiedLayerNormalization-epsilon",
        "y = SimplifiedLayerNormalization <epsilon = 0.1> (x, g)",
        X | {"g": (4,)},
    ),
    standard(
        "SimplifiedLayerNormalization-axis",
        "y, r = SimplifiedLayerNormalization <axis = 1, epsilon = 0.1> (x, g)",
        X | {"g": (3, 4)},
        ("y", "r"),
    ),
    standard("LayerNormalization-before", "y = LayerNormalization(x, g, b)", X | {"g": (4,), "b": (4,)}),
    standard(
        "LayerNormalization-before-axis",
        "y, m, r = LayerNormalization <axis = 1, epsilon = 0.1> (x, g)",
        X | {"g": (3, 4)},
        ("y", "m", "r"),
    ),
    row("BranchwiseRMSNorm", "y = BranchwiseRMSNorm(x)", X),
    row("BranchwiseRMSNorm-scale", "y = BranchwiseRMSNorm <epsilon = 0.1> (x, g)", X | {"g": (3, 4)}),
    row("BranchwiseRMSNorm-by-one", "y = BranchwiseRMSNorm(x, g)", X | {"g": (4,)}),
    row("BranchwiseRMSNorm-by-all", "y = BranchwiseRMSNorm(x, g)", X | {"g": (12,)}),
    row("BranchwiseRMSNorm-by-flat", "y = BranchwiseRMSNorm <num_branches = 2> (x, g)", {"x": (2, 3, 8), "g": (8,)}),
    row(
        "BranchwiseRMSNorm-by-flat-one", "y = BranchwiseRMSNorm <num_branches = 2> (x, g)", {"x": (2, 3, 8), "g": (4,)}
    ),
    row("GatedRMSNorm", "y = GatedRMSNorm(x, g, z)", {"x": (2, 3, 8), "g": (4,), "z": (2, 3, 8)}),
    row(
        "GatedRMSNorm-sigmoid",
        'y = GatedRMSNorm <activation = "sigmoid", epsilon = 0.1> (x, g, z)',
        {"x": (2, 3, 4), "g": (4,), "z": (2, 3, 4)},
    ),
    grouped("", "activation = 0, channels_last = 0", IMAGE, f"y = {NORM} (x, g, b)"),
    grouped(
        "-last",
        "activation = 1",
        LAST,
        f"t = Transpose <perm = [0, 3, 1, 2]> (x) n = {NORM} (t, g, b) p = Transpose <perm = [0, 2, 3, 1]> (n)"
        f"{SILU} y = Mul(p, q)",
    ),
    grouped(
        "",
        "activation = 1, channels_last = 0",
        IMAGE | {"z": (2, 4, 3, 2)},
        f"s = Add(x, z) p = {NORM} (s, g, b) {SILU} y = Mul(p, q)",
        op_type="SkipGroupNorm",
    ),
    grouped(
        "-last",
        "activation = 0",
        LAST | {"z": (2, 4), "c": (4,)},
        "h = Constant <value = int64[2] {1, 2}> () u = Unsqueeze(z, h) v = Add(x, u) s = Add(v, c)"
        f"t = Transpose <perm = [0, 3, 1, 2]> (s) n = {NORM} (t, g, b) y = Transpose <perm = [0, 2, 3, 1]> (n)",
        op_type="SkipGroupNorm",
    ),
)
