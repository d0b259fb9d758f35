"""Execution providers: what is asked for, what is had."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal

from onnxcam.errors import InputError, ProviderError, nearest

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["PROVIDERS", "Provider", "choose_provider", "import_onnxruntime"]

PROVIDERS = ("auto", "cpu", "cuda")
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


@dataclasses.dataclass(frozen=True, slots=True)
class Provider:
    """An execution provider.

    Attributes:
        name: `cpu` or `cuda`.
        chain: What ONNX Runtime is asked for, in order of preference.
        is_required: Whether a CPU session instead is an error.
        threads: Threads within an operator; 0 for ONNX Runtime's default, one for each core.
    """

    name: Literal["cpu", "cuda"]
    chain: tuple[str, ...]
    is_required: bool
    threads: int = 0


def import_onnxruntime() -> ModuleType:
    """The `onnxruntime` module, with the CUDA libraries that other packages brought made findable.

    Raises:
        ProviderError: It is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ProviderError(
            "ONNX Runtime is not installed. Install onnxcam[cpu] (or onnxcam[gpu] for CUDA).", provider=None
        ) from error
    module: ModuleType = onnxruntime
    return module


def choose_provider(name: str, threads: int = 0) -> Provider:
    """The provider called `name`; `auto` is CUDA where it can be had, else the CPU.

    Raises:
        InputError: No such name, or a number of threads below 0.
        ProviderError: `cuda`, and this ONNX Runtime is built without it.
    """
    if name not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise InputError(f"no provider '{name}'.{nearest(name, PROVIDERS)} Choose one of {known}.", provider=name)
    if threads < 0:
        raise InputError(f"{threads} threads cannot run a model. Give 1 or more, or 0 for one a core.", threads=threads)
    available = import_onnxruntime().get_available_providers()
    if name == "cuda" and CUDA not in available:
        raise ProviderError(
            f"the CUDA execution provider is not in this ONNX Runtime, which has {', '.join(available)}. "
            "Install onnxcam[gpu] in place of onnxcam[cpu], or use --provider cpu.",
            provider=name,
            available=tuple(available),
        )
    if name == "cpu" or CUDA not in available:
        return Provider("cpu", (CPU,), is_required=True, threads=threads)
    preload = getattr(import_onnxruntime(), "preload_dlls", None)
    if preload is not None:
        preload()
    return Provider("cuda", (CUDA, CPU), is_required=name == "cuda", threads=threads)
