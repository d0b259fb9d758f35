"""Writes older forms: operators as method calls, in the dialect of one opset at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.builder import Builder
from onnxcam.exporting.opsets.register import NoForm
from onnxcam.exporting.opsets.schemas import schema_at
from onnxcam.graph import Constants, static_shape

__all__ = ["Writer"]


class Writer:
    """`op.Mul(a, 2.0)` writes a node in the dialect and returns its value (several with `_outputs=n`).

    An argument may be a value of the model, a numpy array, a Python number or a list of them. What is written lies
    apart until `take`.

    Attributes:
        model: The model that the forms are for.
        dialect: The opset whose forms are written now.
    """

    def __init__(self, model: ir.Model) -> None:
        self.model = model
        self.dialect: int = model.graph.opset_imports[""]
        self._apart = ir.Graph([], [], nodes=[], opset_imports={"": self.dialect}, name="older")
        self._builder = Builder(self._apart, ir.DataType.FLOAT)
        self._constants = Constants(model.graph, self.dialect)
        self._names = {
            str(v.name) for graph in model.graphs() for v in ir.convenience.create_value_mapping(graph).values()
        }

    def __getattr__(self, op_type: str) -> Callable[..., Any]:
        if not op_type[:1].isupper():
            raise AttributeError(op_type)

        def write(*inputs: Any, _outputs: int = 1, **attributes: Any) -> Any:
            given = [self.constant(value) if isinstance(value, np.ndarray) else value for value in inputs]
            while given and given[-1] is None:
                given.pop()
            named = {name: value for name, value in attributes.items() if value is not None}
            return self._builder.call_op(op_type, given, named, version=self.dialect, outputs=_outputs)

        return write

    def branch(self, op_type: str, value: Any, **attributes: Any) -> ir.Graph:
        """A sub-graph of one node in the dialect, of a value from outside."""
        made = ir.node(op_type, [value], attributes, version=self.dialect)
        made.name = made.outputs[0].name = self._free(f"older_{op_type}")
        made.outputs[0].type = value.type
        made.outputs[0].shape = ir.Shape([None] * self.rank(value))
        return ir.Graph([], made.outputs, nodes=[made], opset_imports={"": self.dialect}, name="branch")

    def same(self, node: ir.Node, *inputs: Any, without: Sequence[str] = (), **changes: Any) -> Any:
        """The node in the dialect, with these inputs in place of its own if any are given, and changed attributes."""
        attributes = {name: a for name, a in node.attributes.items() if name not in without and name not in changes}
        write = getattr(self, node.op_type)
        return write(*(inputs or node.inputs), _outputs=len(node.outputs), **attributes, **changes)

    @property
    def pending(self) -> list[ir.Node]:
        """What is written and not taken."""
        return list(self._apart)

    def drop(self) -> None:
        """Forget what was written since the last time."""
        for node in self.take():
            for index in range(len(node.inputs)):
                node.replace_input_with(index, None)

    def take(self) -> list[ir.Node]:
        """The nodes written since the last time, free to be put into the model; their constants are in it already."""
        nodes = list(self._apart)
        self._apart.remove(nodes)
        for node in nodes:
            node.metadata_props.clear()
            for value in node.outputs:
                value.name = self._free(f"older_{node.op_type}")
            node.name = node.outputs[0].name
        for name in list(self._apart.initializers):
            value = self._apart.initializers.pop(name)
            value.name = self._free("older_constant")
            self.model.graph.register_initializer(value)
        return nodes

    def known(self, value: ir.Value | None) -> NDArray[Any] | None:
        """What a value is, where that is known without a run."""
        return self._constants.array(value)

    def ints(self, node: ir.Node, index: int, what: str) -> list[int] | None:
        """The integers at an input that is known without a run; None where it is left out.

        Raises:
            NoForm: Only a run knows them.
        """
        value = node.inputs[index] if index < len(node.inputs) else None
        if value is None:
            return None
        array = self.known(value)
        if array is None:
            raise NoForm(f"its {what} are computed")
        return [int(i) for i in array.reshape(-1)]

    def attribute(self, node: ir.Node, name: str) -> Any:
        """An attribute of a node with its default in the node's own dialect; None where it has none."""
        if name in node.attributes:
            return node.attributes[name].value
        schema = schema_at(node.op_type, node.version or self.dialect)
        known = schema.attributes.get(name) if schema is not None else None
        if known is None or not known.default_value.type:
            return None
        return ir.serde.deserialize_attribute(known.default_value).value

    def dtype(self, value: ir.Value | None) -> ir.DataType:
        """The element type of a value.

        Raises:
            NoForm: It is unknown.
        """
        if value is None or value.dtype is None:
            raise NoForm("a type is unknown")
        return value.dtype

    def number(self, number: float, like: ir.Value | None) -> NDArray[Any]:
        """A number as an array without axes, of the type of a value."""
        return np.array(number, dtype=self.dtype(like).numpy())

    def rank(self, value: ir.Value | None) -> int:
        """The rank of a value.

        Raises:
            NoForm: It is unknown.
        """
        if value is None or value.shape is None:
            raise NoForm("a rank is unknown")
        return value.shape.rank()

    def sizes(self, value: ir.Value | None) -> tuple[int, ...]:
        """The shape of a value.

        Raises:
            NoForm: A size is unknown.
        """
        shape = static_shape(value)
        if shape is None:
            raise NoForm("a size is unknown")
        return shape

    def constant(self, array: NDArray[Any]) -> ir.Value:
        """An array as an initializer."""
        return self._builder.initializer(ir.tensor(array), name=f"array_{len(self._apart.initializers)}", qualify=False)

    def _free(self, stem: str) -> str:
        """A name that the model has not."""
        number = len(self._names)
        while f"{stem}_{number}" in self._names:
            number += 1
        self._names.add(f"{stem}_{number}")
        return f"{stem}_{number}"
