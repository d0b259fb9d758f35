"""Rows for `onnxcam/autodiff/rules/microsoft/fused_activations.py`."""

from tests.autodiff.cases.case import NEWEST, Case, Values

X = {"x": (2, 3, 4)}
RUNTIME = "onnxruntime"  # the reference evaluator does not know the domain


def row(name: str, node: str, inputs: dict[str, Values], opsets: tuple[int, ...] = (7, NEWEST)) -> Case:
    return Case(f"com.microsoft.{name}", f"y = com.microsoft.{node}", inputs, opsets=opsets, runtime=RUNTIME)


CASES = (
    row("Gelu", "Gelu(x)", X),
    row("BiasGelu", "BiasGelu(x, b)", X | {"b": (4,)}),
    row("FastGelu", "FastGelu(x)", X),
    row("FastGelu-bias", "FastGelu(x, b)", X | {"b": (4,)}),
    row("QuickGelu", "QuickGelu(x)", X),
    row("QuickGelu-alpha", "QuickGelu <alpha = 0.7> (x)", X),
    row("QuickGelu-silu", "QuickGelu <alpha = 1.0> (x)", X),
    row("ScaledSiLU", "ScaledSiLU(x)", X),
    row("ScaledSiLU-alpha", "ScaledSiLU <alpha = 1.7> (x)", X),
    row("ScaledSiLU-scale", "ScaledSiLU(x, s)", X | {"s": ()}),
    Case(
        "com.microsoft.BiasSplitGelu",
        "y = com.microsoft.BiasSplitGelu(x, b)",
        X | {"b": (4,)},
        opsets=(20, NEWEST),
        meaning='s = Add(x, b) l, r = Split <axis = 2, num_outputs = 2> (s) g = Gelu <approximate = "none"> (r)'
        "y = Mul(l, g)",
        runtime=RUNTIME,
    ),
    Case(
        "com.microsoft.SwiGLU",
        "y = com.microsoft.SwiGLU <activation_alpha = 1.7> (x, u)",
        X | {"u": (2, 3, 4)},
        opsets=(24, NEWEST),
        meaning="s = Swish <alpha = 1.7> (x) y = Mul(s, u)",
    ),
    Case(
        "com.microsoft.SwiGLU-joint",
        "y = com.microsoft.SwiGLU <activation_beta = 1.0, limit = 0.5> (x)",
        X,
        opsets=(24, NEWEST),
        avoid=(-0.5, 0.5),
        meaning="""g, u = Split <axis = 2, num_outputs = 2> (x) one = Constant <value = float {1.0}> ()
        half = Constant <value = float {0.5}> () low = CastLike(half, x) high = Neg(low) c = Min(g, low)
        d = Min(u, low) e = Max(d, high) i = CastLike(one, x) l = Add(e, i) s = Swish(c) y = Mul(s, l)""",
    ),
)
