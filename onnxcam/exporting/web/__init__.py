"""A static page that explains pictures in a browser: no server code, nothing from elsewhere, the model beside it.

    runtime = find_runtime(None)                                   the folder of ONNX Runtime's files for browsers
    write_page(folder, model, config, runtime)                     everything a web server has to hand out

`page/` holds what the browser runs. It does what `onnxcam.imaging` does, number by number, and reads what it cannot
know from `config.json`.
"""

from __future__ import annotations

from onnxcam.exporting.web.config import PageConfig, ScoreScale
from onnxcam.exporting.web.page_files import write_page
from onnxcam.exporting.web.runtime_files import RUNTIME_VERSION, find_runtime

__all__ = ["RUNTIME_VERSION", "PageConfig", "ScoreScale", "find_runtime", "write_page"]
