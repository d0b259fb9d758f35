"""A data set through one model: records -> rows -> clusters of their maps -> summaries.

row_maker = RowMaker(Settings("model.onnx"))        one for each process
rows = row_maker(records)                           plain values in, plain values out
audit("model.onnx", "pictures", "audit")            a whole data set: streamed, resumable
"""

from onnxcam.auditing.auditor import Audit, audit
from onnxcam.auditing.randomised import Randomisation, RandomisedStep
from onnxcam.auditing.rows import Kind, Row, RowMaker
from onnxcam.auditing.settings import Settings
from onnxcam.auditing.summary import ClassSummary, Summary, summarize
from onnxcam.auditing.suspicions import SUSPICIOUS, Cluster, Outlier, Shortcuts, summarize_shortcuts

__all__ = [
    "SUSPICIOUS",
    "Audit",
    "ClassSummary",
    "Cluster",
    "Kind",
    "Outlier",
    "Randomisation",
    "RandomisedStep",
    "Row",
    "RowMaker",
    "Settings",
    "Shortcuts",
    "Summary",
    "audit",
    "summarize",
    "summarize_shortcuts",
]
