"""Who runs a case, from exact to coarse."""

from __future__ import annotations

import dataclasses
import functools
import warnings
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto
from onnx.reference import ReferenceEvaluator

from onnxcam.autodiff.check import Runner
from tests.autodiff.onnx_cases.collection import OnnxCase
from tests.autodiff.onnx_cases.widening import is_float, widened, widened_value

BELOW_A_BYTE = frozenset(
    {TensorProto.INT2, TensorProto.UINT2, TensorProto.INT4, TensorProto.UINT4, TensorProto.FLOAT4E2M1}
)


@dataclasses.dataclass(frozen=True)
class Evaluator:
    """A way to run a case, and what may be asked of differences taken through it.

    Attributes:
        name: As figures call it.
        dtype: Float type that the case is widened to.
        run: Runs a widened model.
        step: Half the distance of a central difference.
        finer: Factor to the finer step that must give the same slope.
        tolerance: On the relative deviation of a gradient from differences.
        bend: Slopes to different sides or over different steps that are further apart make a kink.
    """

    name: str
    dtype: int
    run: Runner
    step: float
    finer: float
    tolerance: float
    bend: float

    def feeds(self, case: OnnxCase) -> dict[str, Any]:
        """The case's inputs, widened."""
        return {n: self.value(v) for n, v in case.feeds.items()}

    def value(self, value: Any) -> Any:
        """`value`, widened."""
        return widened_value(value, onnx.helper.tensor_dtype_to_np_dtype(self.dtype))

    def run_widened(self, model: onnx.ModelProto, feeds: Mapping[str, Any]) -> dict[str, Any]:
        """Run a model of any float type after widening it; feeds are wide already."""
        return self.run(widened(model, self.dtype), feeds)

    def reproduces(self, case: OnnxCase) -> str:
        """`""` if it gives the case's own outputs, else what is in the way."""
        try:
            found = self.run_widened(case.model, self.feeds(case))
        except Exception as error:  # noqa: BLE001 - each evaluator has its own words for what it cannot run
            return f"{type(error).__name__} {' '.join(str(error).split())[:200]}"
        wrong = [n for n, wanted in case.expected.items() if not is_close(found.get(n), wanted)]
        return f"other values than the case's for {wrong}" if wrong else ""


def run_reference(model: onnx.ModelProto, feeds: Mapping[str, Any]) -> dict[str, Any]:
    """The reference evaluator, without numpy's warnings about what a case holds on purpose: zeros, NaN, infinity."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        results = _reference(model.SerializeToString()).run(None, dict(feeds))
    named = zip((o.name for o in model.graph.output), results, strict=True)
    return {n: r if isinstance(r, list) else np.asarray(r) for n, r in named}


def run_onnxruntime(model: onnx.ModelProto, feeds: Mapping[str, Any]) -> dict[str, Any]:
    """ONNX Runtime on the CPU, one thread."""
    session = _session(model.SerializeToString())
    names = [o.name for o in session.get_outputs()]
    given = {n: v if isinstance(v, list) else np.asarray(v) for n, v in feeds.items() if v is not None}
    if any(isinstance(v, np.ndarray) and is_extension(v) for v in given.values()):
        results = [r.numpy() for r in session.run_with_ort_values(names, {n: _ort_value(v) for n, v in given.items()})]
    else:
        results = session.run(names, given)
    return dict(zip(names, results, strict=True))


@functools.lru_cache(maxsize=8)
def _reference(model: bytes) -> ReferenceEvaluator:
    return ReferenceEvaluator(onnx.ModelProto.FromString(model))


@functools.lru_cache(maxsize=8)
def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _ort_value(array: np.ndarray[Any, Any]) -> onnxruntime.OrtValue:
    array = np.ascontiguousarray(array).reshape(array.shape)
    if not is_extension(array):
        return onnxruntime.OrtValue.ortvalue_from_numpy(array)
    bits = array.view(np.uint16 if array.dtype.itemsize == 2 else np.uint8)
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(
        bits, onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
    )


def is_extension(array: np.ndarray[Any, Any]) -> bool:
    """Whether numpy has the type from elsewhere: bfloat16, floats of 8 bits, and what is smaller than a byte."""
    return array.dtype.isbuiltin == 2


def is_below_a_byte(array: np.ndarray[Any, Any]) -> bool:
    """Whether an entry has fewer than 8 bits."""
    return onnx.helper.np_dtype_to_tensor_dtype(array.dtype) in BELOW_A_BYTE


REFERENCE = Evaluator("reference, double", TensorProto.DOUBLE, run_reference, 1e-6, 256, 1e-5, 1e-4)
ORT_DOUBLE = Evaluator("ONNX Runtime, double", TensorProto.DOUBLE, run_onnxruntime, 1e-6, 256, 1e-5, 1e-4)
ORT_FLOAT = Evaluator("ONNX Runtime, float", TensorProto.FLOAT, run_onnxruntime, 1e-3, 2, 1e-2, 5e-2)
# Some of the reference evaluator's operators compute in single precision, whatever they are given.
COARSE = dataclasses.replace(ORT_FLOAT, name="reference, float", dtype=TensorProto.DOUBLE, run=run_reference)
EVALUATORS = (REFERENCE, ORT_DOUBLE, ORT_FLOAT, COARSE)
# The reference evaluator takes most of a minute for a pool over so many numbers.
LARGE = 50_000


def evaluators_of(case: OnnxCase) -> tuple[tuple[Evaluator, ...], str]:
    """The evaluators that reproduce the case's outputs, and why the others do not."""
    is_large = any(is_float(v) and v.size > LARGE for v in case.feeds.values())
    asked = (ORT_DOUBLE, ORT_FLOAT) if is_large else EVALUATORS
    reasons = {e: e.reproduces(case) for e in asked}
    left = [e for e in asked if not reasons[e]]
    judges = [e for e in left if e.run is run_onnxruntime]
    if judges:
        left = [e for e in left if e in judges or _agree(e, judges[0], case)]
    return tuple(left), "; ".join(f"{e.name}: {r}" for e, r in reasons.items() if r)


def _agree(evaluator: Evaluator, judge: Evaluator, case: OnnxCase) -> bool:
    """Whether two evaluators agree beside the case's point too: the outputs at it vouch for no slope."""
    rng = np.random.default_rng(zlib.crc32(case.name.encode()))
    feeds = {n: nudged(v, rng) if is_float(v) else v for n, v in case.feeds.items()}
    try:
        own, other = (e.run_widened(case.model, {n: e.value(v) for n, v in feeds.items()}) for e in (evaluator, judge))
    except Exception:  # noqa: BLE001 - what has been nudged is a size, and there is nothing to compare
        return True
    return all(is_close(own[n].astype(np.float32), other[n]) for n, v in case.expected.items() if is_float(v))


def nudged(x: np.ndarray[Any, Any], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Every entry moved by 0.02 to 0.1, in numbers that the type of `x` can hold."""
    moved = x.astype(np.float64) + rng.uniform(0.02, 0.1, x.shape) * rng.choice([-1, 1], x.shape)
    return np.asarray(moved.astype(x.dtype))


def is_close(found: Any, wanted: Any) -> bool:
    """Whether a value is the wanted one, as closely as the wanted one's type can tell; only floats are compared."""
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(is_close, found, wanted))
    if not is_float(wanted):
        return True
    if not isinstance(found, np.ndarray) or found.shape != wanted.shape:
        return False
    resolution = {4: 1e-3, 8: 1e-3, 2: 4e-2}.get(wanted.dtype.itemsize, 0.3)
    wide = wanted.astype(np.float64)
    scale = np.abs(wide[np.isfinite(wide)]).max(initial=0)
    return bool(np.allclose(found.astype(np.float64), wide, resolution, resolution * min(1, scale), equal_nan=True))
