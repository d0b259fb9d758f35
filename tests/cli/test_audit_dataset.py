"""`onnxcam audit`: what it writes and says, how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.auditing.pictures import MODEL, ROOT, read_rows, write_pictures
from tests.cli.conftest import Run

OPTIONS = ("--preprocess", ROOT / "preprocess.json", "--labels", ROOT / "labels.txt", "--rows", "jsonl")


def test_it_writes_rows_and_says_their_means(run: Run, tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 12)
    result = run("audit", MODEL, data, *OPTIONS)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == f"{Path('audit') / 'rows.jsonl'}: 12 rows"
    assert "  accuracy" in lines[1]
    assert lines[1].split()[1:] == ["1.0000", "(1.0000", "to", "1.0000)"]
    assert "border-energy" in result.stdout
    assert "by class, in " in lines[-1]
    assert len(read_rows(tmp_path / "audit")) == 12


def test_json_is_the_header_of_the_audit(run: Run, tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 6)
    result = run("audit", MODEL, data, *OPTIONS, "-o", "out", "--json")
    record = json.loads(result.stdout)
    assert (record["schema"], record["schema_version"], record["complete"]) == ("onnxcam.audit", 1, True)
    assert record["summary"]["overall"]["count"] == 6
    assert record == json.loads((tmp_path / "out/audit.json").read_text()) | {"rows_file": str(Path("out/rows.jsonl"))}


def test_a_picture_that_cannot_be_read_is_a_finding(run: Run, tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 6)
    (data / "star" / "broken.png").write_bytes(b"no picture")
    result = run("audit", MODEL, data, *OPTIONS)
    assert result.exit_code == 1
    assert "7 rows, 1 of which could not be read or explained (column 'error')" in result.stdout
    assert "  star/broken.png: " in result.stdout.splitlines()[1]
    again = run("audit", MODEL, data, *OPTIONS)
    assert again.exit_code == 1
    assert "7 rows were there from an earlier run." in again.stderr


def test_it_goes_on_only_with_the_same_audit(run: Run, tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 4)
    assert run("audit", MODEL, data, *OPTIONS).exit_code == 0
    result = run("audit", MODEL, data, *OPTIONS, "--method", "layer-cam")
    assert result.exit_code == 2
    assert "holds one with another method" in result.stderr
    assert "Traceback" not in result.stderr
    assert run("audit", MODEL, data, *OPTIONS, "--method", "layer-cam", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("nothing",), "no data set 'nothing'|no file or folder", id="no data set"),
        pytest.param((".", "--metric", "beauty"), "no metric 'beauty'", id="no metric"),
        pytest.param((".", "--target", "top5"), "several maps for a picture", id="several maps"),
        pytest.param((".", "--dataset-format", "imagenet"), "no format 'imagenet'", id="no format"),
    ],
)
def test_a_wrong_argument_is_told(run: Run, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    write_pictures(tmp_path, 2)
    result = run("audit", MODEL, *arguments, *OPTIONS)
    assert result.exit_code == 2
    assert any(part in result.stderr for part in message.split("|")), result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="a terminal of its own is had on POSIX alone")
def test_ctrl_c_says_how_far_it_is_and_a_terminal_sees_the_rate(tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 5000)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "onnxcam", "audit", MODEL, data, "-o", tmp_path / "out", *OPTIONS]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    rows = tmp_path / "out" / "rows.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (rows.exists() and rows.read_bytes().count(b"\n") > 100):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # how Linux says that nobody writes to a terminal any more
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait() == 130
    said = " ".join(shown.decode().split())
    assert "/s" in said
    assert "pictures are done; the same command goes on with the others." in said
    assert rows.read_bytes().count(b"\n") < 5000


def test_the_randomisation_test_is_a_curve_from_one_down(run: Run, tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 8)
    options = (*OPTIONS, "--metric", "border-energy", "--randomise", "cascading", "--randomise-pictures", "4")
    result = run("audit", MODEL, data, *options)
    assert result.exit_code == 0, result.stderr
    head, *lines = result.stdout.splitlines()[-11:]
    assert head == "similarity to the maps of 4 pictures as weights are shuffled (cascading):"
    assert [line.split()[0] for line in lines[:3]] == ["none", "/classifier/Gemm", "/last/Conv"]
    numbers = [float(line.split()[2]) for line in lines]
    assert numbers[0] == 1
    assert max(numbers[1:]) < 0.5
    bars = [line.count("#") for line in lines]
    assert bars == [round(20 * max(0, number)) for number in numbers]
    header = json.loads((tmp_path / "audit" / "audit.json").read_text())
    assert [step["spearman"] for step in header["randomisation"]["steps"]] == pytest.approx(numbers[1:], abs=1e-4)


def test_nothing_is_said_of_clusters_that_are_as_others(run: Run, tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 8)
    result = run("audit", MODEL, data, *OPTIONS)
    assert "excess" not in result.stdout
    assert "Note: no class has 20 maps, which it takes to search for clusters of them." in result.stderr


def test_the_mean_of_one_picture_has_no_interval(run: Run, tmp_path: Path) -> None:
    options = ["--preprocess", ROOT / "preprocess.json", "--metric", "entropy", "--rows", "jsonl", "-o", tmp_path]
    result = run("audit", *map(str, [MODEL, ROOT / "pictures" / "star-0.png", *options]))
    assert [line.split("  (")[1] for line in result.stdout.splitlines() if "entropy" in line] == ["of one picture)"]
    assert "nan" not in result.stdout
