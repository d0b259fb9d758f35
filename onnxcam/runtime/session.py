"""One ONNX Runtime session: opened, verified, run on values that stay where they are."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.errors import ProviderError
from onnxcam.graph import check_unchanged
from onnxcam.runtime.providers import CUDA, Provider, import_onnxruntime

__all__ = ["DeviceValue", "Session", "open_session", "to_device", "to_host"]

CRASHING_AT_HALF = ("MatmulTransposeFusion",)
"""Fusions at which ONNX Runtime 1.32 crashes on the CPU, in models of half precision."""

DeviceValue = Any
"""An `onnxruntime.OrtValue`: a tensor on the provider's device."""
BFLOAT16 = ir.DataType.BFLOAT16
BFLOAT16_NAME = "tensor(bfloat16)"


@dataclasses.dataclass(frozen=True, slots=True)
class Session:
    """A model ready to run.

    Attributes:
        handle: The `onnxruntime.InferenceSession`.
        provider: `cpu` or `cuda`: the one that the session was given, not only asked for.
        device: ONNX Runtime's name of the device that its values live on.
    """

    handle: Any
    provider: str
    device: str

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the model's inputs."""
        return tuple(i.name for i in self.handle.get_inputs())

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the model's outputs."""
        return tuple(o.name for o in self.handle.get_outputs())

    def run(self, feeds: Mapping[str, DeviceValue], outputs: Sequence[str]) -> dict[str, DeviceValue]:
        """Run on device values and leave the results on the device.

        Raises:
            ProviderError: ONNX Runtime fails; its first line is quoted.
        """
        binding = self.handle.io_binding()
        try:
            for name, value in feeds.items():
                binding.bind_ortvalue_input(name, value)
            for name in outputs:
                binding.bind_output(name, self.device)
            self.handle.run_with_iobinding(binding)
        except Exception as error:
            raise ProviderError(
                f"ONNX Runtime fails while it runs the model: {_reason(error)}", provider=self.provider
            ) from error
        return dict(zip(outputs, binding.get_outputs(), strict=True))

    def run_arrays(self, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str]) -> dict[str, Any]:
        """Run on arrays and return what ONNX Runtime returns: arrays, or lists and dicts for sequences and maps.

        Raises:
            ProviderError: ONNX Runtime fails.
        """
        if not outputs:
            return {}  # ONNX Runtime takes an empty list for all outputs
        try:
            return dict(zip(outputs, self._run(feeds, list(outputs)), strict=True))
        except Exception as error:
            raise ProviderError(
                f"ONNX Runtime fails while it runs the model: {_reason(error)}", provider=self.provider
            ) from error

    def _run(self, feeds: Mapping[str, NDArray[Any]], outputs: list[str]) -> Sequence[Any]:
        if all(v.type != BFLOAT16_NAME for v in (*self.handle.get_inputs(), *self.handle.get_outputs())):
            results: Sequence[Any] = self.handle.run(outputs, dict(feeds))
            return results
        values = self.handle.run_with_ort_values(outputs, {n: to_device(a, "cpu") for n, a in feeds.items()})
        return [to_host(value) if value.is_tensor() else value for value in values]


def to_device(array: NDArray[Any], device: str) -> DeviceValue:
    """Put an array on a device; on the CPU it is wrapped, not copied.

    One of bfloat16, which ONNX Runtime does not take for an array, stays on the CPU; a run copies it.
    """
    values = import_onnxruntime().OrtValue
    if array.dtype == BFLOAT16.numpy():
        return values.ortvalue_from_numpy_with_onnx_type(array, int(BFLOAT16))
    return values.ortvalue_from_numpy(array, device, 0)


def to_host(value: DeviceValue) -> NDArray[Any]:
    """The array that a device value holds."""
    if value.data_type() != BFLOAT16_NAME:
        array: NDArray[Any] = value.numpy()
        return array
    held = value  # ONNX Runtime makes no array of bfloat16: its memory is read
    if value.device_name() != "cpu":
        ort = import_onnxruntime()
        held = ort.OrtValue.ortvalue_from_shape_and_type(value.shape(), int(BFLOAT16), "cpu", 0)
        ort.copy_tensors([value], [held])
    copied = ctypes.string_at(held.data_ptr(), held.tensor_size_in_bytes())
    return np.frombuffer(bytearray(copied), dtype=BFLOAT16.numpy()).reshape(held.shape())


def open_session(model: ir.Model | Path, provider: Provider, folder: Path, *, is_half: bool = False) -> Session:
    """A session for a model in memory, or for a file.

    Its threads stop spinning when a run ends, so that the sessions of one process stay out of each other's way.

    Args:
        model: The model, or the path of its file.
        provider: Where to run it.
        folder: Where external data lies.
        is_half: Whether the model computes in half precision.

    Raises:
        ProviderError: ONNX Runtime cannot load the model, or not on a required provider.
    """
    ort = import_onnxruntime()
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = provider.threads
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    if isinstance(model, ir.Model):
        check_unchanged(model)
    source = str(model) if isinstance(model, Path) else ir.to_proto(model).SerializeToString()
    try:
        avoided = {"disabled_optimizers": list(CRASHING_AT_HALF)} if is_half else {}
        handle = ort.InferenceSession(source, options, providers=list(provider.chain), **avoided)
    except Exception as error:
        raise ProviderError(f"ONNX Runtime cannot load the model: {_reason(error)}", provider=provider.name) from error
    has_cuda = CUDA in handle.get_providers()
    if provider.name == "cuda" and provider.is_required and not has_cuda:
        raise ProviderError(
            "the CUDA execution provider was asked for and could not be loaded; ONNX Runtime fell back to the CPU. "
            "Check that its CUDA and cuDNN libraries are installed, or use --provider cpu.",
            provider="cuda",
        )
    return Session(handle, "cuda" if has_cuda else "cpu", "cuda" if has_cuda else "cpu")


def _reason(error: Exception) -> str:
    """ONNX Runtime's message without its code and source location, one line, ended by a full stop."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    parts = text.split(" : ", 3)
    if parts[0] == "[ONNXRuntimeError]" and len(parts) == 4:
        text = parts[3]
    return text.rstrip(".") + "."
