"""`onnxcam explain`: what it writes, prints and narrates."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import onnxcam
from onnxcam.cli import runs
from onnxcam.imaging import read_image, write_png, write_whole
from tests.cli.conftest import Run
from tests.cli.models import CLASSIFIER, write, write_classifier


def test_a_folder_gives_an_overlay_each_and_a_record(run: Run, model: Path, pictures: Path) -> None:
    result = run("explain", model, pictures, "-o", "out")
    assert result.exit_code == 0, result.stderr
    record = json.loads(Path("out/explanations.json").read_text(encoding="utf-8"))
    overlays = [entry["overlay"] for entry in record["inputs"]]
    assert overlays == [*(f"noise_{i}.png" for i in range(5)), "two-0.png", "two-1.png"]
    assert sorted(p.name for p in Path("out").iterdir()) == sorted([*overlays, "explanations.json"])
    assert read_image("out/noise_3.png").shape == (13, 20, 3)
    np.testing.assert_array_equal(read_image("out/two-1.png"), onnxcam.explain(model, pictures / "two.npy").plot(1))
    lines = result.stdout.splitlines()
    assert len(lines) == 7
    first = record["inputs"][0]
    assert lines[0] == (
        f"{pictures / 'noise 0.png'}: {first['class_name']} ({first['class_index']}), "
        f"score {first['score']:.4g}, out/noise_0.png"
    )
    assert lines[-1].startswith(f"{pictures / 'two.npy'}[1]: ")


def test_the_narration_says_once_what_was_chosen_and_why(run: Run, model: Path, pictures: Path) -> None:
    told = run("explain", model, pictures, "-o", "out").stderr
    for part in (
        "'features' (Conv, 8 x 8, channels first): it is the last convolution",
        "before Softmax",
        "predicted class",
        "grad-cam",
        "provider: cpu",
    ):
        assert told.count(part) == 1
    assert told.count("'imagenet' is assumed") == 1
    assert "Class names: 3 from the model." in told


def test_the_record_holds_what_the_python_api_gives(run: Run, model: Path, pictures: Path) -> None:
    result = run("explain", model, pictures, "--json", "-o", "out")
    record = json.loads(result.stdout)
    assert record == json.loads(Path("out/explanations.json").read_text(encoding="utf-8"))
    assert (record["schema"], record["schema_version"], record["complete"]) == ("onnxcam.explanations", 1, True)
    assert record["model"] == {"file": "model.onnx", "sha256": hashlib.sha256(model.read_bytes()).hexdigest()}
    assert (record["layer"], record["score_tensor"], record["provider"]) == ("features", "logits", "cpu")
    assert (record["target"], record["labels"], record["preprocess"]["is_assumed"]) == ("predicted", "the model", True)
    expected = onnxcam.explain(model, pictures / "noise 2.png")
    entry = record["inputs"][2]
    assert entry["class_index"] == expected.class_index[0]
    assert np.float32(entry["score"]) == expected.score[0]
    assert [top["class_index"] for top in entry["top5"]] == np.argsort(-expected.logits[0]).tolist()
    assert sum(top["softmax"] for top in entry["top5"]) == pytest.approx(1, abs=1e-5)
    saliency = expected.pictures[0].geometry.to_original(expected.map[0])
    assert saliency[entry["peak"]["y"], entry["peak"]["x"]] == saliency.max()
    np.testing.assert_array_equal(read_image("out/noise_2.png"), expected.overlay())


def test_batches_give_what_singles_give(run: Run, model: Path, pictures: Path) -> None:
    singles = json.loads(run("explain", model, pictures, "--json", "-o", "one").stdout)
    batches = json.loads(run("explain", model, pictures, "--json", "-o", "all", "--batch-size", "4").stdout)
    for one, other in zip(singles["inputs"], batches["inputs"], strict=True):
        assert one["score"] == pytest.approx(other["score"], rel=1e-5)
        assert (one["path"], one["peak"]) == (other["path"], other["peak"])


def test_a_model_with_a_batch_size_of_its_own_gets_it(run: Run, tmp_path: Path, pictures: Path) -> None:
    fixed = onnx.load(write_classifier(tmp_path / "fixed.onnx"))
    for value in (*fixed.graph.input, *fixed.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 2
    onnx.save(fixed, tmp_path / "fixed.onnx")
    result = run("explain", "fixed.onnx", pictures, "-o", "out")
    assert result.exit_code == 0, result.stderr
    assert len(result.stdout.splitlines()) == 7


@pytest.mark.parametrize(
    ("target", "expected"), [("1", 1), ("dog", 1), ("Bird", 2)], ids=["index", "label", "label in another case"]
)
def test_target_is_an_index_or_a_label(run: Run, model: Path, pictures: Path, target: str, expected: int) -> None:
    result = run("explain", model, pictures / "two.npy", "--target", target, "--json")
    assert [entry["class_index"] for entry in json.loads(result.stdout)["inputs"]] == [expected] * 2


def test_labels_and_preprocess_come_from_files(run: Run, model: Path, pictures: Path) -> None:
    Path("labels.txt").write_text("eins\nzwei\ndrei\n", encoding="utf-8")
    Path("own.json").write_text('{"resize": "stretch", "mean": [0.5]}', encoding="utf-8")
    result = run(
        "explain", model, pictures / "noise 0.png", "--json", "--labels", "labels.txt", "--preprocess", "own.json"
    )
    record = json.loads(result.stdout)
    assert record["inputs"][0]["class_name"] in {"eins", "zwei", "drei"}
    assert (record["labels"], record["preprocess"]["name"], record["notes"]) == ("labels.txt", "own", [])


def test_names_are_sanitised_and_unique(run: Run, model: Path, tmp_path: Path) -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    for folder, name in (("a", "x.png"), ("b", "x.png"), ("a", "X.bmp"), ("a", "..evil name;.png"), ("b", "ü.png")):
        (tmp_path / folder).mkdir(exist_ok=True)
        write_png(tmp_path / folder / name, image)
    given = ["a/x.png", "b/x.png", "a/X.bmp", "a/..evil name;.png", "b/ü.png"]
    record = json.loads(run("explain", model, *given, "--json").stdout)
    names = [entry["overlay"] for entry in record["inputs"]]
    assert names == ["x.png", "x-2.png", "X-3.png", "evil_name.png", "input.png"]


def test_a_zero_map_is_said_of_its_own_input_only(run: Run, tmp_path: Path) -> None:
    weights = {
        "kernel": np.ones((4, 3, 3, 3), np.float32),
        "weight": np.ones((4, 3), np.float32),
        "bias": np.zeros(3, np.float32),
    }
    write(tmp_path / "model.onnx", CLASSIFIER, weights)
    np.save(tmp_path / "x.npy", np.stack([np.ones((3, 8, 8)), -np.ones((3, 8, 8))]).astype(np.float32))
    result = run("explain", "model.onnx", "x.npy", "--batch-size", "2", "--json")
    first, second = json.loads(result.stdout)["inputs"]
    assert (first["notes"], second["peak"]) == ([], None)
    assert second["notes"][0].startswith("the map is zero everywhere")
    assert result.stderr.count("zero everywhere") == 1
    assert "x.npy[1]: the map is zero everywhere" in result.stderr


def test_existing_files_need_force_and_inputs_are_never_overwritten(run: Run, model: Path, pictures: Path) -> None:
    run("explain", model, pictures / "two.npy", "-o", "out")
    before = Path("out/two-0.png").stat().st_mtime_ns
    refused = run("explain", model, pictures / "two.npy", "-o", "out")
    assert refused.exit_code == 2
    assert "exists, and 2 more. Overwrite with --force" in refused.stderr
    assert Path("out/two-0.png").stat().st_mtime_ns == before
    assert run("explain", model, pictures / "two.npy", "-o", "out", "--force").exit_code == 0
    write_png(pictures / "plain.png", np.zeros((8, 8, 3), np.uint8))
    own = run("explain", model, pictures / "plain.png", "-o", pictures, "--force")
    assert (own.exit_code, "would overwrite the input" in own.stderr) == (2, True)


def test_a_bad_input_after_good_ones_ends_the_run_and_the_record_says_so(run: Run, model: Path, pictures: Path) -> None:
    (pictures / "noise 3.png").write_bytes(b"no picture")
    result = run("explain", model, pictures, "-o", "out")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("onnxcam: '")
    record = json.loads(Path("out/explanations.json").read_text(encoding="utf-8"))
    assert (record["complete"], len(record["inputs"])) == (False, 3)
    assert sorted(p.name for p in Path("out").glob("*.png")) == [entry["overlay"] for entry in record["inputs"]]


@pytest.mark.parametrize("done", [0, 2])
def test_ctrl_c_keeps_what_is_done(
    run: Run, model: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    written = []

    def write_some(path: Path, content: bytes) -> None:
        if len(written) == done:
            raise KeyboardInterrupt
        written.append(path)
        write_whole(path, content)

    monkeypatch.setattr(runs, "write_whole", write_some)
    result = run("explain", model, pictures, "-o", "out")
    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == f"onnxcam: interrupted. {done} of 7 inputs are explained."
    if done:
        record = json.loads(Path("out/explanations.json").read_text(encoding="utf-8"))
        assert (record["complete"], len(record["inputs"])) == (False, done)
    else:
        assert not list(Path("out").iterdir())


def test_many_pictures_are_explained_side_by_side_with_the_same_result(
    run: Run, model: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    monkeypatch.setattr(runs, "MANY", 99)
    assert run("explain", model, pictures, "-o", "one").exit_code == 0
    monkeypatch.setattr(runs, "MANY", 2)
    threads = set()
    draw = runs.Run._draw

    def seen(*arguments: Any) -> Any:
        threads.add(threading.get_ident())
        return draw(*arguments)

    monkeypatch.setattr(runs.Run, "_draw", seen)
    assert run("explain", model, pictures, "-o", "several").exit_code == 0
    assert len(threads) > 1
    one, several = (json.loads(Path(f, "explanations.json").read_text(encoding="utf-8")) for f in ("one", "several"))
    assert [entry["overlay"] for entry in one["inputs"]] == [entry["overlay"] for entry in several["inputs"]]
    for first, second in zip(one["inputs"], several["inputs"], strict=True):
        assert first["score"] == pytest.approx(second["score"], rel=1e-5)
        pixels = [read_image(Path(folder, first["overlay"])) for folder in ("one", "several")]
        assert np.abs(pixels[0].astype(int) - pixels[1]).max() <= 1
