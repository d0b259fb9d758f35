"""Matrix products, Einstein sums and determinants."""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.broadcasting import sum_to
from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

Values = tuple[ir.Value, ...]

MANY_SCORES = 256
"""From this many scores on, finding those that a cotangent speaks of costs less than reading all their weights."""


@vjp("MatMul")
def matmul(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """a̅ = y̅·bᵀ,  b̅ = aᵀ·y̅; a vector counts as a row on the left and as a column on the right.

    Only stacks of matrices are broadcast, each over the other's.
    """
    a, b = node.inputs
    assert a is not None
    assert b is not None
    rank_a, rank_b = node.rank(0), node.rank(1)
    if rank_b == 1:
        ct = op.Unsqueeze(ct, [-1])
    if rank_a == 1:
        ct = op.Unsqueeze(ct, [-2])
    if rank_b == 1:
        a_bar = op.Mul(ct, b)
    elif rank_b == 2 and rank_a <= 2:
        a_bar = _through_scores(op, node, ct, axis=1)
    else:
        a_bar = op.MatMul(ct, _swapped(op, b, rank_b))
    a_bar, b_bar = _row(op, a_bar, rank_a), _right(op, node, ct)
    if rank_b <= 2:
        return a_bar, b_bar
    return sum_to(op, a_bar, a), b_bar if rank_a <= 2 else sum_to(op, b_bar, b)


@vjp("Gemm", since=7)
def gemm(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """a̅ = α·y̅·bᵀ,  b̅ = α·aᵀ·y̅,  c̅ = β·y̅, a and b as they enter the product and turned back where that turns them."""
    a, b = node.inputs[:2]
    turns_a, turns_b = int(node.attribute("transA")), int(node.attribute("transB"))
    alpha, beta = float(node.attribute("alpha")), float(node.attribute("beta"))
    if turns_a:
        a_bar = op.Gemm(b, ct, alpha=alpha, transA=turns_b, transB=1)
    else:
        a_bar = _through_scores(op, node, ct, axis=1 - turns_b, alpha=alpha)
    if turns_b:
        b_bar = op.Gemm(ct, a, alpha=alpha, transA=1, transB=turns_a)
    else:
        b_bar = op.Gemm(a, ct, alpha=alpha, transA=1 - turns_a)
    c = node.input(2)
    if c is None:
        return a_bar, b_bar
    c_bar = sum_to(op, ct, c)
    return a_bar, b_bar, c_bar if beta == 1 else op.Mul(c_bar, beta)


@vjp("Einsum", broadcasts=True)
def einsum(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ᵢ = the Einstein sum of y̅ and the other operands over every index that xᵢ lacks.

    An index of xᵢ alone is spread over, one that xᵢ repeats lands on the diagonal.
    """
    terms, output = _terms(node)
    return tuple(_operand(op, node, ct, terms, output, i) for i in range(len(terms)))


@vjp("Det")
def det(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·C, Cᵢⱼ the determinant of x with its row i replaced by the unit vector eⱼ: also where x is singular."""
    rank = node.rank()
    identity = _identity(op, node, 0, rank - 1)
    is_row = op.Cast(op.Unsqueeze(identity, [1, 3]), to=ir.DataType.BOOL)  # (i, 1, row, 1)
    replaced = op.Where(is_row, op.Unsqueeze(identity, [0, 2]), op.Unsqueeze(node.inputs[0], [rank - 2, rank - 1]))
    return op.Mul(op.Unsqueeze(ct, [rank - 2, rank - 1]), op.Det(replaced))


def _through_scores(op: Emitter, node: ForwardNode, ct: ir.Value, axis: int, alpha: float = 1.0) -> ir.Value:
    """α·y̅·bᵀ for matrices, b turned back where `axis`, which counts the scores, is its first.

    Of a one-hot y̅ it is a row of b for each sample: nothing is multiplied.
    """
    classes, b = _chosen(op, ct), node.inputs[1]
    if classes is None or alpha != 1:
        return op.Gemm(*_spoken_of(op, node, ct, axis), alpha=alpha, transB=axis)
    if b is not None and b.dtype != op.dtype:  # OpenVINO 2026.4 does not read half-precision weights that are gathered
        return op.Gemm(ct, b, transB=axis)
    rows = op.Gather(b, classes, axis=axis)
    return op.Transpose(rows, perm=[1, 0]) if axis else rows


def _chosen(op: Emitter, ct: ir.Value) -> ir.Value | None:
    """The classes `(N,)` of which each has a one in the cotangent `(N, C)`, all else being zero."""
    node = ct.producer()
    if node is None or node.op_type != "OneHot" or not op.is_seed(ct):
        return None
    classes, _, values = node.inputs
    switch = values.const_value.numpy() if values is not None and values.const_value is not None else None
    return classes if switch is not None and switch.tolist() == [0, 1] else None


def _spoken_of(op: Emitter, node: ForwardNode, ct: ir.Value, axis: int) -> tuple[ir.Value, ir.Value | None]:
    """`ct` and the second operand, cut to the scores that `ct` is not zero for; `axis` of the operand counts scores.

    A classifier's last weights are the largest that a gradient reads, and the target speaks of one row of them.
    """
    b, scores = node.inputs[1], node.dims(1)[axis]
    if scores is None or scores < MANY_SCORES or not op.is_seed(ct) or not node.constants.is_constant(b):
        return ct, b
    first = np.arange(scores) == 0  # always one: not every runtime multiplies matrices without a row
    is_spoken_of = op.Or(op.Cast(op.ReduceMax(op.Abs(ct), [0], keepdims=0), to=ir.DataType.BOOL), first)
    indices = op.Reshape(op.NonZero(is_spoken_of), [-1])
    return op.Gather(ct, indices, axis=1), op.Gather(b, indices, axis=axis)


def _right(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """The cotangent of MatMul's second operand."""
    a = node.inputs[0]
    rank_a, rank_b = node.rank(0), node.rank(1)
    if rank_a == 1:
        b_bar = op.Mul(op.Unsqueeze(a, [-1]), ct)
    elif rank_a > 2 and rank_b <= 2:  # one product over the batch too, instead of one each and their sum
        rows = op.Reshape(a, op.Concat([-1], op.Shape(a, start=-1), axis=0))
        b_bar = op.Gemm(rows, op.Reshape(ct, op.Concat([-1], op.Shape(ct, start=-1), axis=0)), transA=1)
    elif rank_a == 2 and rank_b <= 2:
        b_bar = op.Gemm(a, ct, transA=1)
    else:
        b_bar = op.MatMul(_swapped(op, a, rank_a), ct)
    squeezed: ir.Value = op.Squeeze(b_bar, [-1]) if rank_b == 1 else b_bar
    return squeezed


def _row(op: Emitter, a_bar: ir.Value, rank: int) -> ir.Value:
    squeezed: ir.Value = op.Squeeze(a_bar, [-2]) if rank == 1 else a_bar
    return squeezed


def _swapped(op: Emitter, value: ir.Value | None, rank: int) -> ir.Value:
    """The matrices transposed, batch axes left."""
    swapped: ir.Value = op.Transpose(value, perm=[*range(rank - 2), rank - 1, rank - 2])
    return swapped


def _terms(node: ForwardNode) -> tuple[list[str], str]:
    """One letter an axis for each operand and for the output, ellipses written out."""
    equation = str(node.attribute("equation")).replace(" ", "")
    left, arrow, output = equation.partition("->")
    terms = left.split(",")
    free = [c for c in string.ascii_letters if c not in equation]
    spans = [node.rank(i) - len(t.replace("...", "")) if "..." in t else 0 for i, t in enumerate(terms)]
    widest = max(spans)
    if not arrow:
        letters = left.replace(",", "").replace(".", "")
        output = "..." * ("..." in left) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    dots = "".join(free[:widest])
    written = [t.replace("...", dots[widest - span :]) for t, span in zip(terms, spans, strict=True)]
    return written, output.replace("...", dots)


def _operand(op: Emitter, node: ForwardNode, ct: ir.Value, terms: Sequence[str], output: str, i: int) -> ir.Value:
    """The cotangent of operand `i`."""
    free = (c for c in string.ascii_letters if not any(c in t for t in (output, *terms)))
    own, given = "", [output, *(t for j, t in enumerate(terms) if j != i)]
    values = [ct, *(v for j, v in enumerate(node.inputs) if j != i)]
    for axis, letter in enumerate(terms[i]):
        if letter in own:  # a second axis of one letter: an identity matrix puts it on the diagonal
            other = next(free)
            given.append(letter + other)
            values.append(_identity(op, node, i, axis))
            own += other
        else:
            own += letter
    met = "".join(c for c in own if any(c in t for t in given))
    x_bar: ir.Value = op.Einsum(*values, equation=f"{','.join(given)}->{met}")
    if met == own:
        return x_bar
    lone = [k for k, c in enumerate(own) if c not in met]
    spread: ir.Value = op.Expand(op.Unsqueeze(x_bar, lone), op.Shape(node.inputs[i]))
    return spread


def _identity(op: Emitter, node: ForwardNode, i: int, axis: int) -> ir.Value:
    """The identity matrix of the size of one axis of operand `i`."""
    size = op.Slice(op.Shape(node.inputs[i]), [axis], [axis + 1])
    matrix: ir.Value = op.EyeLike(op.ConstantOfShape(op.Concat(size, size, axis=0)), dtype=op.dtype)
    return matrix
