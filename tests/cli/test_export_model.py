"""`onnxcam export`: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import onnxcam
from onnxcam.exporting.web.runtime_files import RUNTIME_FILES
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
SHAPES = ROOT / "models/shapes-torchscript.onnx"


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def test_it_writes_beside_the_folder_it_runs_in_and_says_what(run: Run, tmp_path: Path, model: Path) -> None:
    result = run("export", model)
    assert result.exit_code == 0, result.stderr
    path = tmp_path / "model.cam.onnx"
    lines = result.stdout.splitlines()
    assert lines[0].startswith("model.cam.onnx: ")
    assert f"{path.stat().st_size:,} bytes" in lines[0]
    assert "  output  + cam: float32 [" in result.stdout
    assert "  input   + cam_target: int64 [" in result.stdout
    assert "  compared  on 2 random inputs: outputs differ by " in result.stdout
    assert "The layer is " in result.stderr
    assert [o.name for o in session(path).get_outputs()][-2:] == ["cam", "cam_class"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_it_is_compared_on_the_inputs_given(run: Run, tmp_path: Path) -> None:
    pictures = ROOT / "models/pictures"
    preprocess = ROOT / "models/preprocess.json"
    result = run("export", SHAPES, pictures, "-o", "m.onnx", "--preprocess", preprocess, "--json")
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    assert record["schema"] == "onnxcam.export"
    assert record["given"]["samples"] == len([p for p in pictures.iterdir() if p.suffix in (".png", ".jpg")])
    assert record["given"]["outputs"] <= 1e-6
    assert record["given"]["maps"] <= 1e-5
    assert record["given"]["classes"] == 0
    assert [port["name"] for port in record["outputs"]] == ["logits", "cam", "cam_class"]
    assert (tmp_path / record["path"]).stat().st_size == record["size"]


def test_targets_by_name(run: Run, tmp_path: Path) -> None:
    labels = ROOT / "models/labels.txt"
    result = run("export", SHAPES, "-o", "m.onnx", "--target", "star", "--target", "heart", "--labels", labels)
    assert result.exit_code == 0, result.stderr
    assert "Target: star (3), heart (5); method: grad-cam." in result.stderr
    x = np.random.default_rng(0).standard_normal((2, 3, 96, 96)).astype(np.float32)
    cam, classes = session(tmp_path / "m.onnx").run(["cam", "cam_class"], {"input": x})
    assert cam.shape == (2, 2, 96, 96)
    assert classes.tolist() == [[3, 5], [3, 5]]
    for column, name in enumerate(("star", "heart")):
        wanted = onnxcam.explain(SHAPES, x, name, labels=labels, provider="cpu").map
        np.testing.assert_allclose(cam[:, column], wanted, rtol=0, atol=1e-5)


def test_an_existing_file_is_kept(run: Run, tmp_path: Path, model: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"mine")
    result = run("export", model, "-o", "m.onnx")
    assert result.exit_code == 2
    assert "'m.onnx' exists. Overwrite with --force" in result.stderr
    assert (tmp_path / "m.onnx").read_bytes() == b"mine"
    assert run("export", model, "-o", "m.onnx", "--force").exit_code == 0
    assert (tmp_path / "m.onnx").read_bytes() != b"mine"


REFUSED = {
    "no model": (("export", "none.onnx"), "no file 'none.onnx'"),
    "no input": (("export", "model.onnx", "none.png"), "no file or folder 'none.png'"),
    "no folder": (("export", "model.onnx", "-o", "none/m.onnx"), "'none/m.onnx' cannot be written"),
    "itself": (("export", "model.onnx", "-o", "model.onnx", "--force"), "model"),
    "unknown class": (("export", "model.onnx", "--target", "dogg"), "no class is called 'dogg'"),
    "class out of range": (("export", "model.onnx", "--target", "3"), "no class 3"),
    "unknown method": (("export", "model.onnx", "--method", "gradcam"), "no method 'gradcam'"),
    "unknown choice": (("export", "model.onnx", "--target-input", "never"), "'--target-input'"),
    "a target without a graph": (("export", "model.onnx", "--target", "like x.npy"), "cannot be exported"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_in_one_line(run: Run, tmp_path: Path, model: Path, arguments: tuple[str, ...], message: str) -> None:
    (tmp_path / "model.onnx").write_bytes(model.read_bytes())
    np.save(tmp_path / "x.npy", np.zeros((1, 3, 8, 8), np.float32))
    before = sorted(tmp_path.rglob("*"))
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith("onnxcam: ")
    assert message in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.fixture
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the names of ONNX Runtime's files for browsers, which nothing here runs."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME_FILES:
        (folder / name).write_bytes(b"stand-in")
    return folder


WEB = ("--preprocess", ROOT / "models/preprocess.json", "--labels", ROOT / "models/labels.txt")


def test_a_page_alone(run: Run, tmp_path: Path, runtime: Path) -> None:
    pictures = sorted((ROOT / "models/pictures").glob("*.png"))[:2]
    result = run("export", SHAPES, *pictures, "--web", "page", "--web-runtime", runtime, *WEB)
    assert result.exit_code == 0, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{Path('page/model.onnx')}: ")
    assert "  compared  on 2 given inputs: " in result.stdout
    count = sum(path.is_file() for path in (tmp_path / "page").rglob("*"))
    assert lines[-2:] == [
        f"page: a page of {count} files. Any web server shows it, as this one does:",
        "  python -m http.server -d page",
    ]
    required = {i.name: i.shape for i in session(tmp_path / "page/model.onnx").get_inputs()}
    assert required == {"input": ["batch", 3, 96, 96], "cam_target": ["batch"]}
    config = json.loads((tmp_path / "page/config.json").read_text())
    assert config["class_names"] == (ROOT / "models/labels.txt").read_text().split()
    assert len(config["files"]["samples"]) == 2


def test_a_page_and_a_file(run: Run, tmp_path: Path, runtime: Path) -> None:
    result = run("export", SHAPES, "--web", "page", "--web-runtime", runtime, *WEB, "-o", "m.onnx", "--json")
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    assert (record["path"], record["page"]["path"]) == ("m.onnx", "page")
    assert record["page"]["files"][0] == str(Path("page/index.html"))
    assert all((tmp_path / file).is_file() for file in record["page"]["files"])
    assert [port["is_optional"] for port in record["inputs"]] == [False, True]


def test_a_page_brings_weights_in_files_of_their_own(run: Run, tmp_path: Path, runtime: Path) -> None:
    model = onnx.load(SHAPES)
    onnx.save(model, tmp_path / "m.onnx", save_as_external_data=True, location="m.data", size_threshold=0)
    result = run("export", "m.onnx", "--web", "page", "--web-runtime", runtime, *WEB)
    assert result.exit_code == 0, result.stderr
    config = json.loads((tmp_path / "page/config.json").read_text())
    assert config["files"]["weights"] == [{"location": "m.data", "file": "weights/m.data"}]
    assert (tmp_path / "page/weights/m.data").read_bytes() == (tmp_path / "m.data").read_bytes()


REFUSED_PAGES = {
    "a fixed target": (("--target", "star"), "on the page a person picks the class"),
    "raw maps": (("--raw",), "on the page a person picks the class"),
    "no runtime": (("--web-runtime", "."), "'.' holds no ONNX Runtime for browsers"),
    "a file": (("--web", "file"), "cannot write to 'file': 'file' is no folder. Choose another with --web."),
    "a page": (("--web", "there"), "exists. Overwrite with --force, or choose another folder with --web."),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED_PAGES.values(), ids=REFUSED_PAGES.keys())
def test_a_page_is_refused_before_anything_is_computed(
    run: Run, tmp_path: Path, runtime: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "there").mkdir()
    (tmp_path / "there/index.html").touch()
    before = sorted(tmp_path.rglob("*"))
    result = run("export", SHAPES, "--web", "page", "--web-runtime", runtime, *WEB, *arguments)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_the_file_is_no_folder_and_nothing_that_is_read(run: Run, tmp_path: Path, model: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "'folder' is a folder. Name the file: -o " in run("export", model, "-o", "folder").stderr
    np.save(tmp_path / "x.npy", np.zeros((1, 3, 8, 8), np.float32))
    result = run("export", model, "x.npy", "-o", "x.npy", "--force")
    assert result.exit_code == 2
    assert "'x.npy' would overwrite what is read" in result.stderr
