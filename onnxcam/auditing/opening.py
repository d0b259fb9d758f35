"""One run at a time in a folder: its journal is open under a lock of the operating system."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import filelock

from onnxcam.auditing.journal import Journal
from onnxcam.errors import InputError

__all__ = ["open_journal"]

LOCK = ".lock"


@contextlib.contextmanager
def open_journal(folder: Path, kind: str, made_of: Mapping[str, Any], *, is_fresh: bool = False) -> Iterator[Journal]:
    """A journal that no other run can open until this one is done; arguments as for `Journal`.

    The lock is the process's: it goes with it, however that ends, and a lock file that stays behind locks nothing.

    Raises:
        InputError: Another run has it open, or as for `Journal`.
    """
    with _locked(folder):
        yield Journal(folder, kind, made_of, is_fresh=is_fresh)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = filelock.FileLock(folder / LOCK, timeout=0, thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A finished audit may be read where nothing can be written, nor mixed.
        is_held = os.access(folder, os.W_OK)
        if is_held:
            lock.acquire()
    except filelock.Timeout:
        raise InputError(
            f"another run is adding to '{folder}'. Wait until it ends, or choose another folder.", path=folder
        ) from None
    except OSError as error:
        raise InputError(
            f"'{folder}' cannot be written to: {error.strerror}. Choose another folder.", path=folder
        ) from error
    try:
        yield
    finally:
        if is_held:
            lock.release()
