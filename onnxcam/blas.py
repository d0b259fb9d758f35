"""NumPy's linear algebra on one thread, while a model runs on the others.

OpenBLAS's threads go on spinning for milliseconds after the smallest product of matrices, on cores that ONNX Runtime's
threads, or those that decode pictures, are waiting for: on two cores an audit reached 0.72 of decoding and the forward
alone with them, and 0.97 without.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

__all__ = ["one_blas_thread"]


@contextlib.contextmanager
def one_blas_thread(*, is_anew: bool = False) -> Iterator[None]:
    """Within it, or within the function that it decorates, products of matrices take one thread, in the whole process.

    Args:
        is_anew: Whether to look for libraries that were loaded since the first time, which takes a millisecond.
    """
    if is_anew:
        _libraries.cache_clear()
    with _libraries().limit(limits=1):
        yield


@functools.cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
