"""Small models as ONNX text, so that one sees them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

Write = Callable[..., Path]

HEADER = '<ir_version: 8, opset_import: ["" : {opset}, "ai.onnx.ml" : 2, "com.microsoft" : 1]>'


@pytest.fixture
def write_model(tmp_path: Path) -> Write:
    """`write_model(text, w=array, …)` writes a graph in ONNX text, its weights as initializers, and gives its path."""

    def write(text: str, *, opset: int = 17, name: str = "model.onnx", **weights: NDArray[Any]) -> Path:
        proto = onnx.parser.parse_model(HEADER.format(opset=opset) + text)
        proto.graph.initializer.extend(onnx.numpy_helper.from_array(array, key) for key, array in weights.items())
        path = tmp_path / name
        onnx.save(proto, path)
        return path

    return write


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """`figure("…")` puts a line into the list of measured figures at the end of the run."""
    return lambda text: record_property("figure", text)


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Callable[[str, Counter[str]], None]:
    """`tally("…", counts)` adds to counts of that name from other tests; the sums are among the figures."""
    return lambda name, counts: record_property("tally", (name, tuple(counts.items())))


def _sums(given: Iterable[tuple[str, tuple[tuple[str, int], ...]]]) -> Iterator[str]:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for name, counts in given:
        sums[name].update(dict(counts))
    for name, counter in sums.items():
        yield from (f"{name}: {key} {count}" for key, count in counter.items())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.getreports(kind)]
    told = [(key, value) for report in reports for key, value in report.user_properties]
    lines = [str(text) for key, text in told if key == "figure"]
    lines = sorted([*lines, *_sums(counts for key, counts in told if key == "tally")])
    if lines:
        terminalreporter.section("figures measured")
        for line in lines:
            terminalreporter.line(line)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def classifier(write_model: Write, rng: np.random.Generator) -> Path:
    """Conv, Relu, global average pool, linear, softmax: five classes, any batch, 3 x 16 x 16."""
    text = """g (float[N, 3, 16, 16] x) => (float[N, 5] y) {
        c = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (x, w)
        r = Relu(c)
        g = GlobalAveragePool(r)
        f = Flatten(g)
        z = Gemm(f, v, b)
        y = Softmax(z)
    }"""
    return write_model(
        text,
        w=rng.standard_normal((8, 3, 3, 3)).astype(np.float32),
        v=rng.standard_normal((8, 5)).astype(np.float32),
        b=rng.standard_normal(5).astype(np.float32),
    )


@pytest.fixture(scope="session")
def peer() -> Iterator[ModuleType]:
    """The package `pytorch_grad_cam`, beside a torchvision whose compiled operators need not match torch's build."""
    torch = pytest.importorskip("torch", reason="the oracle pytorch-grad-cam needs PyTorch")
    library = None
    try:
        pytest.importorskip("torchvision", reason="the oracle pytorch-grad-cam needs torchvision")
    except RuntimeError:  # no compiled operators for this torch: declare those that the import asks for
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    yield pytest.importorskip("pytorch_grad_cam", reason="the oracle pytorch-grad-cam is not installed")
    del library  # alive until here: the declarations go with it
