"""The vjp rules, by family; importing this package fills the registry.

The standard's are here and, where several files belong together, in `control`, `quantized` and `recurrent`; those of
other domains are in `classical` (`ai.onnx.ml`) and `microsoft` (ONNX Runtime's).

A rule is a small function, its docstring one line of mathematics (bars mark cotangents):

    @vjp("Mul", broadcasts=True)
    def mul(op, node, ct):
        \"\"\"a' = y'·b,  b' = y'·a.\"\"\"
        a, b = node.inputs
        return op.Mul(ct, b), op.Mul(ct, a)

The contract:

1.  `rule(op, node, *cts)` gets one cotangent for each output of the node, None where nobody uses that output; at least
    one is given. `node.inputs` and `node.outputs` are forward values. Using one in an emitted operator makes it a
    residual (an initializer, if it is constant); `op.Shape(value)` makes only its shape one.
2.  It returns one cotangent for each input: a value, or a tuple of values. None is zero, and the tuple may be shorter.
    Cotangents of inputs that nobody asked for are pruned afterwards, with their residuals.
3.  It emits operators of `ai.onnx` at opset 18; where their form has changed since, the emitter writes the newer one.
4.  It reads attributes through `node`, which knows the schema's defaults; what moved from attribute to input is read
    through `node.ints` and `node.axes`; axes come non-negative.
5.  It holds no code for broadcasting: with `broadcasts=True` the engine sums each cotangent to its input's shape.
    The cotangent of any other input has that input's shape already.
6.  Ranks must be known (`node.rank`); sizes may be dynamic (`op.Shape`), and then no Python branch may depend on them.
7.  Constants take the gradient's dtype from the emitter (`op.Mul(ct, 2.0)`); a rule names no dtype.
8.  At a kink its docstring states the subgradient. Relu is 0 at 0; ties are as in PyTorch.
9.  A form that it cannot differentiate raises `node.refusal(reason)`. Operators without a gradient are declared with
    `declare_zero`, or `declare_none` where no float passes; a missing rule and a declared zero never mix.
10. A rule holds for every version of the operator from `since` on, until the next rule's; versions that differ only in
    types or in where a parameter stands share one.
11. An operator that others compute is an expansion: `@expansion(...)` on `f(op, node)` that emits what computes the
    outputs and returns them, None for one that it cannot compute; the engine differentiates what was emitted. What the
    standard defines by a function body, and has no entry, is expanded from that.
12. The cotangents of what a node's sub-graphs capture follow those of its inputs (`node.captured`).
"""

import importlib
import pkgutil

for module in pkgutil.walk_packages(__path__, f"{__name__}."):
    importlib.import_module(module.name)
