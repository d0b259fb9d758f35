"""Models written to files."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from onnxcam.errors import ModelError
from onnxcam.graph import load, save


def test_saving_is_whole_or_not_at_all(classifier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.onnx"
    target.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(onnx, "save", fail)
    with pytest.raises(ModelError, match="cannot be written: No space left on device"):
        save(load(classifier).shipped, target)
    assert target.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.onnx", "out.onnx"]


def test_nothing_is_added(classifier: Path, tmp_path: Path) -> None:
    save(load(classifier).shipped, tmp_path / "out.onnx")
    before, after = onnx.load(classifier), onnx.load(tmp_path / "out.onnx")
    assert [v.name for v in after.graph.value_info] == [v.name for v in before.graph.value_info]
    assert after.ByteSize() <= before.ByteSize()
