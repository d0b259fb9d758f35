"""Writes the gradient graph: operators as method calls, forward values as residuals."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import onnx_ir as ir
import onnxscript

from onnxcam.graph import Constants, static_shape

__all__ = ["OPSET", "Emitter", "Residual"]

OPSET = 18
"""Opset of every gradient model: the oldest whose ReduceX take axes as input and ScatterElements reduces."""
IR_VERSION = 8
FLOATS = frozenset({ir.DataType.FLOAT, ir.DataType.DOUBLE, ir.DataType.FLOAT16, ir.DataType.BFLOAT16})


@dataclasses.dataclass(frozen=True, slots=True)
class Residual:
    """A forward value, or the shape of one, that the gradient model reads.

    Attributes:
        name: Input of the gradient model.
        value: Name of the forward value.
        kind: `value`, or `shape` when only its shape is wanted.
    """

    name: str
    value: str
    kind: Literal["value", "shape"]


class Builder(onnxscript.GraphBuilder):
    """onnxscript's builder, told that inputs and attributes come apart: sorting them takes a third of its time."""

    def _partition_inputs_attributes(self, schema: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
        return args, kwargs


class Emitter:
    """`op.Mul(a, 2.0)` appends a node to the gradient graph and returns its value (several with `_outputs=n`).

    An argument may be a value of the gradient graph, a value of the forward graph (it becomes a residual, or an
    initializer if it is constant), a numpy array, a Python number or a list of them. Float arguments take the
    gradient's dtype.
    """

    def __init__(self, forward: ir.Graph, constants: Constants, dtype: ir.DataType) -> None:
        self.graph = ir.Graph([], [], nodes=[], opset_imports={"": OPSET}, name="gradient")
        self.dtype = dtype
        self._builder = Builder(self.graph)
        self._constants = constants
        self._forward = forward
        self._local: dict[ir.Value, ir.Value] = {}
        self._shapes: dict[ir.Value, ir.Value] = {}
        self.residuals: dict[ir.Value, Residual] = {}

    def __getattr__(self, op_type: str) -> Callable[..., Any]:
        if not op_type[:1].isupper():
            raise AttributeError(op_type)

        def emit(*inputs: Any, _outputs: int = 1, **attributes: Any) -> Any:
            if op_type == "Shape" and not attributes and self.is_forward(inputs[0]):
                return self._shape(inputs[0])
            local = [self._localise(value) for value in inputs]
            attributes = {k: v for k, v in attributes.items() if v is not None}
            return self._builder.call_op(op_type, local, attributes, version=OPSET, outputs=_outputs)

        return emit

    def input(self, name: str, dtype: ir.DataType | None, shape: ir.Shape | None) -> ir.Value:
        """A new input of the gradient graph; a half-precision one is cast on entry, and the cast returned."""
        value = self._builder.input(name, dtype, shape.copy() if shape is not None else None)
        return self._widened(value)

    def is_forward(self, value: object) -> bool:
        """Whether `value` belongs to the forward model."""
        return isinstance(value, ir.Value) and value.graph is self._forward

    def is_cotangent(self, value: ir.Value) -> bool:
        """Whether `value` is a cotangent that the gradient model is given: zero but for a few scores, as a rule."""
        return value.is_graph_input() and value not in self.residuals

    def _localise(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return self._initializer(value)
        if isinstance(value, np.generic):
            return value.item()
        if not self.is_forward(value):
            return value
        if value not in self._local:
            self._local[value] = self._bring(value)
        return self._local[value]

    def _bring(self, value: ir.Value) -> ir.Value:
        """The forward value in the gradient graph: an initializer if it is constant, else a residual."""
        if value.const_value is not None:
            shared = self._builder.initializer(value.const_value, name=f"{value.name}::value", qualify=False)
            return self._widened(shared)
        array = self._constants.array(value)
        if array is not None:
            return self._initializer(array)
        local = self.input(f"{value.name}::value", value.dtype, value.shape)
        self.residuals[self.graph.inputs[-1]] = Residual(f"{value.name}::value", str(value.name), "value")
        return local

    def _shape(self, value: ir.Value) -> ir.Value:
        if value not in self._shapes:
            shape = static_shape(value)
            if shape is not None:
                self._shapes[value] = self._initializer(np.array(shape, dtype=np.int64))
            elif value in self._local:
                self._shapes[value] = self.Shape(self._local[value])
            else:
                rank = value.shape.rank() if value.shape is not None else None
                name = f"{value.name}::shape"
                self._shapes[value] = self.input(name, ir.DataType.INT64, ir.Shape([rank]))
                self.residuals[self._shapes[value]] = Residual(name, str(value.name), "shape")
        return self._shapes[value]

    def _initializer(self, array: np.ndarray[Any, Any]) -> ir.Value:
        is_float = ir.DataType.from_numpy(array.dtype).is_floating_point()
        tensor = ir.tensor(array.astype(self.dtype.numpy()) if is_float else array)
        return self._builder.initializer(tensor, name=f"constant_{len(self.graph.initializers)}", qualify=False)

    def _widened(self, value: ir.Value) -> ir.Value:
        if value.dtype in FLOATS and value.dtype != self.dtype:
            cast = self._builder.call_op("Cast", [value], {"to": self.dtype}, version=OPSET)
            assert isinstance(cast, ir.Value)
            return cast
        return value
