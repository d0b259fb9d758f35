"""Convolutions and transposed convolutions.

Both are one bilinear map between a large side and a small one,
`small[p] = Σ_k large[p·stride - before + k·dilation]·w[k]`; Conv goes from large to small, ConvTranspose back.
"""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp
from onnxcam.autodiff.rules.windows import Pads, Windows, extent_of, pads_of, spatial, split_padding, windows_of

Values = tuple[ir.Value | None, ...]


@vjp("Conv")
def conv(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ = y̅ ⊛ w (transposed convolution),  w̅ = x ⋆ y̅,  b̅ = Σ y̅ over batch and space."""
    windows, group = windows_of(node), int(node.attribute("group", 1))
    pads = pads_of(op, node, windows)
    if node.constants.is_constant(node.inputs[1]) and node.shape(1) is not None and _turns(windows):
        x_bar = _by_turned_kernel(op, node, windows, ct, group)
    else:
        x_bar = _transposed(op, node, windows, pads, ct, group)
    x = node.inputs[0]
    assert x is not None
    w_bar = _filter(op, node, windows, pads, x, ct, group) if node.is_wanted(1) else None
    return (x_bar, w_bar, _bias(op, node, ct) if node.is_wanted(2) else None)[: len(node.inputs)]


@vjp("ConvTranspose")
def conv_transpose(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ = y̅ ⋆ w (convolution),  w̅ = y̅ ⋆ x,  b̅ = Σ y̅ over batch and space."""
    windows, group = windows_of(node), int(node.attribute("group", 1))
    pads = _transposed_pads(op, node, windows)
    x, w = node.inputs[:2]
    assert x is not None
    large, settled = _padded(op, ct, pads)
    x_bar = op.Conv(large, w, strides=windows.strides, dilations=windows.dilations, pads=settled, group=group)
    w_bar = _filter(op, node, windows, pads, ct, x, group) if node.is_wanted(1) else None
    return (x_bar, w_bar, _bias(op, node, ct) if node.is_wanted(2) else None)[: len(node.inputs)]


def _turns(windows: Windows) -> bool:
    """Whether a convolution with the kernel turned by 180 degrees is the transposed one."""
    if not windows.is_dense or windows.pads is None or windows.extent is None:
        return False
    return all(p < e for pads in windows.pads for p, e in zip(pads, windows.extent, strict=True))


def _by_turned_kernel(op: Emitter, node: ForwardNode, windows: Windows, ct: ir.Value, group: int) -> ir.Value:
    """The transposed convolution of stride 1 as a convolution, which runtimes compute several times faster."""
    assert windows.pads is not None
    assert windows.extent is not None
    pads = [e - 1 - p for side in windows.pads for e, p in zip(windows.extent, side, strict=True)]
    x_bar: ir.Value = op.Conv(ct, _turned(op, node, group), dilations=windows.dilations, pads=pads, group=group)
    return x_bar


def _turned(op: Emitter, node: ForwardNode, group: int) -> Any:
    """The kernel with its channel axes swapped within each group and its space turned by 180 degrees.

    As nodes on the model's own weights, which a runtime computes once when it loads them.
    """
    kernel, shape = node.inputs[1], node.shape(1)
    assert shape is not None
    out, each, *space = shape
    axes = range(2, len(shape))
    if group == 1:
        kernel = op.Transpose(kernel, perm=[1, 0, *axes])
    elif out != group or each != 1:
        grouped = op.Reshape(kernel, [group, out // group, each, *space])
        swapped = op.Transpose(grouped, perm=[0, 2, 1, *(a + 1 for a in axes)])
        kernel = op.Reshape(swapped, [group * each, out // group, *space])
    wide = [a for a in axes if shape[a] > 1]
    if not wide:
        return kernel
    ends = [-s - 1 for s in shape]  # one before the first entry, counted from the end
    return op.Slice(kernel, [-1] * len(wide), [ends[a] for a in wide], wide, [-1] * len(wide))


def _transposed(op: Emitter, node: ForwardNode, windows: Windows, pads: Pads, ct: ir.Value, group: int) -> Any:
    """The transposed convolution of `ct`, of the size of the input: rows that no window reads are zero."""
    w, strides, sizes = node.inputs[1], windows.strides, spatial(op, node, 0)
    given: dict[str, Any] = {"strides": strides, "dilations": windows.dilations, "group": group}
    if isinstance(sizes, list) and windows.pads is not None and windows.extent is not None:
        sides = zip(sizes, *windows.pads, windows.extent, strides, strict=True)
        unread = [(size + before + after - extent) % stride for size, before, after, extent, stride in sides]
        return op.ConvTranspose(ct, w, pads=[*pads[0], *pads[1]], output_padding=unread, **given)
    full = op.ConvTranspose(ct, w, output_padding=[s - 1 for s in strides], **given)
    return op.Slice(full, pads[0], op.Add(sizes, pads[0]), list(range(2, 2 + len(strides))))


def _transposed_pads(op: Emitter, node: ForwardNode, windows: Windows) -> Pads:
    """What a transposed convolution crops; `output_shape` and SAME fix the output's size and crop accordingly."""
    wanted = node.attribute("output_shape")
    if not wanted and not windows.auto_pad.startswith("SAME"):
        return pads_of(op, node, windows)
    strides = windows.strides
    grown = node.attribute("output_padding") or (0,) * len(strides)
    sizes, extent = spatial(op, node, 0), extent_of(op, node, windows)
    if wanted and isinstance(sizes, list) and isinstance(extent, list):
        whole = [(n - 1) * s + e + g for n, s, e, g in zip(sizes, strides, extent, grown, strict=True)]
        return split_padding(op, [max(f - w, 0) for f, w in zip(whole, wanted, strict=True)], windows.auto_pad)
    if not wanted and isinstance(extent, list):  # the output is as large as the input, times the strides
        total = [max(e + g - s, 0) for e, g, s in zip(extent, grown, strides, strict=True)]
        return split_padding(op, total, windows.auto_pad)
    offset = op.Add(extent, [g - s - w for g, s, w in zip(grown, strides, wanted or (0,) * len(strides), strict=True)])
    total = op.Add(offset, op.Mul(sizes, list(strides))) if wanted else offset
    return split_padding(op, op.Max(total, [0]), windows.auto_pad)


def _filter(
    op: Emitter, node: ForwardNode, windows: Windows, pads: Pads, large: ir.Value, small: ir.Value, group: int
) -> ir.Value:
    """The filter's cotangent: the large side convolved with the small one, batch and channels swapped."""
    rank = len(windows.strides)
    swap = [1, 0, *range(2, rank + 2)]
    large, settled = _padded(op, large, pads)
    if group == 1:
        source = op.Transpose(large, perm=swap)
    else:  # (N, G·I, *) -> (I, G·N, *): the groups stay channels
        space = op.Slice(op.Shape(large), [2], [rank + 2])
        split = op.Reshape(large, op.Concat([0, group, -1], space, axis=0))
        source = op.Transpose(split, perm=[2, 1, 0, *range(3, rank + 3)])
        source = op.Reshape(source, op.Concat([0, -1], space, axis=0))
    full = op.Conv(
        source,
        op.Transpose(small, perm=swap),
        strides=windows.dilations,
        dilations=windows.strides,
        pads=settled,
        group=group,
    )
    kernel = op.Slice(full, [0] * rank, spatial(op, node, 1), list(range(2, 2 + rank)))
    w_bar: ir.Value = op.Transpose(kernel, perm=swap)
    return w_bar


def _bias(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    b_bar: ir.Value = op.ReduceSum(ct, [0, *range(2, node.rank())], keepdims=0)
    return b_bar


def _padded(op: Emitter, large: ir.Value, pads: Pads) -> tuple[ir.Value, list[int] | None]:
    """The large side and the pads to convolve it with; what only the run knows is padded beforehand."""
    before, after = pads
    if isinstance(before, list):
        return large, before + after
    return op.Pad(large, op.Concat([0, 0], before, [0, 0], after, axis=0)), None
