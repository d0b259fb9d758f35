"""What a check found, for other programs: one format, one file.

    text = REPORTS["junit"](result)

A new format is a function of a `Check` in a file of this folder that is imported here.
"""

from onnxcam.checking.reports import github, junit, plain, sarif  # noqa: F401 - registered by being imported
from onnxcam.checking.reports.registry import REPORTS, report_format

__all__ = ["REPORTS", "report_format"]
