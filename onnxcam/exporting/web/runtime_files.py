"""Where ONNX Runtime's files for browsers are: the npm package onnxruntime-web, which onnxcam does not bring along."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from onnxcam.errors import InputError

__all__ = ["RUNTIME_FILES", "RUNTIME_VERSION", "find_runtime", "version_of"]

PACKAGE = "onnxruntime-web"
RUNTIME_VERSION = "1.30.0"
"""The version that is fetched where none is at hand, and that the tests run."""

RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
"""What a page needs to run on the processor, through WebAssembly: the script, and the runtime itself."""

MINUTES_TO_FETCH = 10


def find_runtime(given: Path | None = None) -> Path:
    """The folder `dist` of the npm package onnxruntime-web, with all of `RUNTIME_FILES` in it.

    It is the one given (the package's folder, its `dist`, or a folder with `node_modules`), else that of the nearest
    `node_modules` in the current folder or above, else one kept in the user's cache, where npm puts it the first time.

    Raises:
        InputError: The files are not where they were said to be, or there are none and npm cannot fetch them.
    """
    if given is not None:
        places = [given, given / "dist", given / "node_modules" / PACKAGE / "dist"]
        found = next((place for place in places if is_complete(place)), None)
        if found is None:
            raise InputError(
                f"'{given}' holds no ONNX Runtime for browsers: {' and '.join(RUNTIME_FILES)} are not in it. "
                f"Give the folder that npm install {PACKAGE} makes, node_modules/{PACKAGE}.",
                path=given,
            )
        return found
    here = Path.cwd()
    installed = [folder / "node_modules" / PACKAGE / "dist" for folder in (here, *here.parents)]
    kept = cache_folder() / f"{PACKAGE}-{RUNTIME_VERSION}" / "dist"
    found = next((place for place in (*installed, kept) if is_complete(place)), None)
    return found or fetch(kept)


def is_complete(folder: Path) -> bool:
    """Whether all that the page needs of the runtime is there."""
    return all((folder / name).is_file() for name in RUNTIME_FILES)


def version_of(runtime: Path) -> str:
    """The version that the package.json beside `dist` names; empty where none does."""
    try:
        settings = json.loads((runtime.parent / "package.json").read_text(encoding="utf-8"))
        return str(settings["version"]) if settings.get("name") == PACKAGE else ""
    except (OSError, ValueError, KeyError, AttributeError):
        return ""


def cache_folder() -> Path:
    """Where this user's programs keep what they can fetch again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "onnxcam"


def fetch(dist: Path) -> Path:
    """Let npm fetch the package, and keep in `dist` what the page needs of it.

    Raises:
        InputError: There is no npm, or it fails.
    """
    advice = f"Run 'npm install {PACKAGE}@{RUNTIME_VERSION}' in this folder or one above, or name the package's folder."
    npm = shutil.which("npm")
    if npm is None:
        raise InputError(f"the page needs the npm package {PACKAGE}, and there is neither that nor npm here. {advice}")
    with tempfile.TemporaryDirectory() as place:
        command = [npm, "pack", "--silent", f"{PACKAGE}@{RUNTIME_VERSION}"]
        try:
            done = subprocess.run(
                command, cwd=place, capture_output=True, text=True, check=False, timeout=60 * MINUTES_TO_FETCH
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"npm cannot fetch {PACKAGE}: {error}. {advice}") from error
        archive = next(Path(place).glob("*.tgz"), None)
        if done.returncode or archive is None:
            said = next((line for line in done.stderr.splitlines() if line.strip()), f"exit code {done.returncode}")
            raise InputError(f"npm cannot fetch {PACKAGE}: {said}. {advice}")
        try:
            keep(archive, dist)
        except (OSError, KeyError, tarfile.TarError) as error:
            raise InputError(f"what npm fetched of {PACKAGE} cannot be kept in '{dist}': {error}. {advice}") from error
    return dist


def keep(archive: Path, dist: Path) -> None:
    """Unpack the few files that are needed, and nothing else; `dist` appears whole or not at all."""
    dist.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=dist.parent.parent) as place, tarfile.open(archive) as package:
        made = Path(place) / "package"
        for name in ("package.json", *(f"dist/{name}" for name in RUNTIME_FILES)):
            member = package.extractfile(f"package/{name}")
            if member is None:
                raise KeyError(name)
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            with (made / name).open("wb") as file:
                shutil.copyfileobj(member, file)
        if not is_complete(dist):  # another process may have been faster
            shutil.rmtree(dist.parent, ignore_errors=True)
            made.replace(dist.parent)
