"""What makes an exported file fast leaves the map as it is: rows in place of products, matrices in place of Resize."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.exporting import map_graph
from tests.conftest import Write
from tests.exporting.runtimes import RUNTIMES

CLASSES, WIDE = 300, 64
HEADS = {
    "rows are classes": ("y = Gemm <transB = 1> (flat, head, bias)", (CLASSES, WIDE)),
    "columns are classes": ("y = Gemm (flat, head, bias)", (WIDE, CLASSES)),
    "halved": ("y = Gemm <alpha = 0.5> (flat, head, bias)", (WIDE, CLASSES)),
    "product": ("y = MatMul(flat, head)", (WIDE, CLASSES)),
}
SLOPES = {
    "none": "end = Identity(real)",
    "mask": "end = Clip(real, low, high)",
    "curve": "gate = Sigmoid(real)\n end = Mul(real, gate)",
    "curve beside itself": "gate = Sigmoid(real)\n bent = Mul(real, gate)\n end = Add(real, bent)",
    "rows": "end = Mul(real, row)",
    "rows besides": "more = Mul(real, row)\n end = Add(real, more)",
}
POOLS = ["GlobalAveragePool(end)", "ReduceMean <axes = [2, 3]> (end)"]
TEXT = """g (float[N, 3, {size}] x) => ({dtype}[N, C] y) {{
    wide = Conv <strides = [8, 8]> (x, kernel)
    conv = Conv(wide, mixed)
    real = Cast <to = {kind}> (conv)
    {slope}
    pooled = {pool}
    flat = Flatten(pooled)
    {head}
}}"""


def write(
    write_model: Write,
    rng: np.random.Generator,
    *,
    head: str = "rows are classes",
    slope: str = "mask",
    pool: str = "GlobalAveragePool(end)",
    size: tuple[int, int] = (48, 64),
    dtype: Any = np.float32,
    scale: float = 1.0,
) -> Path:
    """A network whose weights are large enough that a thousandth of them has room for matrices that interpolate."""
    line, shape = HEADS[head]
    kind, name = {np.float32: (1, "float"), np.float64: (11, "double")}[dtype]
    filled = {"dtype": name, "kind": kind, "size": f"{size[0]}, {size[1]}", "slope": SLOPES[slope], "pool": pool}
    text = TEXT.format(head=line, **filled).replace("[N, C]", f"[N, {CLASSES}]")
    weights = {
        "kernel": rng.standard_normal((4096, 3, 8, 8)) / 12,
        "mixed": rng.standard_normal((WIDE, 4096, 1, 1)) / 64,
        "head": scale * rng.standard_normal(shape) / 8,
        "bias": rng.standard_normal(CLASSES),
        "low": np.array(0.0),
        "high": np.array(0.7),
        "row": rng.uniform(0.2, 2, (1, WIDE, size[0] // 8, 1)),
    }
    behind = {name: dtype for name in ("head", "bias", "low", "high", "row")}
    arrays = {name: array.astype(behind.get(name, np.float32)) for name, array in weights.items()}
    return write_model(text, **{name: array for name, array in arrays.items() if name in text})


def check(model: Path, path: Path, x: NDArray[Any], classes: list[int]) -> NDArray[np.float32]:
    """The file gives the explainer's maps; they are returned."""
    explained = onnxcam.explain(model, x, classes, layer="conv", provider="cpu")
    found = RUNTIMES["onnxruntime"](path, {"x": x, "cam_target": np.array(classes)})
    np.testing.assert_array_equal(found["cam_class"], classes)
    np.testing.assert_allclose(found["cam"], explained.map, rtol=0, atol=1e-5)
    assert found["cam"].min() >= 0
    assert found["cam"].max() <= 1
    return explained.map


def written(model: Path, tmp_path: Path, **options: Any) -> tuple[Path, list[str]]:
    """The file, and the operators that were added to it."""
    path = onnxcam.export(model, tmp_path / "m.cam.onnx", layer="conv", provider="cpu", **options).path
    before = len(onnx.load(model).graph.node)
    return path, [node.op_type for node in onnx.load(path).graph.node[before:]]


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("head", HEADS)
def test_the_map_stays(write_model: Write, rng: np.random.Generator, head: str, slope: str, tmp_path: Path) -> None:
    model = write(write_model, rng, head=head, slope=slope)
    x = rng.standard_normal((3, 3, 48, 64)).astype(np.float32)
    assert check(model, written(model, tmp_path)[0], x, [0, 7, CLASSES - 1]).any((1, 2)).all()


@pytest.mark.parametrize(
    ("head", "products"),
    [
        pytest.param("rows are classes", 0, id="rows"),
        pytest.param("columns are classes", 0, id="columns"),
        pytest.param("halved", 1, id="halved"),
    ],
)
def test_a_class_reads_its_row_of_the_weights(
    write_model: Write, rng: np.random.Generator, head: str, products: int, tmp_path: Path
) -> None:
    _, added = written(write(write_model, rng, head=head), tmp_path)
    assert added.count("Gemm") == products
    assert added.count("OneHot") == products


@pytest.mark.parametrize("slope", ["none", "mask", "curve"])
@pytest.mark.parametrize("pool", POOLS, ids=["pool", "mean"])
def test_what_is_the_same_at_all_positions_is_not_spread_over_them(
    write_model: Write, rng: np.random.Generator, pool: str, slope: str, tmp_path: Path
) -> None:
    """No product is left that has positions, but those that the slope is made of."""
    model = write(write_model, rng, slope=slope, pool=pool)
    path, _ = written(model, tmp_path)
    graph = onnx.shape_inference.infer_shapes(onnx.load(path)).graph
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in graph.value_info}
    products = [n for n in graph.node if n.op_type == "Mul" and n.name.startswith("cam/")]
    spread = [n for n in products if shapes[n.output[0]][2:] in ([6, 8], [48])]
    assert len(spread) == {"none": 0, "mask": 0, "curve": 2}[slope]
    x = rng.standard_normal((2, 3, 48, 64)).astype(np.float32)
    check(model, path, x, [1, 2])


@pytest.mark.parametrize(
    ("size", "resizes"),
    [
        pytest.param((48, 64), 0, id="whole factors"),
        pytest.param((48, 48), 0, id="square"),
        pytest.param((52, 67), 0, id="others"),
        pytest.param((256, 256), 1, id="large"),
    ],
)
def test_small_maps_are_resized_by_matrices(
    write_model: Write, rng: np.random.Generator, size: tuple[int, int], resizes: int, tmp_path: Path
) -> None:
    model = write(write_model, rng, size=size)
    path, added = written(model, tmp_path)
    assert added.count("Resize") == resizes
    check(model, path, rng.standard_normal((2, 3, *size)).astype(np.float32), [5, 9])


OTHERS = {
    "a signal": ("90", (64, 3, 9), "[9]"),
    "a volume": ("18, 27, 36", (64, 3, 9, 9, 9), "[9, 9, 9]"),
    "a volume of any depth": ("D, 27, 36", (64, 3, 9, 9, 9), "[9, 9, 9]"),
    "unlike factors": ("72, 72", (64, 3, 9, 18), "[9, 18]"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_spaces_are_resized(
    write_model: Write, rng: np.random.Generator, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where there is room for any matrix."""
    monkeypatch.setattr(map_graph, "SHARE", 1)
    size, shape, strides = OTHERS[kind]
    text = f"""g (float[N, 3, {size}] x) => (float[N, {CLASSES}] y) {{
        conv = Conv <strides = {strides}> (x, kernel)
        pooled = GlobalAveragePool(conv)
        flat = Flatten(pooled)
        y = MatMul(flat, head)
    }}"""
    weights = {"kernel": rng.standard_normal(shape), "head": rng.standard_normal((WIDE, CLASSES))}
    model = write_model(text, **{name: array.astype(np.float32) for name, array in weights.items()})
    space = [int(one) if one.strip() != "D" else 18 for one in size.split(",")]
    x = rng.standard_normal((2, 3, *space)).astype(np.float32)
    assert check(model, written(model, tmp_path)[0], x, [3, 4]).any()


def test_matrices_have_a_limit_of_their_own(
    write_model: Write, rng: np.random.Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_graph, "SHARE", 1)
    assert "Resize" in written(write(write_model, rng, size=(256, 256)), tmp_path)[1]


def test_a_picture_of_any_size(write_model: Write, rng: np.random.Generator, tmp_path: Path) -> None:
    text = TEXT.replace("{size}", "H, W").replace("[N, C]", f"[N, {CLASSES}]")
    text = text.format(dtype="float", kind=1, slope=SLOPES["mask"], pool=POOLS[0], head=HEADS["product"][0])
    shapes = {"kernel": (WIDE, 3, 8, 8), "mixed": (WIDE, WIDE, 1, 1), "head": (WIDE, CLASSES)}
    weights = {name: rng.standard_normal(shape) / 8 for name, shape in shapes.items()}
    weights |= {"low": np.array(0.0), "high": np.array(0.7)}
    model = write_model(text, **{name: array.astype(np.float32) for name, array in weights.items()})
    path, _ = written(model, tmp_path)
    for size in ((48, 64), (52, 67)):
        assert check(model, path, rng.standard_normal((2, 3, *size)).astype(np.float32), [3, 4]).any()


@pytest.mark.parametrize("size", [(48, 64), (256, 256)], ids=["matrices", "Resize"])
def test_doubles_are_resized(
    write_model: Write, rng: np.random.Generator, size: tuple[int, int], tmp_path: Path
) -> None:
    model = write(write_model, rng, size=size, dtype=np.float64, pool=POOLS[1])
    check(model, written(model, tmp_path)[0], rng.standard_normal((2, 3, *size)).astype(np.float32), [5, 9])


@pytest.mark.parametrize("scale", [1e-4, 1e-8, 1e-11, 1e-14], ids=lambda scale: f"{scale:.0e}")
def test_small_scores_are_scaled_as_explained(
    write_model: Write, rng: np.random.Generator, scale: float, tmp_path: Path
) -> None:
    """Two scalings, each with its 1e-7, are one: also where these are as large as the map."""
    model = write(write_model, rng, scale=scale)
    check(model, written(model, tmp_path)[0], rng.standard_normal((3, 3, 48, 64)).astype(np.float32), [1, 2, 3])


def test_a_constant_map_is_zeros(write_model: Write, rng: np.random.Generator, tmp_path: Path) -> None:
    model = write(write_model, rng, slope="none", size=(52, 67))
    x = np.broadcast_to(rng.standard_normal((1, 3, 1, 1)), (1, 3, 52, 67)).astype(np.float32)
    drawn = [c for c in range(40) if onnxcam.explain(model, x, c, layer="conv", provider="cpu").raw.any()]
    assert not check(model, written(model, tmp_path)[0], x, drawn[:1]).any()


def test_a_class_that_the_model_does_not_have_is_the_predicted_one(
    write_model: Write, rng: np.random.Generator, tmp_path: Path
) -> None:
    path, _ = written(write(write_model, rng), tmp_path)
    x = rng.standard_normal((4, 3, 48, 64)).astype(np.float32)
    plain = RUNTIMES["onnxruntime"](path, {"x": x})
    found = RUNTIMES["onnxruntime"](path, {"x": x, "cam_target": np.array([-1, CLASSES, CLASSES + 7, -9])})
    np.testing.assert_array_equal(found["cam_class"], plain["cam_class"])
    np.testing.assert_array_equal(found["cam"], plain["cam"])
