"""Rows for `onnxcam/autodiff/rules/microsoft/runtime_gating.py`."""

from tests.autodiff.cases.case import NEWEST, Case, Values

STREAMS: dict[str, Values] = {"x": (2, 3, 4, 5)}
FLAT: dict[str, Values] = {"x": (2, 3, 20)}
UPDATE: dict[str, Values] = {"u": (2, 3, 5)}
KEYS: dict[str, Values] = {"k": (2, 3, 2, 5), "q": (2, 3, 2, 5), "v": (2, 3, 5), "g": (2, 5), "h": (2, 5)}
LOW_RANK: dict[str, Values] = {"x": (2, 12), "g": (12,), "d": (12, 5), "p": (5, 12), "w": (12, 3)}

MIXED = """grouped = Constant <value = int64[3] {0, 3, 4}> () flat = Constant <value = int64[2] {0, 12}> ()
rows = Constant <value = int64[2] {3, 4}> () first = Constant <value = int64[1] {1}> ()
t = Reshape(s, grouped) h = Reshape(g, rows) r = RMSNormalization(t, h) n = Reshape(r, flat)
d0 = MatMul(n, d) d1 = Add(d0, d0) d2 = Swish(d1) u0 = MatMul(d2, p) u1 = Sigmoid(u0) m = Mul(n, u1)
o = Reshape(m, grouped) y = ReduceMean <keepdims = 0> (o, first)
w0 = MatMul(n, w) w1 = Add(w0, w0) w2 = Sigmoid(w1) z = Add(w2, w2)"""
POST_MIXED = """last = Constant <value = int64[1] {2}> () next = Constant <value = int64[1] {1}> ()
q1 = Unsqueeze(q, last) u2 = Unsqueeze(u, next) qu = Mul(q1, u2) whole = Constant <value = int64[2] {2, 12}> ()
qv = Reshape(qu, whole) s = Add(x, qv)"""


def row(name: str, node: str, inputs: dict[str, Values], outputs: tuple[str, ...] = ("y",)) -> Case:
    body = f"{', '.join(outputs)} = com.microsoft.{node}"
    kind, is_flat, step = f"com.microsoft.{name}", "-flat" in name, 1e-3 if "Engram" in name else None
    return Case(kind, body, inputs, (7, NEWEST), outputs, runtime="onnxruntime", step=step, is_dynamic=not is_flat)


CASES = (
    row("HyperConnectionPreMix", "HyperConnectionPreMix(x, m)", STREAMS | {"m": (2, 3, 4)}),
    row("HyperConnectionPreMix-column", "HyperConnectionPreMix(x, m)", STREAMS | {"m": (2, 3, 4, 1)}),
    row(
        "HyperConnectionPreMix-features",
        "HyperConnectionPreMix <reduction_scale = 0.5> (x, m)",
        STREAMS | {"m": (2, 3, 4, 5)},
    ),
    row("HyperConnectionPreMix-flat", "HyperConnectionPreMix <num_branches = 4> (x, m)", FLAT | {"m": (2, 3, 4)}),
    row("HyperConnectionPreMix-flat-both", "HyperConnectionPreMix <num_branches = 4> (x, m)", FLAT | {"m": (2, 3, 20)}),
    row("HyperConnectionPostMix", "HyperConnectionPostMix(x, u, m)", STREAMS | UPDATE | {"m": (2, 3, 4)}),
    row(
        "HyperConnectionPostMix-mixed",
        "HyperConnectionPostMix(x, u, m, s)",
        STREAMS | UPDATE | {"m": (2, 3, 4, 5), "s": (2, 3, 4, 4)},
    ),
    row(
        "HyperConnectionPostMix-flat",
        "HyperConnectionPostMix <num_branches = 4> (x, u, m, s)",
        FLAT | UPDATE | {"m": (2, 3, 4), "s": (2, 3, 4, 4)},
    ),
    row("EngramGate", "EngramGate(k, q, v, g, h)", KEYS),
    row("EngramGate-normed", "EngramGate <epsilon = 0.1> (k, q, v, g, h, l)", KEYS | {"l": (2, 5)}, ("y", "z")),
    row("LinearAttentionGate", "LinearAttentionGate(a, b, s)", {"a": (2, 3, 4), "b": (4,), "s": (4,)}),
    row(
        "LinearAttentionGate-both",
        "LinearAttentionGate(a, b, s, c)",
        {"a": (2, 3, 4), "b": (4,), "s": (4,), "c": (2, 3, 4)},
        ("y", "z"),
    ),
    Case(
        "com.microsoft.RouterGateUpProj",
        "r, y = com.microsoft.RouterGateUpProj <router_size = 3, activation_alpha = 1.3> (x, w)",
        {"x": (2, 4), "w": (4, 9)},
        opsets=(24, NEWEST),
        outputs=("r", "y"),
        meaning="""p = MatMul(x, w) s = Constant <value = int64[3] {3, 3, 3}> () r, g, u = Split <axis = 1> (p, s)
        a = Swish <alpha = 1.3> (g) y = Mul(a, u)""",
    ),
    *(
        Case(
            f"com.microsoft.HyperConnectionLowRankMix{name}",
            "y, z, s = com.microsoft.HyperConnectionLowRankMix <num_branches = 3, gate_div = 0.5, gate_mul = 2.0,"
            f"silu_alpha = 2.0, reduction_scale = 0.33333333> ({inputs})",
            LOW_RANK | more,
            opsets=(24, NEWEST),
            outputs=("y", "z", "s"),
            meaning=f"{before} {MIXED}",
        )
        for name, inputs, more, before in (
            ("", "x, g, d, p, w", {}, "s = Identity(x)"),
            ("-before", "x, g, d, p, w, u, q", {"u": (2, 4), "q": (2, 3)}, POST_MIXED),
        )
    ),
)
