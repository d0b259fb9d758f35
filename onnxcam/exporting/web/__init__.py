"""A static page that explains pictures in a browser: no server code, nothing from elsewhere, the model beside it.

    config = describe_page(explainer, method)      what the page has to know of the model
    runtime = find_runtime(None)                   the folder of ONNX Runtime's files for browsers
    write_page(folder, model, config, runtime)     everything that a web server has to hand out

`page/` holds what the browser runs. It does what `onnxcam.imaging` does, number by number, and reads what it cannot
know from `config.json`.
"""

from __future__ import annotations

from onnxcam.exporting.web.config import PageConfig, ScoreScale
from onnxcam.exporting.web.describing import describe_page
from onnxcam.exporting.web.page_files import write_page
from onnxcam.exporting.web.runtime_files import RUNTIME_VERSION, find_runtime

__all__ = ["RUNTIME_VERSION", "PageConfig", "ScoreScale", "describe_page", "find_runtime", "write_page"]
