from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from onnxcam.errors import ModelError
from onnxcam.graph import load
from onnxcam.graph.external import external_tensors
from tests.conftest import Write


@pytest.fixture
def external(write_model: Write) -> Path:
    path = write_model(
        "g (float[N, 4] x) => (float[N, 4] y) { y = MatMul(x, w) }", w=np.arange(16, dtype=np.float32).reshape(4, 4)
    )
    proto = onnx.load(path)
    onnx.save(proto, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    return path


def test_external_weights_are_read_where_they_lie(external: Path) -> None:
    model = load(external)
    np.testing.assert_array_equal(model.constants.array(model.value("w")), np.arange(16).reshape(4, 4))
    assert len(external_tensors(model.shipped)) == 1


def test_a_missing_file_is_named(external: Path) -> None:
    (external.parent / "weights.bin").unlink()
    with pytest.raises(ModelError, match="needs its external data file 'weights.bin', which is missing") as caught:
        load(external)
    assert caught.value.tensor == "w"


def test_a_short_file_is_named(external: Path) -> None:
    (external.parent / "weights.bin").write_bytes(bytes(10))
    with pytest.raises(ModelError, match="external data file 'weights.bin' is truncated: 'w' ends at byte 64"):
        load(external)


@pytest.mark.parametrize("how", ["parent", "absolute", "link"])
def test_a_file_outside_the_models_folder_is_refused(
    external: Path, tmp_path_factory: pytest.TempPathFactory, how: str
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "weights.bin"
    outside.write_bytes(bytes(64))
    location = {"parent": f"../../{outside.parent.name}/weights.bin", "absolute": str(outside), "link": "link.bin"}[how]
    (external.parent / "link.bin").symlink_to(outside)
    proto = onnx.load(external, load_external_data=False)
    proto.graph.initializer[0].external_data[0].value = location
    external.write_bytes(proto.SerializeToString())
    with pytest.raises(ModelError, match="outside its own folder"):
        load(external)
