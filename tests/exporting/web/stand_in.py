"""A model with the interface of an exported one, made by hand: the bundled classifier and its CAM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from onnxcam.exporting.web import PageConfig, write_page
from onnxcam.imaging import load_preprocess
from tests.browser.chromium import needed_runtime

MODELS = Path(__file__).parents[3] / "models"
PICTURES = MODELS / "pictures"
NAMES = tuple((MODELS / "labels.txt").read_text(encoding="utf-8").split())

# The class, its row of the last layer's weights, the sum over channels that it gives, and that laid over [0, 1].
TEXT = """<ir_version: 8, opset_import: ["" : 17]>
g (float[N, C] logits, float[N, K, 12, 12] layer, float[C, K] weights, int64[N] cam_target)
    => (float[N, 96, 96] cam, int64[N] cam_class) {
    best = ArgMax <axis = 1, keepdims = 0> (logits)
    zero = Constant <value = int64 {0}> ()
    is_open = Less(cam_target, zero)
    cam_class = Where(is_open, best, cam_target)
    row = Gather(weights, cam_class)
    space = Constant <value = int64[2] {2, 3}> ()
    one = Constant <value = int64[1] {1}> ()
    deep = Unsqueeze(row, space)
    parts = Mul(layer, deep)
    summed = ReduceSum <keepdims = 1> (parts, one)
    positive = Relu(summed)
    sizes = Constant <value = int64[4] {1, 1, 96, 96}> ()
    large = Resize <mode = "linear"> (positive, , , sizes)
    highest = ReduceMax <axes = [1, 2, 3], keepdims = 1> (large)
    lowest = ReduceMin <axes = [1, 2, 3], keepdims = 1> (large)
    range = Sub(highest, lowest)
    tiny = Constant <value = float {1e-7}> ()
    safe = Add(range, tiny)
    above = Sub(large, lowest)
    scaled = Div(above, safe)
    cam = Squeeze(scaled, one)
}"""


def write_stand_in(path: Path, *, input_type: str = "float32", layout: str = "NCHW", weights: str = "") -> Path:
    """The bundled classifier with `cam_target`, `cam` and `cam_class`; one picture at a time.

    Its pictures may come in another type or with channels last, its weights lie in the file `weights` beside it.
    """
    model = onnx.load(MODELS / "shapes-torchscript.onnx")
    added = onnx.parser.parse_model(TEXT)
    renamed = {"layer": "/Relu_7_output_0", "weights": "classifier.weight", "input": "ready"}
    for node in (*model.graph.node, *added.graph.node):
        node.input[:] = [renamed.get(name, name) for name in node.input]
    first = [
        onnx.helper.make_node("Cast", ["input"], ["cast"], to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node(
            "Transpose", ["cast"], ["ready"], perm=[0, 1, 2, 3] if layout == "NCHW" else [0, 3, 1, 2]
        ),
    ]
    nodes = [*first, *model.graph.node, *added.graph.node]
    shape = [1, 3, 96, 96] if layout == "NCHW" else [1, 96, 96, 3]
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(input_type))
    del model.graph.node[:], model.graph.input[:]
    model.graph.node.extend(nodes)
    model.graph.input.extend([onnx.helper.make_tensor_value_info("input", kind, shape), added.graph.input[3]])
    model.graph.output.extend(added.graph.output)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path, save_as_external_data=bool(weights), location=weights or None, size_threshold=0)
    return path


def config_of(**changes: object) -> PageConfig:
    settings = {
        "title": "Where does shapes look?",
        "source_name": "shapes-torchscript.onnx",
        "source_sha256": "0123456789abcdef" * 4,
        "layer": "/last/Conv_output_0",
        "method": "grad-cam",
        "input_name": "input",
        "height": 96,
        "width": 96,
        "preprocess": load_preprocess(MODELS / "preprocess.json"),
        "class_names": NAMES,
        "score_output": "logits",
        "score_scale": "logits",
    }
    return PageConfig(**(settings | changes))


def write_stand_in_page(folder: Path, *, samples: tuple[Path, ...] = (), weights: str = "", **changes: object) -> Path:
    """A page for the stand-in, in `folder`; the model is kept beside it."""
    config = config_of(**changes)
    model = folder.parent / f"{folder.name}.onnx"
    write_stand_in(model, input_type=config.input_type, layout=config.layout, weights=weights)
    write_page(folder, model, config, needed_runtime(), samples=samples, weights=[weights] if weights else [])
    return folder
