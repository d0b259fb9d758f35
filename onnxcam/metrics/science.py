"""SciPy, where it is installed; imported when a metric first needs it."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from types import ModuleType

from onnxcam.errors import InputError

__all__ = ["require_scipy", "scipy_part"]


def require_scipy(figures: Sequence[str], otherwise: str = "") -> None:
    """Go on only where it is there, or no figure takes it; `otherwise` says what else can be done.

    Raises:
        InputError: SciPy is not installed.
    """
    if not figures:
        return
    try:
        scipy_part("ndimage")
    except InputError as error:
        need = "needs" if len(figures) == 1 else "need"
        raise InputError(
            f'{", ".join(figures)} {need} SciPy, which is not installed: pip install "onnxcam[audit]".{otherwise}',
            package="scipy",
            figures=tuple(figures),
        ) from error


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
