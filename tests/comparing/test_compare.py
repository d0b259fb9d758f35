"""Two models on the same pictures: exports of the same weights agree, and what was exported wrongly does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import onnxcam
from onnxcam.auditing import Settings
from onnxcam.comparing import PairMaker, compare
from onnxcam.comparing.summary import summarize
from onnxcam.datasets import Record
from onnxcam.metrics import SIMILARITIES
from tests.auditing.pictures import MODEL, OPTIONS, PICTURES, ROOT, read_rows, write_pictures

Figure = Callable[[str], None]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("data"), 16)


def run(second: Path, dataset: Path, folder: Path, **options: object) -> onnxcam.Comparison:
    return compare(MODEL, second, dataset, folder, **{"rows": "jsonl", **OPTIONS, **options})


def with_first_kernel(path: Path, change: Callable[[np.ndarray], np.ndarray]) -> Path:
    """The model with its first kernel changed, as a wrong export of the preprocessing does."""
    model = onnx.load(MODEL)
    name = next(node.input[1] for node in model.graph.node if node.op_type == "Conv")
    (tensor,) = [one for one in model.graph.initializer if one.name == name]
    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(change(numpy_helper.to_array(tensor))), name))
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("other", ["dynamo", "jax", "keras", "paddle"])
def test_exports_of_the_same_weights_agree(dataset: Path, other: str, tmp_path: Path) -> None:
    settings = json.loads(OPTIONS["preprocess"].read_text())
    preprocess = tmp_path / "preprocess.json"  # two of them take channels last
    preprocess.write_text(json.dumps({**settings, "layout": None}))
    found = run(ROOT / f"shapes-{other}.onnx", dataset, tmp_path / "out", second_preprocess=preprocess)
    summary = found.summary
    assert (summary.count, summary.failed) == (16, 0)
    assert summary.agreement is not None
    assert summary.drift is not None
    assert summary.agreement.mean == 1
    assert summary.drift.mean < 1e-5
    assert summary.similarities["pearson"].low > 0.9999
    assert summary.similarities["top-iou"].low > 0.99


def test_int8_drifts_a_little(dataset: Path, tmp_path: Path, figure: Figure) -> None:
    summary = run(ROOT / "shapes-int8.onnx", dataset, tmp_path).summary
    assert summary.drift is not None
    figure(f"int8 against float32: drift {summary.drift.mean:.4f}, pearson {summary.similarities['pearson'].mean:.4f}")
    assert 1e-4 < summary.drift.mean < 0.05
    assert 0.95 < summary.similarities["pearson"].mean < 0.99999


@pytest.mark.parametrize(
    ("change", "bound"),
    [
        pytest.param(lambda kernel: kernel[:, ::-1], 0.99, id="channels swapped"),  # its classes have no colours
        pytest.param(lambda kernel: kernel / 4, 0.9, id="scaled twice"),
    ],
)
def test_a_wrong_export_is_seen(
    dataset: Path, tmp_path: Path, change: Callable[[np.ndarray], np.ndarray], bound: float, figure: Figure
) -> None:
    wrong = with_first_kernel(tmp_path / "wrong.onnx", change)
    summary = run(wrong, dataset, tmp_path / "out").summary
    assert summary.agreement is not None
    assert summary.drift is not None
    figure(f"wrong export: same class {summary.agreement.mean}, pearson {summary.similarities['pearson'].mean:.3f}")
    assert summary.similarities["pearson"].mean < bound
    assert summary.drift.mean > 0.02
    worst = [one.similarity for one in summary.worst if one.is_same]
    assert worst == sorted(worst)
    places = [one.is_same for one in summary.worst]
    assert places == sorted(places)


def test_a_second_comparison_does_not_come_into_a_folder(dataset: Path, tmp_path: Path) -> None:
    def again(done: int, total: int | None) -> None:
        run(MODEL, dataset, tmp_path)

    with pytest.raises(onnxcam.InputError, match="another run is adding to"):
        run(MODEL, dataset, tmp_path, report=again)
    assert run(MODEL, dataset, tmp_path).summary.count == 16


def test_rows_say_what_explain_finds() -> None:
    settings = [
        Settings(str(path), provider="cpu", preprocess=str(OPTIONS["preprocess"]), labels=str(OPTIONS["labels"]))
        for path in (MODEL, ROOT / "shapes-int8.onnx")
    ]
    rows = PairMaker(*settings)([Record(path.name, str(path)) for path in PICTURES[:3]])
    one = onnxcam.explain(MODEL, [str(p) for p in PICTURES[:3]], provider="cpu", preprocess=OPTIONS["preprocess"])
    other = onnxcam.explain(
        ROOT / "shapes-int8.onnx",
        [str(p) for p in PICTURES[:3]],
        one.class_index.tolist(),
        provider="cpu",
        preprocess=OPTIONS["preprocess"],
    )
    for i, row in enumerate(rows):
        shares = [np.exp(r.logits[i]) / np.exp(r.logits[i]).sum() for r in (one, other)]
        assert row["class_index"] == one.class_index[i]
        assert row["drift"] == pytest.approx(
            float(shares[1][row["class_index"]] - shares[0][row["class_index"]]), abs=1e-5
        )
        assert row["pearson"] == pytest.approx(np.corrcoef(one.map[i].ravel(), other.map[i].ravel())[0, 1], abs=1e-6)
        assert row["is_same"] is True
    json.dumps(rows, allow_nan=False)


def test_maps_of_two_sizes_are_compared_over_the_picture(tmp_path: Path) -> None:
    """The second model sees a crop of the picture: outside, its map is zero."""
    narrow = tmp_path / "narrow.json"
    settings = json.loads(OPTIONS["preprocess"].read_text())
    narrow.write_text(json.dumps({**settings, "size": [128, 128], "resize": "stretch", "crop": [96, 96]}))
    found = compare(
        MODEL, MODEL, PICTURES[0].parent, tmp_path / "out", second_preprocess=narrow, rows="jsonl", **OPTIONS
    )
    assert found.summary.failed == 0
    for row in read_rows(tmp_path / "out"):
        over = []
        for preprocess in (OPTIONS["preprocess"], narrow):
            one = onnxcam.explain(
                MODEL, str(row["path"]), int(row["class_index"]), preprocess=preprocess, provider="cpu"
            )
            over.append(one.pictures[0].geometry.to_original(one.map[0]).ravel())
        if row["pearson"] is not None:
            assert row["pearson"] == pytest.approx(np.corrcoef(*over)[0, 1], abs=1e-4)


def test_layers_are_matched_by_role_by_name_or_as_told(tmp_path: Path) -> None:
    def matching(second: str, layer: str | None = None, second_layer: str | None = None) -> str:
        one = Settings(str(MODEL), layer=layer, provider="cpu")
        return PairMaker(one, Settings(str(ROOT / second), layer=second_layer, provider="cpu")).matching

    assert matching("shapes-torchscript.onnx") == "layers matched by role and name: '/last/Conv_output_0'"
    assert matching("shapes-dynamo.onnx").startswith("layers matched by role: '/last/Conv_output_0' and '")
    early = "/middle/middle.0/Conv_output_0"
    assert matching("shapes-torchscript.onnx", early) == f"layers matched by name: '{early}'"
    assert matching("shapes-torchscript.onnx", early, "-2").startswith("layers as named: ")


def test_models_of_other_classes_are_told_in_the_rows(dataset: Path, tmp_path: Path) -> None:
    model = onnx.load(MODEL)
    head = next(node for node in reversed(model.graph.node) if node.op_type in ("Gemm", "MatMul"))
    for tensor in model.graph.initializer:
        if tensor.name in head.input[1:]:
            array = numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(array[:5]), tensor.name))
    del model.graph.value_info[:]
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 5
    onnx.save(model, tmp_path / "five.onnx")
    found = compare(MODEL, tmp_path / "five.onnx", dataset, tmp_path / "out", rows="jsonl", provider="cpu")
    assert found.summary.failed == 16
    assert "the first model has 6 classes, the second 5" in str(read_rows(tmp_path / "out")[0]["error"])


def test_it_goes_on_where_it_stood(dataset: Path, tmp_path: Path) -> None:
    class Stop(Exception):  # noqa: N818 - what stops a run from outside
        pass

    def stop(done: int, total: int | None) -> None:
        raise Stop

    other = ROOT / "shapes-dynamo.onnx"
    with pytest.raises(Stop):
        run(other, dataset, tmp_path / "a", report=stop)
    assert run(other, dataset, tmp_path / "a").resumed == 8
    run(other, dataset, tmp_path / "b")
    assert read_rows(tmp_path / "a") == read_rows(tmp_path / "b")
    with pytest.raises(onnxcam.InputError, match="holds one with another matching, second"):
        run(ROOT / "shapes-jax.onnx", dataset, tmp_path / "a")


@pytest.mark.parametrize("head", ["redness", "detect", "segment"])
def test_other_heads_are_compared_too(head: str, tmp_path: Path) -> None:
    model = ROOT / f"heads/{head}.onnx"
    found = compare(model, model, ROOT / "heads/discs.png", tmp_path, rows="jsonl", provider="cpu")
    (row,) = read_rows(tmp_path)
    assert row["error"] is None
    assert (row["drift"], row["is_same"], row["pearson"]) == (0, True, pytest.approx(1))
    assert (row["class_index"] is None) is (head == "redness")
    assert found.summary.failed == 0


def test_both_explain_the_class_of_the_first(dataset: Path, tmp_path: Path) -> None:
    wrong = with_first_kernel(tmp_path / "wrong.onnx", lambda kernel: kernel / 4)
    run(wrong, dataset, tmp_path / "out")
    others = [row for row in read_rows(tmp_path / "out") if not row["is_same"]]
    assert others
    for row in others[:2]:
        maps = [
            onnxcam.explain(
                path, str(row["path"]), int(str(row["class_index"])), preprocess=OPTIONS["preprocess"], provider="cpu"
            ).map
            for path in (MODEL, wrong)
        ]
        assert row["class_index"] == row["first_predicted_index"]
        assert row["pearson"] == pytest.approx(np.corrcoef(*(one.ravel() for one in maps))[0, 1], abs=1e-5)


def test_a_map_that_is_empty_in_one_model_alone_is_the_worst_case() -> None:
    row = {"key": "a", "error": None, "is_same": True, "drift": 0.0, **dict.fromkeys(SIMILARITIES, 0.5)}
    row |= {"first_is_empty": False, "second_is_empty": False}
    empty = {**row, "key": "b", **dict.fromkeys(SIMILARITIES), "second_is_empty": True}
    both = {**empty, "key": "c", "first_is_empty": True}
    found = summarize([row, both, empty])
    assert [(one.key, one.similarity) for one in found.worst] == [("b", -1), ("a", 0.5), ("c", 1)]
    assert found.similarities["pearson"].missing == 2
