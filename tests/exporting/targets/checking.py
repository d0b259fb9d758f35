"""A target as it is drawn into a file, against what the explainer makes of the same target in numpy.

Raw maps are compared as a rule: their size tells how much of a score is explained, which a scaled map does not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

import onnxcam
from onnxcam.exporting.exporter import export_from
from onnxcam.targets import resolve_target
from tests.conftest import Write
from tests.exporting.runtimes import RUNTIMES

__all__ = ["Array", "Exported", "write_scores"]

Array = NDArray[Any]
CLOSE = 1e-5

TEXT = """g ({entry}[{batch}, {channels}, {size}] x) => ({dtype}[{shape}] y) {{
    conv = Conv <pads = [1, 1, 1, 1], strides = [{stride}, {stride}]> (x, w, c)
    {real}
    curve = Tanh(real)
    {tail}
}}"""


def write_scores(
    write_model: Write,
    tail: str,
    shape: str,
    *,
    batch: str = "N",
    size: str = "8, 8",
    stride: int = 1,
    channels: int = 2,
    dtype: Any = np.float32,
    **weights: Array,
) -> Path:
    """A layer `conv` of four channels, a curve, so that where a score is taken shows in the gradient, and a tail."""
    rng = np.random.default_rng(3)
    kind, name = {np.float16: (10, "float16"), np.float32: (1, "float"), np.float64: (11, "double")}[dtype]
    entry = "float" if dtype == np.float64 else name  # ONNX Runtime has no convolution of doubles
    filled = {
        "dtype": name,
        "entry": entry,
        "batch": batch,
        "size": size,
        "shape": shape,
        "stride": stride,
        "channels": channels,
    }
    text = TEXT.format(**filled, tail=tail, real=f"real = Cast <to = {kind}> (conv)")
    drawn = {"w": rng.standard_normal((4, channels, 3, 3)) / 3, "c": rng.standard_normal(4) / 2}
    first = {k: a.astype(np.float32 if entry == "float" else dtype) for k, a in drawn.items()}
    return write_model(text, **first, **{k: a if a.dtype == np.int64 else a.astype(dtype) for k, a in weights.items()})


@dataclasses.dataclass(frozen=True)
class Exported:
    """A model's file with its maps, and how both are asked.

    Attributes:
        model: The model.
        path: The exported file.
        target: What was exported.
        names: What the file says of its targets.
        is_raw: Whether its maps are raw.
        method: The method.
        explainer: What explains the model.
    """

    model: Path
    path: Path
    target: object
    names: str
    is_raw: bool
    method: str
    explainer: onnxcam.Explainer

    @classmethod
    def of(
        cls,
        model: Path,
        target: object = None,
        *,
        raw: bool = True,
        method: str = "grad-cam",
        inputs: object = None,
        **options: Any,
    ) -> Exported:
        """Write the file beside the model."""
        explainer = onnxcam.Explainer(model, layer="conv", provider="cpu", **options)
        path, chosen = model.with_name("cam.onnx"), resolve_target(target, explainer.labels)
        export_from(explainer, path, [] if inputs is None else [inputs], target=chosen, method=method, raw=raw)
        metadata = {p.key: p.value for p in onnx.load(path).metadata_props}
        return cls(model, path, target, metadata["onnxcam.target"], raw, method, explainer)

    @property
    def inputs(self) -> list[str]:
        """Names of the file's inputs."""
        graph = onnx.load(self.path).graph
        weights = {w.name for w in graph.initializer} - {"cam_target"}
        return [v.name for v in graph.input if v.name not in weights]

    def run(self, x: Array, chosen: Sequence[int] | None = None) -> dict[str, Array]:
        """What a runtime gives."""
        feeds = {"x": x} if chosen is None else {"x": x, "cam_target": np.array(chosen, np.int64)}
        return RUNTIMES["onnxruntime"](self.path, feeds)

    def check(self, x: Array, *, close: float = CLOSE) -> Array:
        """The file gives the explainer's classes and maps, which are not blank as a rule; the classes."""
        return self._compare(x, self.run(x), [self._explain(x, self.target)], close)

    def check_chosen(self, x: Array, chosen: Sequence[int], classes: int, *, close: float = CLOSE) -> Array:
        """As `check`, with a class for each sample; one that is none of so many stands for the target itself."""
        wanted = [c if 0 <= c < classes else self.target for c in chosen]
        each = [self._explain(x[i : i + 1], one) for i, one in enumerate(wanted)]
        return self._compare(x, self.run(x, chosen), each, close)

    def _explain(self, x: Array, target: object) -> onnxcam.Explanation:
        return self.explainer.explain({"x": x}, target, self.method)

    def _compare(
        self,
        x: Array,
        found: dict[str, Array],
        explained: Sequence[onnxcam.Explanation],
        close: float,
    ) -> Array:
        maps = np.concatenate([one.raw if self.is_raw else one.map for one in explained])
        classes = np.concatenate([one.class_index for one in explained])
        cam, cam_class = found["cam"], found["cam_class"]
        assert (cam.dtype, cam_class.dtype) == (np.float32, np.int64)
        count = x.shape[0] if len(maps) >= x.shape[0] else len(maps)
        assert len(cam) == len(cam_class) == count
        np.testing.assert_array_equal(cam_class.reshape(-1), classes)
        flat, wanted = cam.reshape(len(maps), -1), maps.reshape(len(maps), -1)
        assert cam.shape[-(maps.ndim - 1) :] == maps.shape[1:]
        highest = wanted.max(1)
        assert 2 * np.count_nonzero(highest) > len(highest), "most maps are blank, so they say nothing"
        gap = np.abs(flat - wanted).max(1)
        assert (gap <= close * np.where(highest > 0, highest, 1)).all(), gap / highest
        return classes
