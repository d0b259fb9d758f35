"""Normalization to zero mean and unit variance, over whichever axes; and by given statistics."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode, as_float
from onnxcam.autodiff.registry import vjp

Values = tuple[ir.Value | None, ...]
Channels = ir.Value | NDArray[np.float64]


@dataclasses.dataclass(frozen=True, slots=True)
class Standardized:
    """n = (x - mean)·r, r = 1/√(var + ε), with the mean and the variance of x itself over `axes`.

    Attributes:
        n: The standardized value, of x's shape.
        r: The inverse deviation, 1 along the axes.
        axes: What the statistics are taken over.
        is_centred: False for n = x/√(mean x² + ε).
    """

    n: ir.Value
    r: ir.Value
    axes: list[int]
    is_centred: bool

    def pull_back(self, op: Emitter, ct: ir.Value) -> ir.Value:
        """x̅ = r·(n̅ - mean n̅ - n·mean(n̅·n)); without the first mean where x is not centred."""
        if self.is_centred:
            ct = op.Sub(ct, op.ReduceMean(ct, self.axes, keepdims=1))
        projection = op.ReduceMean(op.Mul(ct, self.n), self.axes, keepdims=1)
        return op.Mul(self.r, op.Sub(ct, op.Mul(self.n, projection)))


def standardize(
    op: Emitter, x: ir.Value | None, axes: Sequence[int], epsilon: float, *, is_centred: bool = True, floor: float = 0.0
) -> Standardized:
    """Compute n and r anew; `floor` is added to the deviation instead of `epsilon` to the variance."""
    over = list(axes)
    deviation = op.Sub(x, op.ReduceMean(x, over, keepdims=1)) if is_centred else x
    variance = op.ReduceMean(op.Mul(deviation, deviation), over, keepdims=1)
    spread = op.Sqrt(op.Add(variance, epsilon) if epsilon else variance)
    r = op.Reciprocal(op.Add(spread, floor) if floor else spread)
    return Standardized(op.Mul(deviation, r), r, over, is_centred)


@vjp("BatchNormalization")
def batch_normalization(op: Emitter, node: ForwardNode, ct: ir.Value | None, *statistics: ir.Value | None) -> Values:
    """x̅ = y̅·s·r,  s̅ = Σ y̅·(x - m)·r,  b̅ = Σ y̅,  m̅ = -s·r·b̅,  v̅ = -s·r²·s̅/2;  r = 1/√(v + ε)."""
    if node.attribute("training_mode", 0) or any(o.name for o in node.outputs[1:]):
        return _batch_statistics(op, node, ct, statistics)
    x, _, _, mean, _ = node.inputs
    is_spatial = node.attribute("spatial", 1) and node.rank() > 2
    others = [0, *range(2, node.rank())] if is_spatial else [0]
    gain, r = _gain(op, node)
    x_ct = op.Mul(ct, _per_channel(op, gain, others[1:]))
    if not any(node.is_wanted(i) for i in range(1, 5)):
        return (x_ct,)
    centred = op.Sub(x, _per_channel(op, mean, others[1:]))
    b_ct = op.ReduceSum(ct, others, keepdims=0)
    s_ct = op.Mul(op.ReduceSum(op.Mul(ct, centred), others, keepdims=0), r)
    m_ct = op.Neg(op.Mul(gain, b_ct))
    v_ct = op.Mul(op.Mul(op.Mul(gain, r), s_ct), -0.5)
    return x_ct, s_ct, b_ct, m_ct, v_ct


def _gain(op: Emitter, node: ForwardNode) -> tuple[Channels, Channels]:
    """s·r and r, by channel: computed beforehand where the model leaves s and v constant."""
    epsilon, scale, variance = node.attribute("epsilon"), op.known(node.inputs[1]), op.known(node.inputs[4])
    if scale is not None and variance is not None:
        r = 1 / np.sqrt(as_float(variance) + epsilon)
        return as_float(scale) * r, r
    r = op.Reciprocal(op.Sqrt(op.Add(node.inputs[4], epsilon)))
    return op.Mul(node.inputs[1], r), r


def _batch_statistics(op: Emitter, node: ForwardNode, ct: ir.Value | None, statistics: Values) -> Values:
    """As instance_normalization, over the batch as well; the statistics given do not enter y.

    Before version 14 the further outputs alone mean training mode; ONNX Runtime reads them so.
    """
    if not node.attribute("spatial", 1):
        raise node.refusal("it normalizes each feature by the batch's statistics")
    axes = [0, *range(2, node.rank())]
    found = _by_channel(op, node, ct, axes) if ct is not None else (None, None, None)
    if all(s is None for s in statistics):
        return found
    if node.since_version < 14:
        raise node.refusal("its running or saved statistics are used")
    x_ct, mean_ct, variance_ct = _running_statistics(op, node, statistics, axes)
    return x_ct if ct is None else op.Add(found[0], x_ct), *found[1:], mean_ct, variance_ct


def _running_statistics(op: Emitter, node: ForwardNode, statistics: Values, axes: Sequence[int]) -> Values:
    """x̅ = (1 - p)·(m̅ + 2·v̅·(x - mean x))/n; p·m̅ and p·v̅ for those given. p is the momentum, n a channel's size."""
    x, momentum = node.inputs[0], node.attribute("momentum")
    mean_ct, variance_ct = ((0.0 if s is None else _per_channel(op, s, axes[1:])) for s in statistics)
    deviation = op.Sub(x, op.ReduceMean(x, axes, keepdims=1))
    total = op.Add(op.Mul(deviation, op.Mul(variance_ct, 2.0)), mean_ct)
    size = op.Cast(op.ReduceProd(op.Gather(op.Shape(x), axes), keepdims=0), to=op.dtype)
    x_ct = op.Mul(total, op.Div(1.0 - momentum, size))
    return x_ct, *(None if s is None else op.Mul(s, momentum) for s in statistics)


@vjp("InstanceNormalization")
def instance_normalization(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """n̅ = y̅·s,  x̅ = r·(n̅ - mean n̅ - n·mean(n̅·n)),  s̅ = Σ y̅·n,  b̅ = Σ y̅."""
    return _by_channel(op, node, ct, range(2, node.rank()))


def _by_channel(op: Emitter, node: ForwardNode, ct: ir.Value, axes: Sequence[int]) -> Values:
    """Statistics over `axes`, then a scale and a bias for each channel."""
    x, scale = node.inputs[:2]
    spatial = list(range(2, node.rank()))
    standard = standardize(op, x, axes, node.attribute("epsilon"))
    x_ct = standard.pull_back(op, op.Mul(ct, _per_channel(op, scale, spatial)))
    return x_ct, *_scale_and_bias(op, ct, standard.n, [0, *spatial])


@vjp("GroupNormalization", since=18)
def group_normalization_by_group(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """As instance_normalization over each group of channels, scaled by group."""
    grouped, standard = _grouped(op, node)
    ct = op.Reshape(ct, grouped)
    x_ct = standard.pull_back(op, op.Mul(ct, op.Unsqueeze(node.inputs[1], [1])))
    return op.Reshape(x_ct, op.Shape(node.inputs[0])), *_scale_and_bias(op, ct, standard.n, [0, 2])


@vjp("GroupNormalization", since=21)
def group_normalization(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """As instance_normalization over each group of channels, scaled by channel."""
    x, scale = node.inputs[:2]
    spatial = list(range(2, node.rank()))
    grouped, standard = _grouped(op, node)
    x_ct = standard.pull_back(op, op.Reshape(op.Mul(ct, _per_channel(op, scale, spatial)), grouped))
    shape = op.Shape(x)
    return op.Reshape(x_ct, shape), *_scale_and_bias(op, ct, op.Reshape(standard.n, shape), [0, *spatial])


def _grouped(op: Emitter, node: ForwardNode) -> tuple[list[int], Standardized]:
    """The shape (batch, groups, rest), and x in that shape, standardized by group."""
    grouped = [0, node.attribute("num_groups"), -1]
    return grouped, standardize(op, op.Reshape(node.inputs[0], grouped), [2], node.attribute("epsilon"))


@vjp("LayerNormalization", broadcasts=True)
def layer_normalization(
    op: Emitter,
    node: ForwardNode,
    ct: ir.Value | None,
    mean_ct: ir.Value | None = None,
    r_ct: ir.Value | None = None,
) -> Values:
    """n̅ = y̅·s,  x̅ = r·(n̅ - mean n̅ - n·mean(n̅·n)) + (m̅ - r̅·r²·n)/size,  s̅ = y̅·n,  b̅ = y̅."""
    x, scale = node.inputs[:2]
    standard = standardize(op, x, range(node.axis(), node.rank()), node.attribute("epsilon"))
    if ct is None:
        ct = op.Mul(x, 0.0)
    x_ct = standard.pull_back(op, op.Mul(ct, scale))
    if r_ct is not None:
        mean_ct = op.Sub(
            0.0 if mean_ct is None else mean_ct, op.Mul(op.Mul(r_ct, op.Mul(standard.r, standard.r)), standard.n)
        )
    if mean_ct is not None:
        size = op.ReduceProd(op.Slice(op.Shape(x), [node.axis()], [node.rank()]), keepdims=0)
        x_ct = op.Add(x_ct, op.Div(mean_ct, op.Cast(size, to=op.dtype)))
    return (x_ct, op.Mul(ct, standard.n), ct)[: len(node.inputs)]


@vjp("RMSNormalization", broadcasts=True)
def rms_normalization(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """n̅ = y̅·s,  x̅ = r·(n̅ - n·mean(n̅·n)),  s̅ = y̅·n;  n = x·r, r = 1/√(mean x² + ε)."""
    x, scale = node.inputs
    axes = range(node.axis(), node.rank())
    standard = standardize(op, x, axes, node.attribute("epsilon"), is_centred=False)
    return standard.pull_back(op, op.Mul(ct, scale)), op.Mul(ct, standard.n)


@vjp("MeanVarianceNormalization")
def mean_variance_normalization(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = r·(y̅ - mean y̅ - y·mean(y̅·y)),  r = 1/(√var + 1e-9) as in the operator's function body."""
    axes = node.axes(None) or node.attribute("axes")
    return standardize(op, node.inputs[0], axes, 0.0, floor=1e-9).pull_back(op, ct)


def _per_channel(op: Emitter, value: Channels | None, spatial: Sequence[int]) -> Channels | None:
    """A vector over channels, to be broadcast over `spatial` axes behind."""
    return op.Unsqueeze(value, [a - 1 for a in spatial]) if spatial else value


def _scale_and_bias(op: Emitter, ct: ir.Value, n: ir.Value, axes: list[int]) -> Values:
    return op.ReduceSum(op.Mul(ct, n), axes, keepdims=0), op.ReduceSum(ct, axes, keepdims=0)
