"""What an explanation costs: forward alone against forward + Grad-CAM, interleaved in one run.

    python scripts/bench.py                    ResNet-50, batches 1 and 8, on the CPU
    python scripts/bench.py --provider cuda    the same on CUDA

Each side runs in a process of its own, so that neither's threads nor memory count for the other. They take turns of a
few runs in a row, a pause between them; the ratio is taken pair by pair. The forward is the shipped file in a session
with default options; the other side is `Explainer.explain`, from the array to the finished map.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

BLOCKS = (3, 4, 6, 3)
RUNS = 5  # timed in each turn, after one that is not: both sides find their weights where a busy process has them
PAUSE = 0.2  # seconds: the threads of the side that just ran have stopped spinning by then


class ResNet50:
    """Writes ResNet-50 (He et al. 2015, table 1) as exporters do: batch normalisation folded, random weights."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def build(self) -> onnx.ModelProto:
        """The model: (N, 3, 224, 224) to 1,000 logits."""
        x = self._conv("x", 3, 64, 7, 2)
        x = self._node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        width = 64
        for stage, blocks in enumerate(BLOCKS):
            for block in range(blocks):
                x = self._bottleneck(x, width, 64 << stage, 2 if stage and not block else 1)
                width = 256 << stage
        x = self._node("Flatten", [self._node("GlobalAveragePool", [x])])
        head = [x, self._weight((1000, 2048), 2048), self._weight((1000,), 1)]
        self._nodes.append(helper.make_node("Gemm", head, ["y"], transB=1))
        info = helper.make_tensor_value_info
        inputs = [info("x", TensorProto.FLOAT, ["N", 3, 224, 224])]
        outputs = [info("y", TensorProto.FLOAT, ["N", 1000])]
        graph = helper.make_graph(self._nodes, "resnet50", inputs, outputs, self._weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def _bottleneck(self, x: str, given: int, inner: int, stride: int) -> str:
        y = self._conv(x, given, inner, 1, 1)
        y = self._conv(y, inner, inner, 3, stride)
        y = self._conv(y, inner, 4 * inner, 1, 1, is_active=False)
        if given != 4 * inner:
            x = self._conv(x, given, 4 * inner, 1, stride, is_active=False)
        return self._node("Relu", [self._node("Add", [y, x])])

    def _conv(self, x: str, given: int, made: int, size: int, stride: int, *, is_active: bool = True) -> str:
        weights = [self._weight((made, given, size, size), given * size * size), self._weight((made,), 100)]
        pad = size // 2
        y = self._node(
            "Conv", [x, *weights], kernel_shape=[size, size], strides=[stride, stride], pads=[pad, pad, pad, pad]
        )
        return self._node("Relu", [y]) if is_active else y

    def _node(self, op_type: str, inputs: list[str], **attributes: Any) -> str:
        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(op_type, inputs, [name], **attributes))
        return name

    def _weight(self, shape: tuple[int, ...], fan_in: int) -> str:
        name = f"w{len(self._weights)}"
        values = self._rng.standard_normal(shape) / np.sqrt(fan_in)
        self._weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name


@dataclasses.dataclass(frozen=True)
class Side:
    """One of the two: milliseconds a run of each turn, and the peak memory of its process, MB."""

    times: list[float]
    peak: float


def forward(path: Path, provider: str) -> Callable[[NDArray[np.float32]], object]:
    """The shipped file alone, with ONNX Runtime's default options."""
    import onnxruntime

    if provider == "cuda":
        onnxruntime.preload_dlls()
    session = onnxruntime.InferenceSession(path, providers=[f"{provider.upper()}ExecutionProvider"])
    return lambda x: session.run(None, {"x": x})


def explanation(path: Path, provider: str) -> Callable[[NDArray[np.float32]], object]:
    """Forward and Grad-CAM, the map at the input's resolution included."""
    import onnxcam

    return onnxcam.Explainer(path, provider=provider).explain


SIDES = {"forward": forward, "forward + Grad-CAM": explanation}


def work(link: Connection, side: str, path: Path, provider: str, batch: int) -> None:
    """The process of one side: answers requests with the milliseconds a run of a turn, then with its peak memory."""
    run = SIDES[side](path, provider)
    x = np.random.default_rng(1).standard_normal((batch, 3, 224, 224)).astype(np.float32)
    for _ in range(3):
        run(x)
    link.send("ready")
    while link.recv() == "run":
        run(x)
        start = time.perf_counter()
        for _ in range(RUNS):
            run(x)
        link.send(1000 * (time.perf_counter() - start) / RUNS)
    link.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


def measure(path: Path, provider: str, batch: int, rounds: int) -> dict[str, Side]:
    """Both sides in turn, the order swapped each round."""
    context = multiprocessing.get_context("spawn")
    links: dict[str, Connection] = {}
    processes = []
    for side in SIDES:
        links[side], theirs = context.Pipe()
        processes.append(context.Process(target=work, args=(theirs, side, path, provider, batch), daemon=True))
        processes[-1].start()
        if links[side].recv() != "ready":
            raise RuntimeError(f"{side} did not start")
    times: dict[str, list[float]] = {side: [] for side in SIDES}
    for side in turns(rounds):
        time.sleep(PAUSE)
        links[side].send("run")
        times[side].append(links[side].recv())
    found = {}
    for side, link in links.items():
        link.send("stop")
        found[side] = Side(times[side], link.recv())
    for process in processes:
        process.join()
    return found


def turns(rounds: int) -> Iterator[str]:
    """Who runs next: both in each round, the order swapped from one to the next."""
    for i in range(rounds):
        yield from SIDES if i % 2 == 0 else reversed(SIDES)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="pairs of turns (default: 20)")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8], help="batch sizes (default: 1 8)")
    parser.add_argument("--provider", choices=["cpu", "cuda"], default="cpu", help="execution provider (default: cpu)")
    args = parser.parse_args()
    print("| model | provider | batch | forward, ms | forward + Grad-CAM, ms | ratio (quartiles) | peak memory, MB |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "resnet50.onnx"
        onnx.save(ResNet50().build(), path)
        for batch in args.batch:
            plain, explained = measure(path, args.provider, batch, args.rounds).values()
            low, middle, high = statistics.quantiles(
                [b / a for a, b in zip(plain.times, explained.times, strict=True)], n=4
            )
            print(
                f"| ResNet-50 | {args.provider} | {batch} | {statistics.median(plain.times):.1f} "
                f"| {statistics.median(explained.times):.1f} | {middle:.3f} ({low:.3f} to {high:.3f}) "
                f"| {plain.peak:.0f} / {explained.peak:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
