"""Rows for `onnxcam/autodiff/rules/products.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

OPSETS = (7, 9, 11, 13, NEWEST)
Shape = tuple[int, ...]


def matmul(name: str, a: Shape, b: Shape) -> Case:
    return Case(f"MatMul-{name}", "y = MatMul(a, b)", {"a": a, "b": b}, opsets=(7, 9, 13, NEWEST))


def gemm(name: str, attributes: str, a: Shape, b: Shape, c: Shape | None = None) -> Case:
    inputs = {"a": a, "b": b} | ({"c": c} if c is not None else {})
    opsets = OPSETS if c is not None else (11, NEWEST)
    return Case(f"Gemm-{name}", f"y = Gemm <{attributes}> ({', '.join(inputs)})", inputs, opsets=opsets)


def einsum(equation: str, *shapes: Shape, name: str = "", result: Shape | None = None) -> Case:
    """An Einstein sum; `result` is its shape where the standard's inference finds none (ellipses that broadcast)."""
    inputs = dict(zip("abcd", shapes, strict=False))
    name = name or equation.replace(" ", "")
    body = f'y = Einsum <equation = "{equation}"> ({", ".join(inputs)})'
    if result is not None:
        body = (
            body.replace("y =", "e =") + f"\nshape = Constant <value_ints = {list(result)}> ()\ny = Reshape(e, shape)"
        )
    return Case(f"Einsum-{name}", body, inputs, opsets=(12, NEWEST))


TURNS = [(a, b) for a in (0, 1) for b in (0, 1)]

CASES = (
    matmul("matrices", (3, 4), (4, 5)),
    matmul("dot", (4,), (4,)),
    matmul("vector-matrix", (4,), (4, 5)),
    matmul("matrix-vector", (3, 4), (4,)),
    matmul("vector-batch", (4,), (2, 3, 4, 5)),
    matmul("batch-vector", (2, 3, 5, 4), (4,)),
    matmul("batch-matrix", (2, 3, 5, 4), (4, 6)),
    matmul("matrix-batch", (5, 4), (2, 3, 4, 6)),
    matmul("batches", (2, 3, 4), (2, 4, 5)),
    matmul("batches-broadcast", (2, 1, 3, 4), (3, 4, 5)),
    matmul("batches-broadcast-both", (2, 1, 3, 4), (1, 3, 4, 5)),
    matmul("batches-one", (1, 3, 4), (2, 4, 5)),
    *(
        gemm(f"{a}{b}", f"transA = {a}, transB = {b}", (4, 3) if a else (3, 4), (5, 4) if b else (4, 5), (5,))
        for a, b in TURNS
    ),
    *(
        gemm(
            f"scaled-{a}{b}",
            f"transA = {a}, transB = {b}, alpha = 0.5",
            (4, 3) if a else (3, 4),
            (5, 4) if b else (4, 5),
        )
        for a, b in TURNS
    ),
    gemm("beta", "alpha = 2.0, beta = 3.0", (3, 4), (4, 5), (3, 5)),
    gemm("beta-row", "beta = 0.5", (3, 4), (4, 5), (1, 5)),
    gemm("beta-column", "beta = 0.5", (3, 4), (4, 5), (3, 1)),
    gemm("beta-scalar", "beta = 0.5", (3, 4), (4, 5), ()),
    gemm("beta-zero", "beta = 0.0", (3, 4), (4, 5), (5,)),
    einsum("ij,jk->ik", (3, 4), (4, 5)),
    einsum("ij , jk", (3, 4), (4, 5), name="implicit"),
    einsum("ji", (3, 4), name="implicit-transposed"),
    einsum("bhid,bhjd->bhij", (2, 3, 4, 5), (2, 3, 6, 5)),
    einsum("ij->", (3, 4), name="sum"),
    einsum("ij,k->ik", (3, 4), (5,)),
    einsum("ijk,k->i", (3, 4, 5), (5,)),
    einsum("i,j,k->kji", (3,), (4,), (5,), name="outer"),
    einsum("ij,ij,ij->i", (3, 4), (3, 4), (3, 4), name="three"),
    einsum("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 6), name="ellipsis", result=(2, 5, 3, 6)),
    einsum("...ij,...jk", (2, 3, 4), (4, 6), name="ellipsis-implicit", result=(2, 3, 6)),
    einsum("i...->...i", (2, 3, 4), name="ellipsis-transposed"),
    einsum("i...j,...->ij...", (2, 5, 3, 4), (3,), name="ellipsis-inside", result=(2, 4, 5, 3)),
    einsum("b...,b->...", (2, 3, 4), (2,), name="ellipsis-kept"),
    einsum("ii->i", (3, 3), name="diagonal"),
    einsum("ii", (3, 3), name="trace"),
    einsum("iji->ij", (3, 2, 3), name="diagonal-outer"),
    einsum("bii,bij->bj", (2, 3, 3), (2, 3, 4), name="diagonal-product"),
    einsum("iii->i", (3, 3, 3), name="diagonal-cube"),
    Case("Det", "y = Det(x)", {"x": (3, 3)}, (11, 22, NEWEST)),
    Case("Det-batch", "y = Det(x)", {"x": (2, 3, 4, 4)}, (11, 22)),
    Case("Det-one", "y = Det(x)", {"x": (3, 1, 1)}, (22,)),
    Case("Det-rank-2-of-3", "y = Det(x)", {"x": np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, -1.0]])}, (22,)),
    Case("Det-rank-1-of-3", "y = Det(x)", {"x": np.outer([1.0, 2.0, -1.0], [3.0, 1.0, 2.0])}, (22,)),
    # Many scores: only the weights of those that the cotangent speaks of are read.
    Case("Gemm-many-scores", "y = Gemm <transB = 1> (a, b)", {"a": (2, 3), "b": (300, 3)}, (13,), constant=("b",)),
    Case(
        "Gemm-many-scores-across", "y = Gemm <alpha = 2.0> (a, b)", {"a": (2, 3), "b": (3, 300)}, (13,), constant=("b",)
    ),
    Case("MatMul-many-scores", "y = MatMul(a, b)", {"a": (2, 3), "b": (3, 300)}, (13,), constant=("b",)),
)
