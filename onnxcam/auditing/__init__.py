"""A data set through one model: records -> rows -> summary.

row_maker = RowMaker(Settings("model.onnx"))        one for each process
rows = row_maker(records)                           plain values in, plain values out
audit("model.onnx", "pictures", "audit")            a whole data set: streamed, resumable
"""

from onnxcam.auditing.auditor import Audit, audit
from onnxcam.auditing.rows import Kind, Row, RowMaker
from onnxcam.auditing.settings import Settings
from onnxcam.auditing.summary import ClassSummary, Summary, summarize

__all__ = ["Audit", "ClassSummary", "Kind", "Row", "RowMaker", "Settings", "Summary", "audit", "summarize"]
