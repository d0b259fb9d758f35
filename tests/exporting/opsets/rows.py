"""The table of forms: nodes as they are, and how far they can go."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from tests.running import run_plainly

__all__ = ["NEWER", "OLDER", "Row"]

Array = NDArray[Any]
RNG = np.random.default_rng(0)
OPTIONS = ("makes", "is_open", "tolerance", "is_known_to_reference")
NAMES = {"f4": "float", "f8": "double", "i8": "int64", "i4": "int32", "b1": "bool", "f2": "float16"}


@dataclasses.dataclass(frozen=True)
class Row:
    """Nodes, `name = Op (…)` each, of which the last makes `y`.

    Attributes:
        name: The operator, and what is special.
        nodes: In ONNX text; `d` stands for outputs that are not asked for.
        until: The oldest opset that has the form; of rows that go to newer ones, the newest that they go to.
        opset: Where they are written.
        fed: What is fed; sizes are static unless `is_open`.
        constants: Initializers.
        makes: The outputs that are compared.
        is_open: Whether the fed sizes are unknown to the file.
        tolerance: Of numbers, relative.
        is_known_to_reference: Whether onnx's evaluator gets the nodes right.
    """

    name: str
    nodes: str
    until: int
    opset: int
    fed: dict[str, Array]
    constants: dict[str, Array]
    makes: tuple[str, ...] = ("y",)
    is_open: bool = False
    tolerance: float = 0.0
    is_known_to_reference: bool = True

    def model(self) -> onnx.ModelProto:
        """The nodes as a model."""
        given = ", ".join(f"{NAMES[a.dtype.str[1:]]}{self._sizes(n, a)} {n}" for n, a in self.fed.items())
        text = f"g ({given}) => ({', '.join(f'float[1] {n}' for n in self.makes)}) {{ {self.nodes} }}"
        proto = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : {self.opset}]> {text}')
        proto.graph.initializer.extend(onnx.numpy_helper.from_array(a, n) for n, a in self.constants.items())
        for output in proto.graph.output:
            output.ClearField("type")
        found = run_plainly(proto, self.fed)
        for output in proto.graph.output:
            sizes = [None] * found[output.name].ndim if self.is_open else found[output.name].shape
            kind = onnx.helper.np_dtype_to_tensor_dtype(found[output.name].dtype)
            output.CopyFrom(onnx.helper.make_tensor_value_info(output.name, kind, sizes))
        return onnx.shape_inference.infer_shapes(proto, data_prop=True)

    def _sizes(self, name: str, array: Array) -> str:
        sizes = [f"{name}_{i}" if self.is_open else str(size) for i, size in enumerate(array.shape)]
        return f"[{', '.join(sizes)}]" if sizes else ""


def f4(*shape: int) -> Array:
    return RNG.standard_normal(shape).astype(np.float32)


def i8(*numbers: Any) -> Array:
    return np.array(numbers, dtype=np.int64)


def older(name: str, nodes: str, until: int = 7, *, opset: int = 18, **given: Any) -> Row:
    """A row from opset 18; arrays in `fed` are fed, others are initializers."""
    options = {k: given.pop(k) for k in OPTIONS if k in given}
    fed = given.pop("fed")
    return Row(name, nodes, until, opset, fed, given, **options)


X = f4(2, 3, 4)
IMAGE = f4(1, 2, 6, 6)
ODD = np.array([[1.5, -2.0, np.nan, np.inf], [0.0, -0.0, -np.inf, 3.0]], dtype=np.float32)
OTHER = np.array([[1.5, 2.0, np.nan, -np.inf], [1.0, 0.0, -np.inf, -3.0]], dtype=np.float32)
INTS = np.array([[3, -7, 0, 2**40], [5, 5, -1, 9]], dtype=np.int64)
MORE = np.array([[3, 7, -1, 2**40 + 1], [4, 5, 1, -9]], dtype=np.int64)
TRUE = np.array([[True, False, True, False], [False, True, True, False]])
INTEGER = ("Greater", "Less", "LessOrEqual")
ROIS = np.array([[0, 0, 4, 4], [1, 0, 5, 3]], dtype=np.float32)
REDUCED = ("L1", "L2", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")

OLDER: tuple[Row, ...] = (
    # reductions
    *(older(f"Reduce{k}", f"y = Reduce{k} <keepdims = 0> (x, a)", fed={"x": X}, a=i8(1, -1)) for k in REDUCED),
    older("ReduceLogSum", "p = Exp(x) y = ReduceLogSum (p, a)", fed={"x": X}, a=i8(-2)),
    older("ReduceMax-all", "y = ReduceMax <keepdims = 0> (x)", fed={"x": X}),
    older("ReduceSum-none", "y = ReduceSum <noop_with_empty_axes = 1> (x)", fed={"x": X}),
    older("ReduceL2-none", "y = ReduceL2 <noop_with_empty_axes = 1> (x)", fed={"x": X}),
    older(
        "ReduceSum-computed",
        "y = ReduceSum <noop_with_empty_axes = 1> (x, a)",
        11,
        fed={"x": X, "a": i8(0, -1)},
        is_open=True,
        tolerance=1e-6,
    ),
    # axes and shapes
    older("ArgMax", "y = ArgMax <axis = -1, keepdims = 0> (x)", fed={"x": X}),
    older("ArgMin", "y = ArgMin <axis = -2> (x)", fed={"x": X}),
    older("ArgMax-last", "y = ArgMax <select_last_index = 1> (x)", 12, fed={"x": X}),
    older("Compress", "y = Compress <axis = -1> (x, c)", 9, fed={"x": X}, c=np.array([True, False, True, True])),
    older("Concat", "y = Concat <axis = -2> (x, x)", fed={"x": X}),
    older("Flatten", "y = Flatten <axis = -1> (x)", fed={"x": X}),
    older("Flatten-integers", "y = Flatten <axis = 2> (x)", fed={"x": INTS.reshape(2, 2, 2)}),
    older("Flatten-open", "y = Flatten (x)", fed={"x": INTS.reshape(2, 2, 2)}, is_open=True),
    older("Squeeze", "y = Squeeze (x, a)", fed={"x": f4(2, 1, 3, 1)}, a=i8(1, -1)),
    older("Squeeze-all", "y = Squeeze (x)", fed={"x": f4(2, 1, 3, 1)}),
    older("Unsqueeze", "y = Unsqueeze (x, a)", fed={"x": X}, a=i8(-1, 1)),
    older("Shape-part", "y = Shape <start = 1, end = -1> (x)", fed={"x": X}, is_open=True),
    older("Shape-rest", "y = Shape <start = -2> (x)", fed={"x": X}, is_open=True),
    older("Reshape", "y = Reshape (x, s)", fed={"x": X}, s=i8(0, -1)),
    older("Reshape-zero", "y = Reshape <allowzero = 1> (x, s)", fed={"x": X}, s=i8(4, 6)),
    older("Expand", "y = Expand (x, s)", fed={"x": f4(3, 1)}, s=i8(2, 1, 4)),
    older("Expand-shorter", "y = Expand (x, s)", fed={"x": f4(2, 3, 1)}, s=i8(1, 4)),
    older("Expand-open", "y = Expand (x, s)", fed={"x": f4(2, 3, 1), "s": i8(1, 1, 5)}, opset=18),
    older("ConstantOfShape", "s = Shape(x) y = ConstantOfShape (s)", fed={"x": X}, is_open=True),
    older(
        "ConstantOfShape-value",
        "s = Shape(x) y = ConstantOfShape <value = int64[1] {7}> (s)",
        fed={"x": X},
        is_open=True,
    ),
    # parts
    older("Split-count", "y, z = Split <axis = -1, num_outputs = 2> (x)", fed={"x": f4(2, 5)}, makes=("y", "z")),
    older(
        "Split-count-open",
        "y, z = Split <axis = 1, num_outputs = 2> (x)",
        10,
        fed={"x": f4(2, 5)},
        makes=("y", "z"),
        is_open=True,
    ),
    older("Split-sizes", "y, z = Split <axis = -1> (x, s)", fed={"x": f4(2, 5)}, s=i8(1, 4), makes=("y", "z")),
    older("Slice", "y = Slice (x, b, e, a)", fed={"x": X}, b=i8(1, -3), e=i8(9, -1), a=i8(1, -1)),
    older(
        "Slice-steps", "y = Slice (x, b, e, a, s)", fed={"x": X}, b=i8(-1, 0), e=i8(-99, 4), a=i8(1, -1), s=i8(-1, 2)
    ),
    older("Slice-computed", "y = Slice (x, b, e, a)", 10, fed={"x": X, "b": i8(1), "e": i8(3)}, a=i8(-1)),
    older("TopK", "y, z = TopK <axis = -1> (x, k)", fed={"x": X}, k=i8(2), makes=("y", "z")),
    older("TopK-smallest", "y, z = TopK <axis = 1, largest = 0> (x, k)", fed={"x": X}, k=i8(2), makes=("y", "z")),
    older("TopK-computed", "y, z = TopK (x, k)", 10, fed={"x": X, "k": i8(2)}, makes=("y", "z")),
    # comparisons
    *(older(k, f"y = {k} (a, b)", fed={"a": ODD, "b": OTHER}) for k in ("GreaterOrEqual", "LessOrEqual", "Equal")),
    *(
        older(f"{k}-integers", f"y = {k} (a, b)", fed={"a": INTS, "b": MORE})
        for k in ("Greater", "Less", "LessOrEqual")
    ),
    older("IsInf", "y = IsInf (x)", fed={"x": ODD}),
    older("IsInf-below", "y = IsInf <detect_positive = 0> (x)", fed={"x": ODD}),
    older("IsNaN", "y = IsNaN (x)", fed={"x": ODD}),
    older("Sign", "y = Sign (x)", fed={"x": X}),
    # selection
    older("Where", "y = Where (c, a, b)", fed={"c": TRUE, "a": ODD, "b": OTHER[:1]}),
    older("Where-integers", "y = Where (c, a, b)", fed={"c": TRUE, "a": INTS, "b": MORE}),
    older("OneHot", "y = OneHot (i, d, v)", fed={"i": i8([0, -1], [2, 1])}, d=i8(3), v=f4(2)),
    older("OneHot-found", "i = ArgMax <axis = 1> (x) y = OneHot <axis = 1> (i, d, v)", fed={"x": X}, d=i8(3), v=f4(2)),
    older(
        "OneHot-plain",
        "i = ArgMax <axis = 1, keepdims = 0> (x) y = OneHot (i, d, v)",
        fed={"x": X},
        d=i8(3),
        v=np.array([0, 1], dtype=np.float32),
    ),
    older("Gather", "y = Gather <axis = -1> (x, i)", fed={"x": X}, i=i8(0, -1, 2)),
    older("Gather-computed", "y = Gather <axis = 1> (x, i)", fed={"x": X, "i": i8(0, -1)}, is_open=True),
    # bounds
    older("Clip", "y = Clip (x, a, b)", fed={"x": X}, a=np.float32(-0.5), b=np.float32(0.5)),
    older("Clip-above", "y = Clip (x, , b)", fed={"x": X}, b=np.float32(0.5)),
    older("Clip-computed", "y = Clip (x, a)", fed={"x": X, "a": np.array(-0.5, dtype=np.float32)}),
    older("Clip-integers", "y = Clip (x, a, b)", fed={"x": INTS}, a=np.int64(-1), b=np.int64(4)),
    *(older(f"{k}-integers", f"y = {k} (a, b)", fed={"a": INTS, "b": MORE}) for k in ("Max", "Min")),
    *(older(k, f"y = {k} (a, b)", fed={"a": X, "b": f4(4)}) for k in ("Max", "Min", "Sum", "Mean")),
    older("Max-alike", "y = Max (a, b)", fed={"a": X, "b": f4(2, 3, 4)}),
    # products and powers
    older("Gemm", "y = Gemm <transB = 1> (a, b)", fed={"a": f4(2, 3), "b": f4(4, 3)}),
    older("Pow-integer", "y = Pow (x, e)", fed={"x": X}, e=np.int64(2)),
    older("CumSum", "y = CumSum (x, a)", fed={"x": X}, a=np.int64(1), tolerance=1e-6),
    older(
        "CumSum-back", "y = CumSum <exclusive = 1, reverse = 1> (x, a)", fed={"x": X}, a=np.int64(-1), tolerance=1e-6
    ),
    # pads
    older("Pad", "y = Pad (x, p, v, a)", fed={"x": X}, p=i8(1, 0, 0, 2), v=np.float32(0.5), a=i8(0, -1)),
    older("Pad-reflect", 'y = Pad <mode = "reflect"> (x, p)', fed={"x": X}, p=i8(0, 1, 0, 0, 1, 2)),
    older("Pad-truth", "y = Pad (x, p)", 11, fed={"x": TRUE}, p=i8(0, 1, 1, 0)),
    # interpolation
    older(
        "Resize-sizes", 'y = Resize <mode = "linear"> (x, , , s)', fed={"x": IMAGE}, s=i8(1, 2, 9, 4), tolerance=1e-6
    ),
    older(
        "Resize-axes",
        'y = Resize <mode = "linear", axes = [2, 3]> (x, , s)',
        fed={"x": IMAGE},
        s=np.array([2.5, 0.5], dtype=np.float32),
        tolerance=1e-6,
    ),
    older(
        "Resize-cubic",
        'y = Resize <mode = "cubic"> (x, , s)',
        fed={"x": IMAGE},
        s=np.array([1, 1, 2, 1.5], dtype=np.float32),
        tolerance=1e-5,
    ),
    older(
        "Resize-first-axes",
        'y = Resize <mode = "linear"> (x, , , s)',
        fed={"x": f4(2, 3, 4)},
        s=i8(4, 5, 4),
        tolerance=1e-6,
    ),
    older(
        "Resize-nearest",
        'y = Resize <coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (x, , s)',
        fed={"x": IMAGE},
        s=np.array([1, 1, 2, 3], dtype=np.float32),
    ),
    older(
        "Resize-nearest-sizes",
        'y = Resize <coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (x, , , s)',
        fed={"x": IMAGE},
        s=i8(1, 2, 12, 6),
    ),
    older(
        "Resize-symmetric",
        'y = Resize <mode = "linear", coordinate_transformation_mode = "half_pixel_symmetric"> (x, , s)',
        19,
        opset=19,
        fed={"x": IMAGE},
        s=np.array([1, 1, 2, 1.5], dtype=np.float32),
    ),
    older(
        "Resize-19",
        'y = Resize <mode = "linear"> (x, , s)',
        opset=19,
        fed={"x": IMAGE},
        s=np.array([1, 1, 2, 1.5], dtype=np.float32),
        tolerance=1e-6,
    ),
    older(
        "Resize-axes-sizes",
        'y = Resize <mode = "linear", axes = [2, 3]> (x, , , s)',
        9,
        fed={"x": IMAGE},
        s=i8(9, 9),
        is_open=True,
        tolerance=1e-6,
    ),
    older(
        "Resize-pytorch",
        'y = Resize <mode = "linear", coordinate_transformation_mode = "pytorch_half_pixel"> (x, , , s)',
        fed={"x": IMAGE},
        s=i8(1, 2, 1, 9),
        tolerance=1e-6,
    ),
    older(
        "Resize-asymmetric",
        'y = Resize <mode = "linear", coordinate_transformation_mode = "asymmetric"> (x, , , s)',
        fed={"x": IMAGE},
        s=i8(1, 2, 4, 9),
        tolerance=1e-6,
    ),
    older(
        "Resize-of-some",
        """z = Reshape(x, r) n = Shape <end = 1> (z) p = Concat <axis = 0> (n, s)
        y = Resize <mode = "linear"> (z, , , p)""",
        fed={"x": IMAGE},
        s=i8(1, 4, 9),
        r=i8(-1, 1, 6, 6),
        is_open=True,
        tolerance=1e-6,
    ),
    older(
        "GridSample",
        'y = GridSample <mode = "cubic"> (x, g)',
        16,
        opset=20,
        fed={"x": IMAGE, "g": np.tanh(f4(1, 3, 3, 2))},
    ),
    *(
        older(
            f"RoiAlign-{way}",
            f"""y = RoiAlign <output_height = 2, output_width = 2, sampling_ratio = 2,
            coordinate_transformation_mode = "{way}"> (x, r, b)""",
            until,
            fed={"x": IMAGE},
            r=ROIS,
            b=i8(0, 0),
            is_known_to_reference=False,  # it takes the default of opset 16 for that of opset 10
        )
        for way, until in (("half_pixel", 16), ("output_half_pixel", 10))
    ),
    older("GridSample-default", "y = GridSample (x, g)", 16, opset=20, fed={"x": IMAGE, "g": np.tanh(f4(1, 3, 3, 2))}),
    older(
        "Resize-computed",
        """n = Shape <end = 2> (x) s = Shape <start = 2> (l) p = Concat <axis = 0> (n, s)
        y = Resize <mode = "linear", coordinate_transformation_mode = "asymmetric"> (x, , , p)""",
        9,
        fed={"x": IMAGE, "l": f4(1, 1, 4, 9)},
        is_open=True,
        tolerance=1e-6,
    ),
    older(
        "Resize-of-many",
        """n = Shape <end = 2> (x) p = Concat <axis = 0> (n, s) z = Reshape(x, r)
        y = Resize <mode = "linear"> (z, , , p)""",
        fed={"x": IMAGE},
        s=i8(4, 9),
        r=i8(0, 0, 6, 6),
        is_open=True,
        tolerance=1e-6,
    ),
    # scattering
    older(
        "ScatterElements",
        "y = ScatterElements <axis = -1> (x, i, u)",
        9,
        fed={"x": f4(2, 4), "u": f4(2, 2)},
        i=i8([0, -1], [2, 1]),
    ),
    older(
        "ScatterElements-largest",
        'y = ScatterElements <reduction = "max"> (x, i, u)',
        18,
        fed={"x": f4(2, 4), "u": f4(1, 4)},
        i=i8([0, 0, 1, 1]),
    ),
    *(
        older(
            f"ScatterElements-pool-{kernel}-{stride}",
            f"""p, i = MaxPool <kernel_shape = [{kernel}, {kernel}], strides = [{stride}, {stride}]> (x)
            n = Size(x) m = Reshape(n, one) z = ConstantOfShape(m) j = Reshape(i, all) u = Reshape(p, all)
            f = ScatterElements <reduction = "add"> (z, j, u) s = Shape(x) y = Reshape(f, s)""",
            9,
            fed={"x": f4(2, 2, 7, 6)},
            one=i8(1),
            all=i8(-1),
            tolerance=1e-6,
            is_known_to_reference=stride > 1,  # its places are wrong where windows overlap by more than one
        )
        for kernel, stride in ((2, 2), (3, 2), (3, 1))
    ),
    older(
        "ScatterND-places",
        's = Shape(x) z = ConstantOfShape(s) y = ScatterND <reduction = "add"> (z, i, u)',
        fed={"x": f4(3, 4), "u": f4(2, 4)},
        i=i8([2], [0]),
    ),
    older(
        "ScatterND-meeting",
        's = Shape(x) z = ConstantOfShape(s) y = ScatterND <reduction = "add"> (z, i, u)',
        fed={"x": f4(3, 2, 4), "u": f4(3, 4)},
        i=i8([2, -1], [0, 0], [-1, 1]),
        tolerance=1e-6,
    ),
    older(
        "ScatterND-overwriting",
        "y = ScatterND (x, i, u)",
        11,
        fed={"x": f4(3, 4), "u": f4(2, 4), "i": i8([2], [0])},
    ),
    # others
    older("Softmax", "y = Softmax (x)", fed={"x": X}),
    *(older(f"{k}-inner", f"y = {k} <axis = 1> (x)", fed={"x": X}, tolerance=1e-6) for k in ("Softmax", "LogSoftmax")),
    older("Hardmax-inner", "y = Hardmax <axis = 1> (x)", fed={"x": X}),
    older("Constant-numbers", "k = Constant <value_floats = [1.0, 2.0]> () y = Mul(x, k)", fed={"x": f4(3, 2)}),
    older("Constant-integer", "k = Constant <value_int = 2> () y = Mul(x, k)", fed={"x": INTS}),
    older("CastLike", "y = CastLike (x, l)", fed={"x": INTS, "l": X}),
    older("Range", "y = Range (a, b, s)", 9, fed={"a": np.array(3), "b": np.array(7)}, s=np.int64(1)),
    older("Range-empty", "y = Range (a, b, s)", 9, fed={"a": np.array(7), "b": np.array(3)}, s=np.int64(1)),
    older("EyeLike-known", "k = EyeLike(m) y = MatMul(x, k)", fed={"x": X}, m=f4(4, 4)),
    older(
        "If",
        "y = If (c) <then_branch = t () => (float[2, 3, 4] a) { a = Neg(x) },"
        " else_branch = e () => (float[2, 3, 4] b) { k = Constant <value_float = 2.0> () b = Mul(x, k) }>",
        fed={"c": np.array(False), "x": X},
    ),
)


def newer(name: str, nodes: str, opset: int, until: int = 24, **given: Any) -> Row:
    """A row from an older opset to newer ones."""
    options = {k: given.pop(k) for k in OPTIONS if k in given}
    return Row(name, nodes, until, opset, given.pop("fed"), given, **options)


OLD_REDUCED = ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")

NEWER: tuple[Row, ...] = (
    newer("Squeeze", "y = Squeeze <axes = [1]> (x)", 9, fed={"x": f4(2, 1, 3)}),
    newer("Squeeze-all", "y = Squeeze (x)", 9, fed={"x": f4(2, 1, 3)}),
    newer("Unsqueeze", "y = Unsqueeze <axes = [0, 2]> (x)", 9, fed={"x": f4(2, 3)}),
    *(
        newer(f"Reduce{k}", f"p = Exp(x) y = Reduce{k} <axes = [1], keepdims = 0> (p)", 11, fed={"x": X})
        for k in OLD_REDUCED
    ),
    newer("ReduceSum-all", "y = ReduceSum <keepdims = 0> (x)", 11, fed={"x": X}),
    newer("Split", "y, z = Split <axis = 1, split = [1, 4]> (x)", 11, fed={"x": f4(2, 5)}, makes=("y", "z")),
    newer("Split-halves", "y, z = Split <axis = 1> (x)", 11, fed={"x": f4(2, 4)}, makes=("y", "z")),
    newer("Slice", "y = Slice <starts = [1, 0], ends = [3, 2], axes = [2, 1]> (x)", 9, fed={"x": X}),
    newer("TopK", "y, z = TopK <axis = 1, k = 2> (x)", 9, fed={"x": X}, makes=("y", "z")),
    newer("Clip", "y = Clip <min = -0.5, max = 0.5> (x)", 7, fed={"x": X}),
    newer("Clip-above", "y = Clip <max = 0.5> (x)", 7, fed={"x": X}),
    newer("Pad", "y = Pad <pads = [0, 1, 0, 0, 0, 2], value = 0.5> (x)", 10, fed={"x": X}),
    newer("Pad-edge", 'y = Pad <mode = "edge", pads = [0, 1, 0, 0, 0, 2]> (x)', 10, fed={"x": X}),
    newer("Dropout", "y, d = Dropout <ratio = 0.3> (x)", 7, fed={"x": X}),
    newer("Softmax-last", "y = Softmax <axis = 2> (x)", 9, fed={"x": X}),
    *(
        newer(f"{k}-flattened", f"y = {k} (x)", 11, fed={"x": X}, tolerance=1e-6)
        for k in ("Softmax", "LogSoftmax", "Hardmax")
    ),
    newer("Softmax-single", "y = Softmax (x)", 11, fed={"x": f4(2, 5, 1, 1)}, tolerance=1e-6),
    newer("Softmax-open", "y = Softmax (x)", 11, fed={"x": f4(2, 5, 1, 1)}, is_open=True, tolerance=1e-6),
    newer(
        "BatchNormalization",
        "y = BatchNormalization <spatial = 1> (x, s, b, m, v)",
        7,
        fed={"x": IMAGE},
        s=f4(2),
        b=f4(2),
        m=f4(2),
        v=np.array([0.5, 2], dtype=np.float32),
    ),
    newer("Scatter", "y = Scatter <axis = 1> (x, i, u)", 9, fed={"x": f4(2, 4), "u": f4(2, 2)}, i=i8([0, 3], [2, 1])),
    newer("Upsample", 'y = Upsample <mode = "nearest", scales = [1., 1., 2., 3.]> (x)', 7, fed={"x": IMAGE}),
    newer(
        "Upsample-linear",
        'y = Upsample <mode = "linear"> (x, s)',
        9,
        fed={"x": IMAGE},
        s=np.array([1, 1, 2, 2], dtype=np.float32),
        tolerance=1e-6,
    ),
    newer("Resize", "y = Resize (x, s)", 10, fed={"x": IMAGE}, s=np.array([1, 1, 2, 3], dtype=np.float32)),
    newer(
        "Resize-linear",
        'y = Resize <mode = "linear"> (x, s)',
        10,
        fed={"x": IMAGE},
        s=np.array([1, 1, 0.5, 1.5], dtype=np.float32),
        tolerance=1e-6,
    ),
    newer(
        "RoiAlign",
        "y = RoiAlign <output_height = 2, output_width = 2, sampling_ratio = 2> (x, r, b)",
        10,
        21,
        fed={"x": IMAGE},
        r=ROIS,
        b=i8(0, 0),
    ),
    newer("DFT", "y = DFT <axis = 1> (x)", 17, fed={"x": f4(2, 8, 1)}),
    newer(
        "GridSample",
        'y = GridSample <mode = "bicubic"> (x, g)',
        16,
        fed={"x": IMAGE, "g": np.tanh(f4(1, 3, 3, 2))},
    ),
    newer(
        "GroupNormalization",
        "y = GroupNormalization <num_groups = 2> (x, s, b)",
        20,
        fed={"x": f4(2, 4, 3)},
        s=f4(2),
        b=f4(2),
        tolerance=1e-5,
    ),
    newer("Affine", "y = Affine <alpha = 2.0, beta = 1.0> (x)", 7, fed={"x": X}),
    newer("Scale", "y = Scale <scale = 2.0> (x)", 7, fed={"x": X}),
    newer("ScaledTanh", "y = ScaledTanh <alpha = 2.0, beta = 0.5> (x)", 7, fed={"x": X}, tolerance=1e-6),
    newer("ImageScaler", "y = ImageScaler <scale = 2.0, bias = [1.0, -3.0]> (x)", 7, fed={"x": IMAGE}),
)
