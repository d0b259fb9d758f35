"""The passes, in their order."""

from __future__ import annotations

import onnx_ir as ir
from onnx_ir.passes import common
from onnxscript.rewriter import pattern
from onnxscript.rewriter.rules.common import reshape_reshape_rule

from onnxcam.exporting.tidying.square_weights import put_square_weights_left
from onnxcam.exporting.tidying.uniform_factors import draw_out_uniform_factors

__all__ = ["tidy"]


def tidy(model: ir.Model) -> None:
    """Leave what is needed, and nothing twice. The model is changed; inputs that nothing reads stay."""
    common.RemoveUnusedNodesPass()(model)
    common.CommonSubexpressionEliminationPass()(model)
    draw_out_uniform_factors(model.graph)
    put_square_weights_left(model.graph)
    pattern.RewriteRuleSet([reshape_reshape_rule]).apply_to_model(model)
    common.RemoveUnusedNodesPass()(model)
    common.ClearMetadataAndDocStringPass()(model)
