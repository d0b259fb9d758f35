"""Writes the gradient graph: operators as method calls, forward values as residuals."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.builder import Builder
from onnxcam.autodiff.dialect import in_form_of
from onnxcam.graph import Constants, is_rounded_up, known_shape, static_shape

__all__ = ["FLOATS", "OPSET", "Emitter", "Residual"]

OPSET = 18
"""Opset of gradient models: the oldest whose ReduceX take axes as input and ScatterElements reduces.

Where a sub-graph or a function body is computed again, it is the model's own opset, if that is newer.
"""
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


class Emitter:
    """`op.Mul(a, 2.0)` appends a node to the gradient graph and returns its value (several with `_outputs=n`).

    An argument may be a value of the gradient graph, a value of the forward graph (it becomes a residual, or an
    initializer if it is constant), a numpy array, a Python number or a list of them. Float arguments take the
    gradient's dtype.

    Attributes:
        graph: The gradient graph, or a sub-graph of it.
        dtype: Element type of everything that is computed, float or double.
        opset: Version of `ai.onnx` that is emitted.
        constants: What is known without a run of the values of the forward graph and of this one.
        largest: Entries of the largest constant that is computed beforehand; a larger one is computed from the model's
            own weights in a run. None for all beforehand.
        residuals: What the gradient model reads, by its inputs.
        dead_ends: Where a cotangent arrived, and none left.
        seeds: The cotangents that the gradient begins with: zero but for a few scores, as a rule.
        root: The emitter of the whole gradient graph; this one, unless it writes a sub-graph.
    """

    def __init__(
        self,
        forward: ir.Graph,
        constants: Constants,
        dtype: ir.DataType,
        opset: int = OPSET,
        *,
        largest: int | None = None,
        outer: Emitter | None = None,
    ) -> None:
        self.graph = ir.Graph([], [], nodes=[], opset_imports={"": opset}, name="body" if outer else "gradient")
        self.dtype, self.opset, self.constants, self.largest = dtype, opset, constants, largest
        self.root: Emitter = outer.root if outer else self
        self.residuals: dict[ir.Value, Residual] = {}
        self.dead_ends: list[str] = []
        self.seeds: set[ir.Value] = set()
        self._builder: Builder = Builder(self.graph, dtype, outer._builder if outer else None)
        self._forward = forward
        self._local: dict[ir.Value, Any] = {}
        self._shapes: dict[ir.Value, ir.Value] = {}

    def __getattr__(self, op_type: str) -> Callable[..., Any]:
        if not op_type[:1].isupper():
            raise AttributeError(op_type)

        def emit(*inputs: Any, _outputs: int = 1, **attributes: Any) -> Any:
            if op_type == "Shape" and not attributes and self.is_forward(inputs[0]):
                return self.root._shape(inputs[0])
            values = self.emit(op_type, inputs, attributes, _outputs)
            return values[0] if _outputs == 1 else values

        return emit

    def emit(
        self, op_type: str, inputs: Sequence[Any], attributes: Mapping[str, Any], outputs: int = 1
    ) -> Sequence[ir.Value]:
        """Append a node, and return its outputs: `op.Mul(…)` for any name. An attribute of None is left out."""
        if op_type == "Pad" and len(inputs) == 4:
            inputs = (inputs[0], self._pads_of_all(*inputs), inputs[2])
        inputs, attributes = in_form_of(self.opset, op_type, inputs, attributes)
        local = [self.local(value) for value in inputs]
        while local and local[-1] is None:  # ONNX Runtime's fusions crash at one that is left out but written down
            local.pop()
        given = {k: _attribute(k, v) for k, v in attributes.items() if v is not None}
        made = self._builder.call_op(op_type, local, given, version=self.opset, outputs=outputs)
        values = [made] if isinstance(made, ir.Value) else made
        # Before opset 22 onnx infers a size too many; its checker insists on it where the node stays (MaxPool).
        is_wrong = op_type == "AveragePool" and is_rounded_up(values[0].producer())
        for value in values:
            if value.shape is None or is_wrong:
                value.shape = known_shape(value)
        return values

    def input(self, name: str, dtype: ir.DataType | None, shape: ir.Shape | None) -> ir.Value:
        """A new input of the gradient graph; a half-precision one is cast on entry, and the cast returned."""
        value = self._builder.input(name, dtype, shape.copy() if shape is not None else None)
        return self._widened(value)

    def subgraph(self) -> Emitter:
        """An emitter for a sub-graph of this graph, to be handed to a control-flow operator as its `graph`.

        Values of this graph, and forward values, may be used in it.
        """
        return Emitter(self._forward, self.constants, self.dtype, self.opset, largest=self.largest, outer=self)

    def parameter(self, dtype: ir.DataType | None = None, shape: ir.Shape | None = None) -> ir.Value:
        """A new input of a sub-graph; floats, and what has no `dtype`, in the gradient's."""
        value = ir.Value(name=f"v_input_{next(self._builder.numbers)}")
        value.dtype = self.dtype if dtype is None or dtype in FLOATS else dtype
        value.shape = shape
        self.graph.inputs.append(value)
        return value

    def parameter_like(self, like: ir.Value, *, without: int | None = None, is_fixed: bool = False) -> ir.Value:
        """A new input of a sub-graph of the type and rank of `like`, less an axis; of its sizes too if fixed."""
        value = self.describe(self.parameter(), like, without=without)
        if value.shape is not None and not is_fixed:
            value.shape = ir.Shape([None] * value.shape.rank())
        return value

    def put_out(self, value: Any) -> None:
        """Make a value the next output of a sub-graph; one from outside, or put out already, is copied."""
        local = self.local(value)
        is_own = isinstance(local, ir.Value) and local.producer() is not None and local.graph is self.graph
        self.graph.outputs.append(local if is_own and not local.is_graph_output() else self.Identity(local))

    def describe(self, made: ir.Value, like: ir.Value, *, lead: int = 0, without: int | None = None) -> ir.Value:
        """Say what a control-flow operator made, which inference does not find: something of the type of `like`.

        Args:
            made: An output that was emitted.
            like: A tensor or sequence; floats are in the gradient's dtype.
            lead: Number of axes before those of `like`, of any size.
            without: An axis of `like` that it lacks.
        """
        is_float = like.dtype is None or like.dtype in FLOATS
        tensor = ir.TensorType(self.dtype if is_float or like.dtype is None else like.dtype)
        if isinstance(like.type, ir.SequenceType):
            made.type = ir.SequenceType(tensor)
            return made
        made.type = tensor
        if like.shape is not None:
            dims = [d for i, d in enumerate(like.shape) if i != without]
            made.shape = ir.Shape([*[None] * lead, *dims])
        return made

    @property
    def imports(self) -> Mapping[str, int]:
        """The opsets of the forward model."""
        return self._forward.opset_imports

    def is_forward(self, value: object) -> bool:
        """Whether `value` belongs to the forward model."""
        return isinstance(value, ir.Value) and value.graph is self._forward

    def is_seed(self, value: ir.Value) -> bool:
        """Whether `value` is a cotangent that the gradient begins with: zero but for a few scores, as a rule."""
        return value in self.root.seeds

    def known(self, value: ir.Value | None) -> NDArray[Any] | None:
        """A constant's array, for the graph to hold; None for what is no constant, or too large to be held twice."""
        shape = static_shape(value)
        is_small = self.largest is None or shape is None or math.prod(shape) <= self.largest
        return self.constants.array(value) if is_small else None

    def mark(self) -> int:
        """A place in this graph; `since` gives the nodes emitted after it."""
        return len(self._builder.tape)

    def since(self, mark: int) -> list[ir.Node]:
        """The nodes emitted into this graph after the mark."""
        return self._builder.tape[mark:]

    def local(self, value: Any) -> Any:
        """An argument as the gradient graph knows it; a forward value as a residual or an initializer."""
        if isinstance(value, np.ndarray):
            return self._initializer(value)
        if isinstance(value, np.generic):
            return value.item()
        if not self.is_forward(value):
            return value
        known = self.root._local
        if value not in known:
            known[value] = self.root._bring(value)
        return known[value]

    def constant(self, tensor: ir.TensorProtocol) -> ir.Value:
        """A tensor as an initializer; floats take the gradient's dtype."""
        if tensor.dtype in FLOATS and tensor.dtype != self.dtype:
            return self._initializer(tensor.numpy())
        name = f"constant_{len(self.root.graph.initializers)}"
        return self._builder.initializer(tensor, name=name, qualify=False)

    def _pads_of_all(self, padded: Any, pads: Any, _: Any, axes: Any) -> Any:
        """The pads of every axis, from those of `axes`.

        ONNX Runtime permutes the pads of a node that names its axes wrongly where it moves a Transpose past it.
        """
        padded = self.local(padded)
        rank = padded.shape.rank() if padded.shape is not None else None
        known = [self.constants.array(v) if isinstance(v, ir.Value) else np.asarray(v) for v in (pads, axes)]
        if rank is not None and known[0] is not None and known[1] is not None:
            both = np.zeros((2, rank), dtype=np.int64)
            both[:, known[1]] = known[0].reshape(2, -1)
            return both.reshape(-1)
        zeros = self.Expand(0, self.Shape(self.Shape(padded))) if rank is None else np.zeros(rank, dtype=np.int64)
        halves = self.Split(pads, num_outputs=2, _outputs=2)
        return self.Concat(*(self.ScatterElements(zeros, axes, half) for half in halves), axis=0)

    def _bring(self, value: ir.Value) -> ir.Value:
        """The forward value in the gradient graph: an initializer if it is constant, else a residual."""
        if value.const_value is not None:
            shared = self._builder.initializer(value.const_value, name=f"{value.name}::value", qualify=False)
            return self._widened(shared)
        array = self.known(value)
        if array is not None:
            return self._initializer(array)
        node = value.producer()
        if node is not None and node.op_type == "SequenceConstruct":  # of tensors, which every runtime hands on
            return self.describe(self.SequenceConstruct(*node.inputs), like=value)
        if node is not None and node.op_type == "SequenceEmpty":
            return self.describe(self.SequenceEmpty(dtype=self.describe(ir.Value(), like=value).dtype), like=value)
        local = self.input(f"{value.name}::value", value.dtype, value.shape)
        entered = self.graph.inputs[-1]
        if not isinstance(value.type, ir.TensorType) and value.type is not None:
            entered.type = value.type
        self.residuals[entered] = Residual(f"{value.name}::value", str(value.name), "value")
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
        tensor = ir.Tensor(array.astype(self.dtype.numpy(), copy=False) if is_float else array)
        name = f"constant_{len(self.root.graph.initializers)}"
        return self._builder.initializer(tensor, name=name, qualify=False)

    def _widened(self, value: ir.Value) -> ir.Value:
        if value.dtype in FLOATS and value.dtype != self.dtype:
            cast = self._builder.call_op("Cast", [value], {"to": self.dtype}, version=self.opset)
            assert isinstance(cast, ir.Value)
            return cast
        return value


def _attribute(name: str, value: Any) -> Any:
    """A list of integers as an attribute, any other value as it is: onnx_ir tries much else before it tries these."""
    is_ints = isinstance(value, (list, tuple)) and len(value) > 0 and all(isinstance(v, int) for v in value)
    return ir.AttrInt64s(name, value) if is_ints else value
