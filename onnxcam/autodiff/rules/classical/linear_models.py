"""Classical machine learning: linear models and support vector machines, by their scores.

Source: ai.onnx.ml, as ONNX Runtime computes it: (N, F), or (F,) as one row.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.classical.features import ML

WINITZKI = 0.147
"""Of the formula by which the runtimes approximate the inverse of erf."""

LEAST = -1e30
"""A score whose softmax is 0 beside any other."""


@expansion("LinearRegressor", domain=ML)
def linear_regressor(op: Emitter, node: ForwardNode) -> ir.Value:
    """The transform of x·coefficientsᵀ + intercepts."""
    coefficients = _matrix(node, "coefficients", int(node.attribute("targets")))
    intercepts = _floats(node, "intercepts")
    bias = intercepts if len(intercepts) == len(coefficients) else np.zeros(len(coefficients))
    return _transformed(op, node, _product(op, node, coefficients, bias), len(coefficients))


@expansion("LinearClassifier", domain=ML)
def linear_classifier(op: Emitter, node: ForwardNode) -> tuple[None, ir.Value]:
    """The transform of x·coefficientsᵀ + intercepts; a single score of two classes is that of the second."""
    intercepts = _floats(node, "intercepts")
    scores = _product(op, node, _matrix(node, "coefficients", len(intercepts)), intercepts)
    if len(intercepts) == 1 and _class_count(node) == 2:
        return None, _both(op, node, scores)
    return None, _transformed(op, node, scores, len(intercepts))


@expansion("SVMRegressor", domain=ML)
def svm_regressor(op: Emitter, node: ForwardNode) -> ir.Value:
    """Σ coefficients·k(x, support vectors) + ρ, or x·coefficients + ρ where there are none; its sign for one class."""
    count = int(node.attribute("n_supports"))
    coefficients, rho = _matrix(node, "coefficients", 1), _floats(node, "rho")[:1]
    if count:
        y = op.Gemm(_kernel(op, node, count), coefficients, rho, transB=1)
    else:
        y = _product(op, node, coefficients, rho)
    return op.Sign(y) if node.attribute("one_class") else y


@expansion("SVMClassifier", domain=ML)
def svm_classifier(op: Emitter, node: ForwardNode) -> tuple[None, ir.Value]:
    """The transform of x·coefficientsᵀ + ρ, or of one score for each pair of classes, from the vectors of these two."""
    counts, rho, classes = node.attribute("vectors_per_class") or (), _floats(node, "rho"), _class_count(node)
    if not sum(counts):
        scores = _product(op, node, _matrix(node, "coefficients", classes), np.full(classes, rho[0]))
        return None, _transformed(op, node, scores, classes)
    if node.attribute("prob_a"):
        raise node.refusal("its probabilities come from an iteration that stops before it converges")
    pairs = _pairs(_matrix(node, "coefficients", classes - 1), np.repeat(np.arange(classes), counts))
    scores = op.Gemm(_kernel(op, node, int(sum(counts))), pairs, rho)
    return None, _both(op, node, scores) if classes == 2 else _transformed(op, node, scores, len(rho))


def _pairs(coefficients: NDArray[np.float64], of: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each vector counts for each pair of classes, (vectors, pairs).

    A vector of class c has one coefficient for each other class, in their order; `of` tells its class.
    """
    classes = range(len(coefficients) + 1)
    columns = [
        np.where(of == i, coefficients[j - 1], 0) + np.where(of == j, coefficients[i], 0)
        for i in classes
        for j in classes[i + 1 :]
    ]
    return np.stack(columns, axis=1)


def _kernel(op: Emitter, node: ForwardNode, count: int) -> ir.Value:
    """The kernel of each row and each support vector, (N, count)."""
    vectors, kind = _matrix(node, "support_vectors", count), node.attribute("kernel_type")
    gamma, offset, degree = (float(v) for v in node.attribute("kernel_params") or (0, 0, 0))
    if kind == "RBF":
        apart = op.Sub(op.Unsqueeze(_rows(op, node), [1]), vectors)
        return op.Exp(op.Mul(op.ReduceSumSquare(apart, [2], keepdims=0), -gamma))
    if kind == "LINEAR":
        return op.MatMul(_rows(op, node), vectors.T)
    inner = op.Add(op.MatMul(_rows(op, node), gamma * vectors.T), offset)
    return op.Tanh(inner) if kind == "SIGMOID" else op.Pow(inner, degree)


def _both(op: Emitter, node: ForwardNode, score: ir.Value) -> ir.Value:
    """The scores of two classes from one of the second: a softmax is not taken of them."""
    kind = node.attribute("post_transform")
    if kind == "PROBIT":
        raise node.refusal("its PROBIT of one score for two classes leaves the other undefined")
    if kind == "LOGISTIC":
        return op.Concat(op.Sigmoid(op.Neg(score)), op.Sigmoid(score), axis=1)
    is_signed = node.node.op_type == "SVMClassifier" and kind == "NONE"
    return op.Concat(op.Neg(score) if is_signed else op.Sub(1.0, score), score, axis=1)


def _transformed(op: Emitter, node: ForwardNode, scores: ir.Value, count: int) -> ir.Value:
    """The scores after `post_transform`; of a lone one, that is PROBIT or nothing."""
    kind = node.attribute("post_transform")
    if kind == "PROBIT":
        return op.Mul(_inverse_erf(op, op.Sub(op.Mul(scores, 2.0), 1.0)), math.sqrt(2))
    if kind == "NONE" or count == 1:
        return scores
    if kind == "LOGISTIC":
        return op.Sigmoid(scores)
    if kind == "SOFTMAX":
        return op.Softmax(scores, axis=1)
    is_zero = op.LessOrEqual(op.Abs(scores), 1e-7)  # SOFTMAX_ZERO leaves these out
    return op.Softmax(op.Where(is_zero, LEAST, scores), axis=1)


def _inverse_erf(op: Emitter, x: ir.Value) -> ir.Value:
    """The x of erf(y) by Winitzki's formula; near 0, where its root has no derivative, by the tangent."""
    is_near = op.Less(op.Abs(x), 1e-4)
    away = op.Where(is_near, 0.5, x)
    log = op.Log(op.Sub(1.0, op.Mul(away, away)))
    half = op.Add(op.Mul(log, 0.5), 2 / (math.pi * WINITZKI))
    root = op.Sqrt(op.Sub(op.Sqrt(op.Sub(op.Mul(half, half), op.Div(log, WINITZKI))), half))
    return op.Where(is_near, op.Mul(x, math.sqrt(math.pi) / 2), op.Mul(op.Sign(away), root))


def _product(op: Emitter, node: ForwardNode, coefficients: NDArray[np.float64], bias: NDArray[np.float64]) -> ir.Value:
    product: ir.Value = op.Gemm(_rows(op, node), coefficients, bias, transB=1)
    return product


def _rows(op: Emitter, node: ForwardNode) -> ir.Value:
    x: Any = node.inputs[0]
    rows: ir.Value = x if node.rank() == 2 else op.Reshape(x, [1, -1])
    return rows


def _matrix(node: ForwardNode, name: str, rows: int) -> NDArray[np.float64]:
    return _floats(node, name).reshape(rows, -1)


def _floats(node: ForwardNode, name: str) -> NDArray[np.float64]:
    return np.array(node.attribute(name) or (), dtype=np.float64)


def _class_count(node: ForwardNode) -> int:
    return len(node.attribute("classlabels_strings") or node.attribute("classlabels_ints") or ())
