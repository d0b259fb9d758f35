"""Rows for the rules of embeddings: `rotary.py`, `embedding.py`, `position_bias.py`, `packing.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

RUNTIME = "onnxruntime"  # the reference evaluator does not know the domain
CACHES: dict[str, Values] = {"c": (6, 2), "s": (6, 2)}
FLAT: dict[str, Values] = {"x": (2, 3, 8)} | CACHES
BY_HEAD: dict[str, Values] = {"x": (2, 2, 3, 4)} | CACHES
PLACES: dict[str, Values] = {"p": np.array([[0, 3, 1], [5, 2, 2]])}
KINDS: dict[str, Values] = {
    "x": (2, 2, 3, 10),
    "c": (6, 5),
    "s": (6, 5),
    "p": np.array([[[0, 3, 1], [5, 2, 2]], [[1, 1, 4], [0, 0, 5]], [[2, 5, 3], [3, 4, 1]]]),
}

WORDS: dict[str, Values] = {"w": (7, 4), "p": (5, 4), "g": (4,), "b": (4,)}
IDS: dict[str, Values] = {"i": np.array([[0, 6, 2], [3, 3, 1]], np.int32)}
SEGMENTS: dict[str, Values] = {"j": np.array([[0, 0, 1], [1, 1, 1]], np.int32), "k": (2, 4)}

# Two sequences of three places, the first of which holds three tokens and the second two.
OFFSETS: dict[str, Values] = {"o": np.array([[0, 1, 2], [3, 4, 5]], np.int32), "n": np.array([0, 3, 5], np.int32)}
BOTH = """h = Constant <value_ints = [1, -1, 8]> ()   f = Constant <value_ints = [-1, 8]> ()
    i = Constant <value_ints = [3, 2]> ()   {0}3, {0}4 = Split <axis = 0> ({0}2, i)
    {0}5 = Reshape({0}3, h)   {0}6 = Reshape({0}4, h)"""
APART = """y5 = Attention <q_num_heads = 2, kv_num_heads = 2> (q5, k5, v5{0})
    y6 = Attention <q_num_heads = 2, kv_num_heads = 2> (q6, k6, v6{1})
    y3 = Reshape(y5, f)   y4 = Reshape(y6, f)   y = Concat <axis = 0> (y3, y4)"""
CUT = """l = Constant <value_ints = [0, 0]> ()   u = Constant <value_ints = [2, 2]> ()
    t = Constant <value_ints = [2, 3]> ()   m = Slice(a, l, u, t)"""


def row(name: str, node: str, inputs: dict[str, Values], *outputs: str) -> Case:
    body = node.replace("= ", "= com.microsoft.", 1)
    return Case(f"com.microsoft.{name}", body, inputs, (11, NEWEST), outputs or ("y",), runtime=RUNTIME, scale=0.5)


def meant(name: str, node: str, inputs: dict[str, Values], meaning: str, *outputs: str) -> Case:
    """A node that the CPU does not run."""
    body, made = node.replace("= ", "= com.microsoft.", 1), outputs or ("y",)
    return Case(f"com.microsoft.{name}", body, inputs, (23, NEWEST), made, runtime=RUNTIME, meaning=meaning)


def layer(form: str, attributes: str, names: str, inputs: dict[str, Values], *outputs: str) -> Case:
    """An embedding layer, which asks for tables whose sizes are known."""
    made, given = "y, m, y2" if "y2" in outputs else "y, m", WORDS | IDS | inputs
    body = f"{made} = com.microsoft.EmbedLayerNormalization{attributes} ({names})"
    case = f"com.microsoft.EmbedLayerNormalization{form}"
    return Case(case, body, given, (11, NEWEST), outputs or ("y",), runtime=RUNTIME, is_dynamic=False)


def classes(count: int, length: int, *, is_bidirectional: bool, max_distance: int) -> str:
    """The classes of distances as a constant, by T5's description: half of them exact, half by logarithm."""
    ahead = np.arange(length)[None] - np.arange(length)[:, None]
    sided, base = (count // 2, (ahead > 0) * (count // 2)) if is_bidirectional else (count, 0 * ahead)
    exact, far = sided // 2, np.abs(ahead)
    rise = np.log(np.maximum(far, 1) / exact) / np.log(max_distance / exact) * (sided - exact)
    found = base + np.where(far < exact, far, np.minimum(exact + rise.astype(int), sided - 1))
    listed = ", ".join(str(int(c)) for c in found.ravel())
    return f"n = Constant <value = int64[{length}, {length}] {{{listed}}}> ()"


def relative(form: str, attributes: str, *, is_bidirectional: bool) -> Case:
    constant = classes(8, 9, is_bidirectional=is_bidirectional, max_distance=6)
    body = f"y = RelativePositionBias <max_distance = 6{attributes}> (t, l, l)"
    meaning = f"""{constant}   h = Constant <value_ints = [3, 8]> ()   a = Constant <value_ints = [0]> ()
        r = Reshape(t, h)   g = Gather <axis = 1> (r, n)   y = Unsqueeze(g, a)"""
    inputs: dict[str, Values] = {"t": (8, 3), "l": np.array([9])}
    return meant(f"RelativePositionBias{form}", body, inputs, meaning)


CASES = (
    row("RotaryEmbedding", "y = RotaryEmbedding(x, p, c, s)", FLAT | PLACES),
    row("RotaryEmbedding-by-head", "y = RotaryEmbedding <interleaved = 1> (x, p, c, s)", BY_HEAD | PLACES),
    row("RotaryEmbedding-one-place", "y = RotaryEmbedding(x, p, c, s)", FLAT | {"p": np.array([2])}),
    row(
        "RotaryEmbedding-partial",
        "y = RotaryEmbedding <num_heads = 2, rotary_embedding_dim = 4> (x, p, c, s)",
        FLAT | PLACES | {"x": (2, 3, 14)},
    ),
    row("MRotaryEmbedding", "y = MRotaryEmbedding <mrope_section = [2, 2, 1], num_heads = 2> (x, p, c, s)", KINDS),
    row(
        "MRotaryEmbedding-interleaved",
        "y = MRotaryEmbedding <mrope_section = [3, 1, 1], mrope_layout = 1, interleaved = 1> (x, p, c, s)",
        KINDS,
    ),
    meant(
        "GemmaRotaryEmbedding",
        "y, y1 = GemmaRotaryEmbedding(e, q, r, k, t)",
        {"e": (2, 3, 4), **{n: (2, 2, 3, 4) for n in "qrkt"}},
        """a = Constant <value_ints = [1]> ()   e1 = Unsqueeze(e, a)   c = Cos(e1)   s = Sin(e1)
        q1 = Mul(q, c)   r1 = Mul(r, s)   y = Add(q1, r1)   k1 = Mul(k, c)   t1 = Mul(t, s)   y1 = Add(k1, t1)""",
        "y",
        "y1",
    ),
    layer("", "", "i, , w, p, , g, b", {}),
    layer("-segments-sum", " <epsilon = 0.1>", "i, j, w, p, k, g, b", SEGMENTS, "y", "y2"),
    layer("-places", "", "i, , w, p, , g, b, , l", {"l": np.array([[4, 0, 1]], np.int32)}),
    meant("TorchEmbedding", "y = TorchEmbedding(w, i)", {"w": (7, 4), "i": np.array([[0, 6]])}, "y = Gather(w, i)"),
    meant(
        "GatedRelativePositionBias",
        "y = GatedRelativePositionBias <num_heads = 2> (q, b, p, w, c, a)",
        {"q": (2, 3, 8), "b": (8,), "p": (1, 2, 3, 3), "w": (4, 6), "c": (6,), "a": (1, 2, 1, 1)},
        """z = Add(q, b)   h = Constant <value_ints = [0, 0, 2, 4]> ()   z1 = Reshape(z, h)
        z2 = Transpose <perm = [0, 2, 1, 3]> (z1)   z3 = MatMul(z2, w)   z4 = Add(z3, c)
        g = Constant <value_ints = [0, 0, 0, 2, 3]> ()   z5 = Reshape(z4, g)
        z6 = Einsum <equation = "abcde->abcd"> (z5)
        z7 = Sigmoid(z6)   u, r = Split <axis = -1, num_outputs = 2> (z7)
        one = Constant <value_float = 1.0> ()   two = Constant <value_float = 2.0> ()
        r1 = Mul(r, a)   r2 = Sub(r1, one)   u1 = Mul(u, r2)   u2 = Add(u1, two)   y = Mul(u2, p)""",
    ),
    relative("", "", is_bidirectional=False),
    relative("-bidirectional", ", is_bidirectional = 1", is_bidirectional=True),
    meant(
        "RemovePadding",
        "y, o, n, l = RemovePadding(x, t)",
        {"x": (2, 3, 4), "t": np.array([2, 3], np.int32)},
        """r = Constant <value_ints = [0, 1, 3, 4, 5]> ()   h = Constant <value_ints = [6, 4]> ()
        x1 = Reshape(x, h)   y = Gather(x1, r)""",
    ),
    meant(
        "RestorePadding",
        "y = RestorePadding(x, o)",
        {"x": (5, 4), "o": np.array([[0, 1, 3], [4, 5, 2]], np.int32)},
        """a = Constant <value_ints = [0, 0, 1, 0]> ()   x1 = Pad(x, a)
        r = Constant <value_ints = [0, 1, 5, 2, 3, 4]> ()
        h = Constant <value_ints = [2, 3, 4]> ()   x2 = Gather(x1, r)   y = Reshape(x2, h)""",
    ),
    meant(
        "PackedAttention",
        "y = PackedAttention <num_heads = 2> (x, w, b, o, n, a)",
        {"x": (5, 6), "w": (6, 24), "b": (24,), "a": (1, 2, 3, 3)} | OFFSETS,
        "\n".join(
            [
                "z = MatMul(x, w)   z1 = Add(z, b)   q2, k2, v2 = Split <axis = 1, num_outputs = 3> (z1)",
                *(BOTH.format(n) for n in "qkv"),
                CUT,
                APART.format(", a", ", m"),
            ]
        ),
    ),
    meant(
        "PackedMultiHeadAttention",
        "y = PackedMultiHeadAttention <num_heads = 2> (q2, k2, v2, , o, n)",
        {"q2": (5, 8), "k2": (5, 8), "v2": (5, 8)} | OFFSETS,
        "\n".join([*(BOTH.format(n) for n in "qkv"), APART.format("", "")]),
    ),
    meant(
        "PackedMultiHeadAttention-together",
        "y = PackedMultiHeadAttention <num_heads = 2> (x, , , b, o, n)",
        {"x": (5, 2, 3, 4), "b": (24,)} | OFFSETS,
        "\n".join(
            [
                "q, k, v = Split <axis = 2, num_outputs = 3> (x)   r, l, w = Split <axis = 0, num_outputs = 3> (b)",
                "e = Constant <value_ints = [5, 8]> ()   q1 = Reshape(q, e)   k1 = Reshape(k, e)   v1 = Reshape(v, e)",
                "q2 = Add(q1, r)   k2 = Add(k1, l)   v2 = Add(v1, w)",
                *(BOTH.format(n) for n in "qkv"),
                APART.format("", ""),
            ]
        ),
    ),
)
