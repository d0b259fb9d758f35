"""A model run by ONNX Runtime Web in a browser: WebAssembly, one thread, the published files unchanged."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.browser.chromium import needed_browser, needed_runtime, opened
from tests.browser.serving import served

HERE = Path(__file__).parent
TYPES = {"bool": "bool", "float16": "float16", "float32": "float32", "float64": "float64"} | {
    f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}


def run_in_browser(
    model: Path | bytes,
    feeds: Mapping[str, NDArray[Any]],
    *,
    outputs: Sequence[str] | None = None,
    weights: Sequence[str] = (),
) -> dict[str, NDArray[Any]]:
    """What the model gives for `feeds`: all of its outputs, or those named; the test skips where there is no browser.

    `weights` are locations of external data, relative to the folder of `model`. An output that is no tensor cannot be
    had. Errors of the runtime are raised as playwright's.
    """
    needed_browser()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "runtime").symlink_to(needed_runtime())
        for name in ("run.html", "run.js"):
            (folder / name).symlink_to(HERE / name)
        if isinstance(model, bytes):
            (folder / "model.onnx").write_bytes(model)
        else:
            (folder / "model.onnx").symlink_to(model.resolve())
        for index, location in enumerate(weights):
            (folder / f"{index}.weights").symlink_to((Path(model).resolve().parent / location).resolve())
        inputs = []
        for index, (name, array) in enumerate(feeds.items()):
            (folder / f"{index}.input").write_bytes(np.ascontiguousarray(array).tobytes())
            inputs.append({"name": name, "type": TYPES[array.dtype.name], "shape": list(array.shape)})
        with served(folder) as url, opened(f"{url}run.html", origin=url) as page:
            page.wait_for_function("() => Boolean(window.run)")
            found = page.evaluate(
                "(what) => window.run(what)", {"inputs": inputs, "outputs": outputs, "weights": list(weights)}
            )
    return {one["name"]: array_of(one) for one in found}


def array_of(output: Mapping[str, Any]) -> NDArray[Any]:
    flat = np.frombuffer(base64.b64decode(output["data"]), np.dtype(TYPES[output["type"]]))
    return flat.reshape(output["shape"]).copy()
