"""If: its branches made one shape."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer
from onnxcam.graph import static_shape


@older("If", before=11)
def one_shape(op: Writer, node: ir.Node) -> Any:
    """Of both branches, by what is known of them."""
    outputs = zip(*(node.attributes[name].as_graph().outputs for name in ("then_branch", "else_branch")), strict=True)
    if any(static_shape(a) is None or static_shape(a) != static_shape(b) for a, b in outputs):
        raise NoForm("its branches may differ in shape")
    return op.same(node)
