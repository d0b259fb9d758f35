"""An audit's clusters: in its rows and its header, stopped at any moment, with scikit-learn and without."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import onnxcam
from onnxcam.auditing import Audit, audit, carrying_out
from onnxcam.shortcuts import grid_of
from tests.auditing.pictures import MODEL, OPTIONS, PICTURES, read_rows

pytest.importorskip("sklearn", reason="clusters of maps need scikit-learn, of onnxcam[audit]")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 24 pictures, and one of 3."""
    folder = tmp_path_factory.mktemp("data")
    for number in range(51):
        label = "some" if number < 24 else "others" if number < 48 else "few"
        (folder / label).mkdir(exist_ok=True)
        shutil.copyfile(PICTURES[number % (3 + number // 24)], folder / label / f"{number:02}.png")
    return folder


def run(dataset: Path, folder: Path, **options: object) -> Audit:
    return audit(MODEL, dataset, folder, **{"rows": "jsonl", "metrics": ("border-energy",), **OPTIONS, **options})


def test_a_row_has_its_map_and_its_cluster(dataset: Path, tmp_path: Path) -> None:
    found = run(dataset, tmp_path)
    rows = read_rows(tmp_path)
    paths = [str(row["path"]) for row in rows[:5]]
    maps = onnxcam.explain(MODEL, paths, provider="cpu", preprocess=OPTIONS["preprocess"]).map
    for row, map_ in zip(rows, maps, strict=False):
        np.testing.assert_allclose(np.reshape(row["grid"], (16, 16)), grid_of(map_), atol=1)
    assert {row["cluster"] is None for row in rows if row["label"] == "few"} == {True}
    for label in ("some", "others"):
        sizes = {one.number: one.size for one in found.shortcuts.clusters if one.class_name == label}
        own = [row["cluster"] for row in rows if row["label"] == label]
        assert sizes == {number: own.count(number) for number in set(own)}
        assert sum(sizes.values()) == 24
    assert found.shortcuts.notes == ("no clusters were searched in classes of fewer than 20 maps: few",)
    assert found.shortcuts.notes[0] in found.notes
    header = json.loads((tmp_path / "audit.json").read_text())
    assert [one["keys"] for one in header["shortcuts"]["clusters"]] == [
        list(one.keys) for one in found.shortcuts.clusters
    ]
    assert np.shape(header["shortcuts"]["clusters"][0]["mean"]) == (16, 16)
    assert len((tmp_path / "audit.json").read_text().splitlines()) < 600  # a row of a mean map is one line


@pytest.mark.parametrize("rows", ["jsonl", "parquet"])
def test_a_finished_audit_says_the_same(dataset: Path, tmp_path: Path, rows: str) -> None:
    found = run(dataset, tmp_path, rows=rows)
    before = (tmp_path / "audit.json").stat().st_mtime_ns
    again = run(dataset, tmp_path, rows=rows)
    assert (again.shortcuts, again.resumed) == (found.shortcuts, 51)
    assert (tmp_path / "audit.json").stat().st_mtime_ns == before


def test_parquet_has_bytes(dataset: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    run(dataset, tmp_path / "lines")
    found = run(dataset, tmp_path / "parquet", rows="parquet")
    table = parquet.read_table(found.rows_path)
    assert str(table.schema.field("grid").type) == "list<element: uint8>"
    assert table.to_pylist() == read_rows(tmp_path / "lines")


class Killed(BaseException):
    pass


@pytest.mark.parametrize("rows", ["jsonl", "parquet"])
@pytest.mark.parametrize("where", ["in the middle of the rows", "before the header"])
def test_killed_at_the_end_it_is_done_again(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, rows: str
) -> None:
    """With the same bytes, whether or not the clusters were in the rows already."""
    if rows == "parquet":
        pytest.importorskip("pyarrow")
    whole = run(dataset, tmp_path / "whole", rows=rows)

    def kill(*_: object, **__: object) -> None:
        raise Killed

    def half(rows: object) -> object:
        for number, row in enumerate(search(rows)):
            if number == 30:
                raise Killed
            yield row

    search = carrying_out.search
    with monkeypatch.context() as patch:
        patch.setattr(carrying_out, *(("close", kill) if where == "before the header" else ("search", half)))
        for _ in range(2):
            with pytest.raises(Killed):
                run(dataset, tmp_path / "killed", rows=rows)
    found = run(dataset, tmp_path / "killed", rows=rows)
    assert found.resumed == 51
    assert found.shortcuts == whole.shortcuts
    assert found.rows_path.read_bytes() == whole.rows_path.read_bytes()
    files = {path.name for path in (tmp_path / "killed").iterdir()}
    assert files == {".lock", "audit.json", "report.html", "report.json", found.rows_path.name}


def test_without_scikit_learn_it_says_what_to_install(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    found = run(dataset, tmp_path)
    assert found.shortcuts.clusters == ()
    assert any('pip install "onnxcam[audit]"' in note for note in found.notes)
    assert {row["cluster"] for row in read_rows(tmp_path)} == {None}
    assert found.summary.count == 51


def test_a_sound_has_no_grid(tmp_path: Path) -> None:
    signals = MODEL.parent / "signals"
    (tmp_path / "sounds.csv").write_text(f"path\n{signals / 'two-tones.wav'}\n")
    found = audit(signals / "tones.onnx", tmp_path / "sounds.csv", tmp_path / "out", rows="jsonl", provider="cpu")
    assert [row["grid"] for row in read_rows(tmp_path / "out")] == [None]
    assert found.shortcuts.clusters == ()
