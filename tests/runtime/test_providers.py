from __future__ import annotations

import sys

import onnxruntime
import pytest

from onnxcam.errors import InputError, ProviderError
from onnxcam.runtime import choose_provider
from onnxcam.runtime.providers import CPU, CUDA


def test_auto_is_the_cpu_where_there_is_no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    assert choose_provider("auto").chain == (CPU,)


def test_auto_is_cuda_with_the_cpu_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: loaded.append(True), raising=False)
    provider = choose_provider("auto")
    assert (provider.name, provider.chain, provider.is_required) == ("cuda", (CUDA, CPU), False)
    assert choose_provider("cuda").is_required
    assert loaded


def test_cuda_that_is_not_built_in_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    with pytest.raises(ProviderError, match=r"the CUDA execution provider is not in this ONNX Runtime.*onnxcam\[gpu\]"):
        choose_provider("cuda")


def test_without_onnxruntime_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ProviderError, match=r"Install onnxcam\[cpu\] \(or onnxcam\[gpu\] for CUDA\)"):
        choose_provider("cpu")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="no provider 'cdua'. Did you mean 'cuda'") as caught:
        choose_provider("cdua")
    assert caught.value.provider == "cdua"
