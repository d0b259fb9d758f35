"""A whole data set: streamed, stopped, killed, gone on with."""

from __future__ import annotations

import dataclasses
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import onnxcam
from onnxcam.auditing import audit
from onnxcam.auditing.decoding import AHEAD, decoded_batches
from onnxcam.auditing.journal import Journal
from onnxcam.auditing.streaming import fill
from onnxcam.comparing import compare
from onnxcam.datasets import Record, open_dataset
from onnxcam.errors import InputError
from onnxcam.samples import Samples
from tests.auditing.pictures import MODEL, OPTIONS, PICTURES, read_rows, write_pictures


def run(dataset: Path, folder: Path, **options: object) -> onnxcam.auditing.Audit:
    return audit(MODEL, dataset, folder, **{"rows": "jsonl", **OPTIONS, **options})


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("data"), 40)


@pytest.fixture(scope="module")
def whole(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    folder = tmp_path_factory.mktemp("whole")
    run(dataset, folder)
    return read_rows(folder)


def test_there_is_a_row_for_each_picture(dataset: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    found = run(dataset, tmp_path, batch_size=16, report=lambda done, total: seen.append((done, total)))
    assert seen == [(16, 40), (32, 40), (40, 40)]
    assert (found.summary.count, found.summary.failed, found.resumed) == (40, 0, 0)
    assert [row["key"] for row in read_rows(tmp_path)] == sorted(
        p.relative_to(dataset).as_posix() for p in dataset.rglob("*.png")
    )
    assert found.summary.overall.accuracy is not None
    assert found.summary.overall.accuracy.mean == 1
    assert {one.name: one.count for one in found.summary.classes}["star"] == 5
    header = json.loads((tmp_path / "audit.json").read_text())
    assert header["complete"] is True
    assert header["rows"] == 40
    assert header["made_of"]["model"]["file"] == MODEL.name


def test_parquet_holds_the_same(dataset: Path, whole: list[dict[str, object]], tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    found = run(dataset, tmp_path, rows="parquet")
    assert found.rows_path == tmp_path / "rows.parquet"
    assert not (tmp_path / "rows.jsonl").exists()
    assert parquet.read_table(found.rows_path).to_pylist() == whole
    again = run(dataset, tmp_path, rows="parquet")
    assert (again.resumed, again.summary) == (40, found.summary)


def test_a_finished_audit_is_not_made_again(dataset: Path, tmp_path: Path) -> None:
    first = run(dataset, tmp_path)
    before = (tmp_path / "rows.jsonl").stat().st_mtime_ns
    again = run(dataset, tmp_path, report=lambda done, total: pytest.fail("nothing is left to do"))
    assert again.summary == first.summary
    assert again.resumed == 40
    assert (tmp_path / "rows.jsonl").stat().st_mtime_ns == before


class Stop(Exception):  # noqa: N818 - what stops a run from outside
    pass


@pytest.mark.parametrize("at", [8, 24])
def test_a_stopped_audit_goes_on(dataset: Path, whole: list[dict[str, object]], tmp_path: Path, at: int) -> None:
    def stop(done: int, total: int | None) -> None:
        if done == at:
            raise Stop

    with pytest.raises(Stop):
        run(dataset, tmp_path, report=stop)
    assert json.loads((tmp_path / "audit.json").read_text())["complete"] is False
    found = run(dataset, tmp_path)
    assert found.resumed == at
    assert read_rows(tmp_path) == whole


@pytest.mark.parametrize("left", [0, 1, 300, -1], ids=["nothing", "a letter", "a part", "all but the newline"])
def test_a_line_that_is_not_whole_is_made_again(
    dataset: Path, whole: list[dict[str, object]], tmp_path: Path, left: int
) -> None:
    run(dataset, tmp_path)
    lines = (tmp_path / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "rows.jsonl").write_bytes(b"".join(lines[:13]) + lines[13][:left])
    header = json.loads((tmp_path / "audit.json").read_text())
    (tmp_path / "audit.json").write_text(json.dumps({**header, "complete": False}))
    assert run(dataset, tmp_path).resumed == 13
    assert [row["key"] for row in read_rows(tmp_path)] == [row["key"] for row in whole]


PROGRAM = """
import sys
from onnxcam.auditing import audit
model, dataset, folder, preprocess, labels = sys.argv[1:]
audit(model, dataset, folder, preprocess=preprocess, labels=labels, provider="cpu", rows="jsonl", batch_size=2)
"""


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_killed_audit_goes_on(dataset: Path, whole: list[dict[str, object]], tmp_path: Path, times: int) -> None:
    """In a row, at random moments; then a run gets to the end."""
    command = [sys.executable, "-c", PROGRAM, MODEL, dataset, tmp_path, OPTIONS["preprocess"], OPTIONS["labels"]]
    chance, counts = random.Random(4), [0]
    for _ in range(times):
        process = subprocess.Popen([str(part) for part in command], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        wanted = counts[-1] + chance.choice([0, 1, 2])
        path = tmp_path / "rows.jsonl"
        while time.monotonic() < deadline and process.poll() is None:
            if path.exists() and path.read_bytes().count(b"\n") >= wanted:
                break
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.02))
        process.kill()
        process.wait()
        counts.append(path.read_bytes().count(b"\n") if path.exists() else 0)
    assert counts == sorted(counts)
    assert 0 < counts[-1] < 40 or times == 20
    run(dataset, tmp_path, batch_size=2)
    rows = read_rows(tmp_path)
    assert [row["key"] for row in rows] == [row["key"] for row in whole]
    np.testing.assert_allclose([row["score"] for row in rows], [row["score"] for row in whole], rtol=1e-5)


HOLDER = """
import sys
from onnxcam.auditing import audit
model, dataset, folder, preprocess, labels = sys.argv[1:]

def hold(done, total):
    print(done, flush=True)
    sys.stdin.read()

audit(model, dataset, folder, preprocess=preprocess, labels=labels, provider="cpu", rows="jsonl", report=hold)
"""


@pytest.mark.parametrize("is_fresh", [False, True], ids=["gone on with", "anew"])
def test_two_runs_do_not_mix_their_rows(
    dataset: Path, whole: list[dict[str, object]], tmp_path: Path, is_fresh: bool
) -> None:
    """While another process adds rows, none comes in; when it is killed, its lock is gone, and its rows are not."""
    command = [sys.executable, "-c", HOLDER, MODEL, dataset, tmp_path, OPTIONS["preprocess"], OPTIONS["labels"]]
    with subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"8"
            before = (tmp_path / "rows.jsonl").read_bytes()
            with pytest.raises(onnxcam.InputError, match="another run is adding to '.*'. Wait until it ends") as caught:
                run(dataset, tmp_path, is_fresh=is_fresh)
            assert caught.value.path == tmp_path  # type: ignore[attr-defined]
            assert (tmp_path / "rows.jsonl").read_bytes() == before
        finally:
            process.kill()
    assert run(dataset, tmp_path, is_fresh=is_fresh).resumed == (0 if is_fresh else 8)
    assert read_rows(tmp_path) == whole


def test_a_lock_is_gone_with_the_run(dataset: Path, tmp_path: Path) -> None:
    """Within one process too: a run in a run is refused, and one after a refusal, a failure or the end is not."""

    def again(done: int, total: int | None) -> None:
        run(dataset, tmp_path)

    with pytest.raises(onnxcam.InputError, match="another run is adding to"):
        run(dataset, tmp_path, report=again)
    with pytest.raises(onnxcam.InputError, match="holds one with another target"):
        run(dataset, tmp_path, target="star")
    assert run(dataset, tmp_path).resumed == 8
    assert run(dataset, tmp_path).resumed == 40


def test_another_audit_is_not_gone_on_with(dataset: Path, tmp_path: Path) -> None:
    run(dataset, tmp_path)
    with pytest.raises(onnxcam.InputError, match="holds one with another method, target"):
        run(dataset, tmp_path, method="hires-cam", target="star")
    assert run(dataset, tmp_path, method="hires-cam", is_fresh=True).resumed == 0


def test_a_data_set_that_changed_is_not_gone_on_with(tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 9)

    def stop(done: int, total: int | None) -> None:
        raise Stop

    with pytest.raises(Stop):
        run(data, tmp_path / "audit", report=stop)
    next(data.rglob("*.png")).rename(data / "zzz.png")
    with pytest.raises(
        onnxcam.InputError,
        match="the data set is another than when",
    ):
        run(data, tmp_path / "audit")


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_finished_audit_is_of_its_data_set_alone(dataset: Path, tmp_path: Path, form: str) -> None:
    """Another with the same names, one that has grown or shrunk, and another label are not taken for it."""
    data, other = write_pictures(tmp_path / "data", 9), write_pictures(tmp_path / "other", 9)
    run(data, tmp_path / "audit", rows=form)
    assert run(data, tmp_path / "audit", rows=form).resumed == 9
    with pytest.raises(onnxcam.InputError, match="the data set is another than when"):
        run(other, tmp_path / "audit", rows=form)
    added = data / "star" / "zzz.png"
    added.write_bytes(PICTURES[0].read_bytes())
    with pytest.raises(onnxcam.InputError, match="or has changed"):
        run(data, tmp_path / "audit", rows=form)
    added.unlink()
    next((data / "star").glob("*.png")).unlink()
    with pytest.raises(onnxcam.InputError, match="or has changed"):
        run(data, tmp_path / "audit", rows=form)
    assert run(data, tmp_path / "audit", rows=form, is_fresh=True).summary.count == 8


def test_a_foreign_folder_is_left_alone(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_text("{}")
    with pytest.raises(onnxcam.InputError, match="is no audit of this version"):
        run(dataset, tmp_path)
    with pytest.raises(onnxcam.InputError, match="no format 'csv' of rows"):
        run(dataset, tmp_path, rows="csv")


def test_rows_that_are_no_audits_are_not_written_over(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("mine\n")
    with pytest.raises(onnxcam.InputError, match=r"rows.jsonl' exists. Choose another folder, or --force"):
        run(dataset, tmp_path)
    assert (tmp_path / "rows.jsonl").read_text() == "mine\n"


def test_maps_are_kept_where_asked_for(dataset: Path, tmp_path: Path) -> None:
    run(dataset, tmp_path, keeps_maps=True, batch_size=16)
    kept = {k: v for path in sorted((tmp_path / "maps").glob("*.npz")) for k, v in np.load(path).items()}
    assert sorted(map(int, kept)) == list(range(40))
    first = sorted(dataset.rglob("*.png"))[0]
    wanted = onnxcam.explain(MODEL, str(first), provider="cpu", preprocess=OPTIONS["preprocess"]).map[0]
    np.testing.assert_allclose(kept["0"], wanted, atol=1e-3)


def test_no_more_is_read_ahead_than_a_few_batches() -> None:
    read: list[str] = []

    def records() -> Iterator[Record]:
        for number in range(1000):
            read.append(str(number))
            yield Record(str(number), str(PICTURES[0]))

    batches = decoded_batches(records(), 4, [lambda path: Samples({}, 1)])
    first = next(batches)
    assert [one.record.key for one in first] == ["0", "1", "2", "3"]
    assert len(read) == 4 * (AHEAD + 1)
    batches.close()  # type: ignore[attr-defined]


def test_the_header_is_json_for_others_too(tmp_path: Path) -> None:
    """A class of one picture has a mean and no interval: null, since JSON has no NaN."""
    data = write_pictures(tmp_path / "data", 3)
    found = run(data, tmp_path / "audit")
    header = json.loads((tmp_path / "audit" / "audit.json").read_text(), parse_constant=pytest.fail)
    border = header["summary"]["classes"][-1]["figures"]["border-energy"]
    assert border["mean"] == found.summary.classes[-1].figures["border-energy"].mean
    assert border["low"] is None
    before = (tmp_path / "audit" / "audit.json").stat().st_mtime_ns
    run(data, tmp_path / "audit")
    assert (tmp_path / "audit" / "audit.json").stat().st_mtime_ns == before


def test_without_scipy_it_says_so_before_anything_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = write_pictures(tmp_path / "pictures", 2)
    for name in ("scipy", "scipy.ndimage"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        InputError, match=r"^box-iou-15 needs SciPy, .*onnxcam\[audit\]\"\. Or name others with --metric"
    ):
        audit(MODEL, pictures, tmp_path / "audit", rows="jsonl", **OPTIONS)
    with pytest.raises(InputError, match=r"^insertion, road need SciPy"):
        audit(MODEL, pictures, tmp_path / "audit", rows="jsonl", metrics=("insertion", "road", "entropy"), **OPTIONS)
    with pytest.raises(InputError, match=r"^ssim needs SciPy"):
        compare(MODEL, MODEL, pictures, tmp_path / "compare", rows="jsonl", **OPTIONS)
    assert not (tmp_path / "audit").exists()
    assert not (tmp_path / "compare").exists()
    found = audit(MODEL, pictures, tmp_path / "audit", rows="jsonl", metrics=("entropy",), **OPTIONS)
    assert found.summary.failed == 0


def test_stopped_it_waits_for_one_picture_and_not_for_a_batch(tmp_path: Path) -> None:
    """Some metrics take seconds for a picture."""
    interrupted, made = threading.Event(), []

    class Slow:
        gathers = (lambda _: Samples({}, 1),)
        batch = None

        def made(self, batch: list[object]) -> Iterator[tuple[dict[str, object], None]]:
            is_first = not made
            for one in batch:
                made.append(one)
                yield {"key": "a", "path": "b", "label": None, "error": None}, None
                if not is_first:
                    assert interrupted.wait(10)
                    time.sleep(0.2)

    def interrupt(*_: object) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    dataset = dataclasses.replace(open_dataset(write_pictures(tmp_path / "pictures", 40)), count=40)
    with pytest.raises(KeyboardInterrupt):
        fill(Journal(tmp_path / "out", "audit", {}), dataset, Slow(), 8, report=interrupt)
    assert 8 < len(made) < 16
