"""SciPy, where it is installed; imported when a metric first needs it."""

from __future__ import annotations

import importlib
from types import ModuleType

from onnxcam.errors import InputError

__all__ = ["scipy_part"]


def scipy_part(name: str) -> ModuleType:
    """The part of SciPy of that name: "ndimage", "sparse", "sparse.linalg".

    Raises:
        InputError: SciPy is not installed.
    """
    try:
        return importlib.import_module(f"scipy.{name}")
    except ImportError as error:
        raise InputError(
            'this metric needs SciPy, which is not installed. Install it with: pip install "onnxcam[audit]"',
            package="scipy",
        ) from error
