"""What an audit, a comparison or a check found, as a page for people.

found -> Page: verdict, figures, charts, tables, pictures -> report.html, report.json

The page is one file, or one beside a folder of pictures where these are many; it needs no network.
"""

from onnxcam.reporting import page
from onnxcam.reporting.charts import histogram
from onnxcam.reporting.numerals import numeral, percent, percent_of, spread
from onnxcam.reporting.pictures import WITHIN, Album
from onnxcam.reporting.writing import PAGE, as_json, missing_packages, remove_report, render, write_report

__all__ = [
    "PAGE",
    "WITHIN",
    "Album",
    "as_json",
    "histogram",
    "missing_packages",
    "numeral",
    "page",
    "percent",
    "percent_of",
    "remove_report",
    "render",
    "spread",
    "write_report",
]
