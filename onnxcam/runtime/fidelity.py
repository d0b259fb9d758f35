"""Does the forward model still give what the shipped file gives?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.graph import Model, check_unchanged
from onnxcam.runtime.providers import Provider
from onnxcam.runtime.session import Session, open_session

__all__ = ["largest_difference", "open_shipped", "run_shipped"]


def open_shipped(model: Model, provider: Provider) -> Session:
    """A session of the shipped file itself.

    Raises:
        ProviderError: ONNX Runtime cannot load the file.
        ModelError: It was changed after it was loaded.
    """
    check_unchanged(model.shipped)
    return open_session(model.path, provider, model.path.resolve().parent, is_half=model.is_half)


def run_shipped(model: Model, feeds: Mapping[str, NDArray[Any]], provider: Provider) -> dict[str, NDArray[Any]]:
    """The shipped file's own tensor outputs, run by a session that is closed again.

    Raises:
        ProviderError: ONNX Runtime cannot load or run the file.
    """
    session = open_shipped(model, provider)
    outputs = session.run_arrays(feeds, session.output_names)  # V: bfloat16, which numpy has no letter for
    return {n: v for n, v in outputs.items() if isinstance(v, np.ndarray) and v.dtype.kind in "fV"}


def largest_difference(shipped: Mapping[str, NDArray[Any]], exposed: Mapping[str, NDArray[Any]]) -> float:
    """The largest absolute difference of any output over that output's largest finite entry.

    The same infinity, or NaN in both, is no difference; in one of them alone it is an infinite one.
    """
    worst = 0.0
    for name, wanted in shipped.items():
        scale = float(np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)) or 1.0
        is_same = (wanted == exposed[name]) | (np.isnan(wanted) & np.isnan(exposed[name]))
        gap = np.abs(wanted[~is_same].astype(np.float64) - exposed[name][~is_same].astype(np.float64))
        worst = max(worst, float(np.nan_to_num(gap, nan=np.inf, posinf=np.inf).max(initial=0.0)) / scale)
    return worst
