"""A forward node as its vjp rule sees it."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.errors import GradientError
from onnxcam.graph import Constants, captured, static_shape

__all__ = ["ForwardNode"]


@dataclasses.dataclass(frozen=True, slots=True)
class ForwardNode:
    """One node of the forward model: its values, and its attributes with the schema's defaults.

    Attributes:
        node: The node itself; rules need it seldom.
        since_version: Version of the operator that the model's opset selects.
        constants: What is known of the forward values without a run.
        wanted: The forward values whose cotangents are asked for.
    """

    node: ir.Node
    since_version: int
    constants: Constants
    wanted: frozenset[ir.Value]

    @property
    def inputs(self) -> tuple[ir.Value | None, ...]:
        """The forward values read; using one in an emitted operator makes it a residual. None where left out."""
        return tuple(self.node.inputs)

    @property
    def outputs(self) -> tuple[ir.Value, ...]:
        """The forward values made; using one makes it a residual. Cheaper than recomputing it."""
        return tuple(self.node.outputs)

    @property
    def captured(self) -> tuple[ir.Value, ...]:
        """What the node's sub-graphs read from outside, each once; a rule gives their cotangents after its inputs'."""
        return tuple(captured(self.node))

    def input(self, index: int) -> ir.Value | None:
        """Input `index`, or None when it is left out or beyond the end."""
        return self.node.inputs[index] if index < len(self.node.inputs) else None

    def is_wanted(self, value: ir.Value | int) -> bool:
        """Whether somebody asks for the cotangent of an input (by index) or of any forward value.

        A rule may leave out one that is dear to emit.
        """
        return (self.input(value) if isinstance(value, int) else value) in self.wanted

    def attribute(self, name: str, default: Any = None) -> Any:
        """The attribute's value, else the schema's default, else `default`. Strings are `str`, lists are tuples."""
        if name in self.node.attributes:
            value = self.node.attributes[name].value
            return tuple(value) if isinstance(value, (list, tuple)) else value
        schema = self._schema()
        if schema is not None and name in schema.attributes:
            proto = schema.attributes[name].default_value
            if proto is not None and proto.type != onnx.AttributeProto.UNDEFINED:
                value = onnx.helper.get_attribute_value(proto)
                return tuple(_text(v) for v in value) if isinstance(value, list) else _text(value)
        return default

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the attributes of these names that the node has, for an operator of the same meaning."""
        return {name: self.attribute(name) for name in names if name in self.node.attributes}

    def constant(self, index: int) -> NDArray[Any] | None:
        """Input `index` as an array when it is left constant by the model, else None (computed, or left out)."""
        return self.constants.array(self.input(index))

    def ints(self, name: str, index: int | None = None) -> tuple[int, ...] | None:
        """Integers that older versions keep in attribute `name` and newer ones in input `index`.

        Returns:
            None when neither is given.

        Raises:
            GradientError: The input is computed at run time.
        """
        if name in self.node.attributes:
            value = self.attribute(name)
            return tuple(int(v) for v in value) if isinstance(value, tuple) else (int(value),)
        if index is None or self.input(index) is None:
            return None
        array = self.constant(index)
        if array is None:
            raise self.refusal(f"its '{name}' is computed at run time")
        return tuple(int(v) for v in array.reshape(-1))

    def ints_or_value(self, name: str, index: int) -> tuple[int, ...] | ir.Value | None:
        """As `ints`, but the input itself where it is computed at run time, for rules that can read it then."""
        value = self.input(index)
        return value if value is not None and self.constant(index) is None else self.ints(name, index)

    def rank(self, value: ir.Value | int = 0) -> int:
        """Number of dimensions of an input (by index) or of any forward value.

        Raises:
            GradientError: The rank is unknown.
        """
        found = self.input(value) if isinstance(value, int) else value
        if found is None or found.shape is None:
            raise self.refusal(f"the rank of '{found.name if found is not None else value}' is unknown")
        return found.shape.rank()

    def shape(self, value: ir.Value | int = 0) -> tuple[int, ...] | None:
        """The static shape of an input (by index) or forward value, or None when a dimension is unknown."""
        return static_shape(self.input(value) if isinstance(value, int) else value)

    def dims(self, value: ir.Value | int = 0) -> tuple[int | None, ...]:
        """The dimensions of an input (by index) or forward value, None for each that is dynamic.

        Raises:
            GradientError: The rank is unknown.
        """
        self.rank(value)
        found = self.input(value) if isinstance(value, int) else value
        assert found is not None
        assert found.shape is not None
        return tuple(d if isinstance(d, int) else None for d in found.shape)

    def axis(self, name: str = "axis", of: ir.Value | int = 0, default: int | None = None) -> int:
        """Attribute `name` as a non-negative axis of a value."""
        axis = int(self.attribute(name, default))
        return axis + self.rank(of) if axis < 0 else axis

    def axes(self, index: int | None = 1, name: str = "axes", of: ir.Value | int = 0) -> tuple[int, ...] | None:
        """Axes from attribute `name` or input `index`, sorted and non-negative, or None when neither is given."""
        axes = self.ints(name, index)
        if axes is None:
            return None
        rank = self.rank(of) if min(axes, default=0) < 0 else 0
        return tuple(sorted(a + rank if a < 0 else a for a in axes))

    def refusal(self, reason: str) -> GradientError:
        """The error to raise for a form of the operator that the rule cannot differentiate."""
        name = self.node.name or self.node.outputs[0].name
        return GradientError(
            f"no gradient through {self.node.op_type} at node '{name}': {reason}. "
            "Choose a later layer with --layer; onnxcam inspect lists them.",
            op_type=self.node.op_type,
            since_version=self.since_version,
            node=self.node.name,
        )

    def _schema(self) -> onnx.defs.OpSchema | None:
        """The operator's; the newest, where ONNX Runtime knew it before the standard did (LayerNormalization)."""
        name, domain = self.node.op_type, self.node.domain
        with contextlib.suppress(onnx.defs.SchemaError):
            return onnx.defs.get_schema(name, self.since_version, domain)
        with contextlib.suppress(onnx.defs.SchemaError):
            return onnx.defs.get_schema(name, domain)
        return None


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def as_float(array: NDArray[Any]) -> NDArray[np.float64]:
    """A constant for use in a rule; the emitter gives it the dtype of the gradient."""
    return np.asarray(array, dtype=np.float64)
