"""The boundary: what a user can cause is one line and exit code 2, and nothing is written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from onnxcam.cli import explain_images
from onnxcam.cli.main import COMMANDS, cli
from tests.cli.conftest import Run
from tests.cli.models import CUSTOM_OPERATOR, KERNEL, NO_CONVOLUTION, NO_FLOAT_PATH, NO_RULE, write, write_classifier

GOOD = ("model.onnx", "x.npy")


def _truncated(path: Path) -> None:
    path.write_bytes(write_classifier(path).read_bytes()[:-40])


def _without_its_weights(path: Path) -> None:
    model = onnx.load(write_classifier(path))
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    (path.parent / "weights.bin").unlink()


MODELS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "no file 'bad.onnx'"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "no ONNX": (lambda path: path.write_text("hello", encoding="utf-8"), "not an ONNX model"),
    "empty": (lambda path: path.write_bytes(b""), "not an ONNX model"),
    "truncated": (_truncated, "truncated"),
    "external data missing": (_without_its_weights, "external data file 'weights.bin', which is missing"),
    "no convolution": (lambda path: write(path, NO_CONVOLUTION), "no convolution"),
    "no float path": (lambda path: write(path, NO_FLOAT_PATH), "no float score"),
    "custom operator": (lambda path: write(path, CUSTOM_OPERATOR), "custom operator my.domain::Sharpen"),
}


@pytest.mark.parametrize(("make", "message"), MODELS.values(), ids=MODELS.keys())
def test_bad_model(run: Run, tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    make(tmp_path / "bad.onnx")
    np.save(tmp_path / "x.npy", np.zeros((1, 3, 8, 8), np.float32))
    _expect_one_line(run, tmp_path, ("explain", "bad.onnx", "x.npy"), message)


INPUTS: dict[str, tuple[tuple[str, ...], str]] = {
    "missing": (("explain", "model.onnx", "none.png"), "no file or folder 'none.png'"),
    "no picture": (("explain", "model.onnx", "text.txt"), "'text.txt' is not a picture"),
    "no array": (("explain", "model.onnx", "text.npy"), "'text.npy' holds no numpy array"),
    "no samples": (("explain", "model.onnx", "none.npy"), "'none.npy' holds no samples"),
    "wrong shape": (
        ("explain", "model.onnx", "shape.npy"),
        "'shape.npy': the input 'image' takes float32 [?, 3,",
    ),
    "no batch axis": (("explain", "model.onnx", "single.npy"), "Add a batch axis in front."),
    "wrong dtype": (("explain", "model.onnx", "dtype.npy"), "'dtype.npy': the input 'image' takes float32; int64"),
    "an empty folder": (("explain", "model.onnx", "empty"), "the folder 'empty' holds no pictures"),
    "unknown layer": (("explain", *GOOD, "--layer", "featurs"), "no layer 'featurs'. Did you mean 'features'"),
    "unknown score": (("explain", *GOOD, "--output-name", "logit"), "no value 'logit'"),
    "unknown label": (("explain", *GOOD, "--target", "dogg"), "no class is called 'dogg'. Did you mean 'dog'?"),
    "class out of range": (("explain", *GOOD, "--target", "3"), "no class 3: the score tensor has 3 classes, 0 to 2"),
    "negative class": (("explain", *GOOD, "--target", "-1"), "no class -1"),
    "unknown provider": (("explain", *GOOD, "--provider", "gpu"), "no provider 'gpu'"),
    "unknown method": (("explain", *GOOD, "--method", "gradcam"), "no method 'gradcam'. Did you mean 'grad-cam'"),
    "unknown preset": (("explain", *GOOD, "--preprocess", "imagnet"), "no preprocessing preset or JSON file 'imagnet'"),
    "unknown colour map": (("explain", *GOOD, "--colormap", "jett"), "no colour map 'jett'. Did you mean 'jet'"),
    "missing labels": (("explain", *GOOD, "--labels", "none.txt"), "the labels file 'none.txt' cannot be read"),
    "alpha out of range": (("explain", *GOOD, "--alpha", "2"), "'--alpha'"),
    "batch size of zero": (("explain", *GOOD, "--batch-size", "0"), "'--batch-size'"),
    "no inputs": (("explain", "model.onnx"), "missing argument 'INPUT...'"),
    "output below a file": (("explain", *GOOD, "-o", "model.onnx/out"), "is no folder"),
    "output is a file": (("explain", *GOOD, "-o", "text.txt"), "is no folder"),
    "output exists": (("explain", *GOOD, "-o", "full"), "'full/x.png' exists"),
    "unknown option": (("explain", *GOOD, "--layr", "x"), "--layr"),
    "unknown command": (("explian",), "no such command 'explian'"),
    "inspect what is missing": (("inspect", "none.onnx"), "no file 'none.onnx'"),
    "inspect no model": (("inspect", "text.txt"), "not an ONNX model"),
    "inspect an unknown layer": (("inspect", "model.onnx", "--layer", "nope"), "no layer 'nope'"),
    "demo below a file": (("demo", "-o", "text.txt/out"), "is no folder"),
}


@pytest.mark.parametrize(("arguments", "message"), INPUTS.values(), ids=INPUTS.keys())
def test_bad_input(run: Run, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    write_classifier(tmp_path / "model.onnx", labels="cat,dog,bird")
    arrays = {
        "x": np.zeros((1, 3, 8, 8), np.float32),
        "none": np.zeros((0, 3, 8, 8), np.float32),
        "shape": np.zeros((1, 3, 9, 8), np.float32),
        "single": np.zeros((3, 8, 8), np.float32),
        "dtype": np.zeros((1, 3, 8, 8), np.int64),
    }
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    for name in ("text.txt", "text.npy"):
        (tmp_path / name).write_text("hello", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x.png").touch()
    _expect_one_line(run, tmp_path, arguments, message)


def test_an_operator_without_a_rule_is_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxcam.autodiff.registry.find", lambda *_: None)
    write(tmp_path / "bad.onnx", NO_RULE, KERNEL)
    np.save(tmp_path / "x.npy", np.zeros((1, 3, 8, 8), np.float32))
    _expect_one_line(run, tmp_path, ("explain", "bad.onnx", "x.npy"), "no vjp rule for Det")


def test_cuda_that_cannot_be_had_is_an_error(run: Run, model: Path, pictures: Path) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    arguments = ("explain", model, pictures / "two.npy", "--provider", "cuda")
    _expect_one_line(run, pictures.parent, arguments, "the CUDA execution provider is not in this ONNX Runtime")


def test_without_onnx_runtime_the_error_says_what_to_install(
    run: Run, model: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    arguments = ("explain", model, pictures / "two.npy")
    _expect_one_line(run, pictures.parent, arguments, "ONNX Runtime is not installed. Install onnxcam[cpu]")
    told = run("--version")
    assert (told.exit_code, "ONNX Runtime is not installed" in told.stdout) == (0, True)


def _expect_one_line(run: Run, folder: Path, arguments: tuple[object, ...], message: str) -> None:
    before = sorted(folder.rglob("*"))
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("onnxcam: ")
    assert message in result.stderr
    assert sorted(folder.rglob("*")) == before


def test_a_bug_is_one_line_and_exit_code_3(
    run: Run, model: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(explain_images, "explain_images", fail)
    result = run("explain", model, pictures)
    assert result.exit_code == 3
    assert result.stderr == (
        "onnxcam: internal error: ZeroDivisionError: by nought. This is a bug of onnxcam; report it, "
        "with what it prints with ONNXCAM_DEBUG=1 set.\n"
    )
    monkeypatch.setenv("ONNXCAM_DEBUG", "1")
    assert "Traceback" in run("explain", model, pictures).stderr


@pytest.mark.parametrize("arguments", [(), *((name,) for name in COMMANDS)], ids=["onnxcam", *COMMANDS])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_ends_with_an_example(run: Run, arguments: tuple[str, ...], option: str) -> None:
    result = run(*arguments, option)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Example:\n    onnxcam " in result.stdout.split("Options:")[1]


def test_examples_of_the_help_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(Path(__file__).parents[2] / "models")
    for name in COMMANDS:
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        line = str(command.epilog).split("onnxcam ", 1)[1].replace("\\\n", " ")
        result = run(*line.split())
        assert result.exit_code == 0, result.stderr


def test_no_arguments_show_the_help(run: Run) -> None:
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Commands:" in result.stderr


def test_version_names_the_runtime_and_its_providers(run: Run) -> None:
    lines = run("--version").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["onnxcam", "onnx", "onnx-ir", "onnxruntime"]
    assert "CPUExecutionProvider" in lines[-1]


def test_the_help_starts_fast_and_loads_nothing_heavy() -> None:
    code = """
import sys
from onnxcam.cli.main import cli
try:
    cli.main(["--help"])
except SystemExit:
    print(sorted({"cv2", "numpy", "onnx", "onnx_ir", "onnxruntime", "onnxscript", "PIL", "rich"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_python_m_onnxcam_and_a_reader_that_goes_away(tmp_path: Path, model: Path, pictures: Path) -> None:
    command = [sys.executable, "-m", "onnxcam", "explain", model, pictures, "-o", tmp_path / "out"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert process.returncode == 141
    assert "Traceback" not in told
    assert "BrokenPipe" not in told


def listen_to_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_of_a_process_is_one_line(tmp_path: Path, model: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "many.npy", rng.normal(size=(3000, 3, 8, 8)).astype(np.float32))
    command = [sys.executable, "-m", "onnxcam", "explain", model, tmp_path / "many.npy", "-o", tmp_path / "out"]
    pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    # Below a shell's background job, Ctrl-C is ignored from the start; here it is to be heard.
    with subprocess.Popen(command, **pipes, preexec_fn=listen_to_ctrl_c) as process:
        while process.poll() is None and not (tmp_path / "out" / "many-0.png").exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert told.splitlines()[-1].startswith("onnxcam: interrupted. ")
    assert "Traceback" not in told
    assert (tmp_path / "out" / "explanations.json").exists()
