"""Sliding windows: the kernel, strides, dilations and padding that convolutions and pools share.

Along each spatial axis window o reads the positions `o·stride - before + j·dilation`, j below the kernel's size.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode

Sizes = tuple[int, ...]
Pads = tuple[Any, Any]
"""Rows before and after along each axis: two lists of integers, or two values computed at run time."""


@dataclasses.dataclass(frozen=True, slots=True)
class Windows:
    """How windows lie over the spatial axes.

    Attributes:
        kernel: The kernel's size along each axis; None when it is the size of a filter computed at run time.
        strides: One for each spatial axis, as all that follow.
        dilations: 1 for a dense window.
        pads: Padding (before, after); None when it follows from sizes that are known at run time only.
        auto_pad: As the attribute.
    """

    kernel: Sizes | None
    strides: Sizes
    dilations: Sizes
    pads: tuple[Sizes, Sizes] | None
    auto_pad: str

    @property
    def extent(self) -> Sizes | None:
        """Size of a window with its gaps."""
        if self.kernel is None:
            return None
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilations, strict=True))

    @property
    def is_dense(self) -> bool:
        """Whether every stride is 1."""
        return set(self.strides) <= {1}


def windows_of(node: ForwardNode) -> Windows:
    """The windows that a convolution or pool lays over its first input."""
    rank = node.rank() - 2
    strides, dilations = (_given(node, name, (1,) * rank) for name in ("strides", "dilations"))
    windows = Windows(_kernel(node), strides, dilations, None, str(node.attribute("auto_pad", "NOTSET")))
    return dataclasses.replace(windows, pads=_static_pads(node, windows))


def spatial(op: Emitter, node: ForwardNode, value: ir.Value | int) -> Any:
    """The spatial sizes of a forward value: integers, or a value computed at run time."""
    dims = node.dims(value)[2:]
    if None not in dims:
        return list(dims)
    found = node.input(value) if isinstance(value, int) else value
    return op.Slice(op.Shape(found), [2], [2 + len(dims)])


def extent_of(op: Emitter, node: ForwardNode, windows: Windows) -> Any:
    """A window's size with its gaps: integers, or computed from a filter of dynamic size."""
    if windows.extent is not None:
        return list(windows.extent)
    kernel = spatial(op, node, 1)
    return op.Add(op.Mul(op.Sub(kernel, 1), list(windows.dilations)), 1)


def pads_of(op: Emitter, node: ForwardNode, windows: Windows) -> Pads:
    """The padding (before, after): two lists, or two values where it depends on sizes that the run alone knows."""
    if windows.pads is not None:
        return list(windows.pads[0]), list(windows.pads[1])
    sizes, strides = spatial(op, node, 0), list(windows.strides)
    count = op.Div(op.Add(sizes, [s - 1 for s in strides]), strides)
    read = op.Add(op.Mul(op.Sub(count, 1), strides), extent_of(op, node, windows))
    return split_padding(op, op.Max(op.Sub(read, sizes), [0]), windows.auto_pad)


def split_padding(op: Emitter, total: Any, auto_pad: str) -> Pads:
    """`total` rows of padding (before, after): the odd one goes after for SAME_UPPER, else before."""
    if isinstance(total, list):
        smaller: Any = [t // 2 for t in total]
        larger: Any = [t - t // 2 for t in total]
    else:
        smaller = op.Div(total, 2)
        larger = op.Sub(total, smaller)
    return (smaller, larger) if auto_pad == "SAME_UPPER" else (larger, smaller)


def _given(node: ForwardNode, name: str, default: Sizes) -> Sizes:
    return tuple(int(v) for v in node.attribute(name) or default)


def _kernel(node: ForwardNode) -> Sizes | None:
    if kernel := node.attribute("kernel_shape"):
        return tuple(int(k) for k in kernel)
    found = tuple(d for d in node.dims(1)[2:] if d is not None)
    return found if len(found) == node.rank() - 2 else None


def _static_pads(node: ForwardNode, windows: Windows) -> tuple[Sizes, Sizes] | None:
    """The padding where attributes and static sizes tell it."""
    rank = len(windows.strides)
    if windows.auto_pad == "VALID":
        return (0,) * rank, (0,) * rank
    if windows.auto_pad == "NOTSET":
        pads = _given(node, "pads", (0,) * 2 * rank)
        return pads[:rank], pads[rank:]
    if windows.extent is None:
        return None
    smaller, larger = [], []
    for size, stride, extent in zip(node.dims()[2:], windows.strides, windows.extent, strict=True):
        if size is None and stride > 1:
            return None
        total = extent - 1 if size is None else max((-(-size // stride) - 1) * stride + extent - size, 0)
        smaller.append(total // 2)
        larger.append(total - total // 2)
    if windows.auto_pad == "SAME_UPPER":
        return tuple(smaller), tuple(larger)
    return tuple(larger), tuple(smaller)
