"""The short way to an elementwise operator's type and shape comes where onnx's inference does, or not at all."""

from __future__ import annotations

import itertools

import onnx
import onnx_ir as ir
import pytest

from onnxcam.autodiff.elementwise import ELEMENTWISE, infer_elementwise

SHAPES = {
    "same": ([2, 3], [2, 3], True),
    "symbolic": (["N", 3], ["N", 3], True),
    "scalar": (["N", 3], [], True),
    "one element": ([2, 3], [1], True),
    "one element first": ([1], ["N", 3], True),
    "one element of the same rank": ([2, 3], [1, 1], True),
    "one element of the same rank first": ([1, 1], [2, 3], True),
    "broadcast": ([2, 3], [3], False),
    "broadcast both ways": ([2, 1], [1, 3], False),
    "two names": (["N", 3], ["M", 3], False),
    "unknown": ([None, 3], [None, 3], False),
}
ARITY = {"Not": 1, "Cast": 1, "Where": 3, "Max": 2, "Min": 2, "Sum": 2}


def arity(op_type: str) -> int:
    return ARITY.get(op_type) or onnx.defs.get_schema(op_type, 18).max_input


def dims(shape: ir.Shape | None) -> list[int | str | None]:
    """None for what is unknown, which onnx gives a name."""
    assert shape is not None
    names = [d if isinstance(d, int) else d.value for d in shape]
    return [None if isinstance(d, str) and d.startswith("unk__") else d for d in names]


def infer_by_onnx(op_type: str, kinds: list[int], shapes: list[list[int | str | None]]) -> onnx.TypeProto:
    names = [f"x{i}" for i in range(len(shapes))]
    attributes = {"to": onnx.TensorProto.DOUBLE} if op_type == "Cast" else {}
    inputs = [onnx.helper.make_tensor_value_info(*one) for one in zip(names, kinds, shapes, strict=True)]
    node = onnx.helper.make_node(op_type, names, ["y"], **attributes)
    graph = onnx.helper.make_graph([node], "g", inputs, [onnx.helper.make_empty_tensor_value_info("y")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)
    return onnx.shape_inference.infer_shapes(model, strict_mode=True).graph.output[0].type


@pytest.mark.parametrize("op_type", sorted(ELEMENTWISE))
@pytest.mark.parametrize(("a", "b", "is_plain"), SHAPES.values(), ids=SHAPES.keys())
def test_type_and_shape_are_those_of_onnx(
    op_type: str, a: list[int | str | None], b: list[int | str | None], is_plain: bool
) -> None:
    shapes = list(itertools.islice(itertools.cycle([a, b]), arity(op_type)))
    kind = onnx.TensorProto.BOOL if op_type in {"And", "Or", "Not"} else onnx.TensorProto.FLOAT
    kinds = [onnx.TensorProto.BOOL if op_type == "Where" and i == 0 else kind for i in range(len(shapes))]
    inputs = [
        ir.Value(name=f"x{i}", shape=ir.Shape(s), type=ir.TensorType(ir.DataType(k)))
        for i, (s, k) in enumerate(zip(shapes, kinds, strict=True))
    ]
    attributes = [ir.AttrInt64("to", ir.DataType.DOUBLE)] if op_type == "Cast" else []
    node = ir.Node("", op_type, inputs, attributes)
    assert infer_elementwise(node) == (is_plain or len(shapes) == 1)
    if is_plain or len(shapes) == 1:
        expected = infer_by_onnx(op_type, kinds, shapes)
        assert node.outputs[0].dtype == expected.tensor_type.elem_type
        assert dims(node.outputs[0].shape) == dims(ir.serde.deserialize_type_proto_for_shape(expected))


@pytest.mark.parametrize("op_type", ["MatMul", "Reshape", "Concat", "Add"])
def test_what_is_not_known_is_left_to_onnx(op_type: str) -> None:
    typed = ir.Value(name="a", shape=ir.Shape([2, 2]), type=ir.TensorType(ir.DataType.FLOAT))
    node = ir.Node("", op_type, [typed, typed if op_type != "Add" else ir.Value(name="b")])
    assert not infer_elementwise(node)
    assert node.outputs[0].shape is None
