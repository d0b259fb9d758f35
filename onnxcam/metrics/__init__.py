"""Figures of one map, each with its definition and source, and their means. Arrays in, numbers out.

figures = measure(Subject(map, regions=…, tensor=…, probe=…), find_metrics())    by name, those that the subject allows
interval([one["deletion"] for one in figures_of_all])                            mean, low, high, count, missing
similarities(map, other)                                                         how alike two maps are
"""

from onnxcam.metrics import adcc, confidence, deletion, localisation, road, sensitivity, shape
from onnxcam.metrics.intervals import Interval, interval
from onnxcam.metrics.measuring import measure
from onnxcam.metrics.registry import METRICS, Metric, find_metrics, metric
from onnxcam.metrics.science import require_scipy
from onnxcam.metrics.similarity import SIMILARITIES, pearson, similarities, spearman, ssim, top_iou
from onnxcam.metrics.subject import Probe, Remap, Subject

__all__ = [
    "METRICS",
    "SIMILARITIES",
    "Interval",
    "Metric",
    "Probe",
    "Remap",
    "Subject",
    "adcc",
    "confidence",
    "deletion",
    "find_metrics",
    "interval",
    "localisation",
    "measure",
    "metric",
    "pearson",
    "require_scipy",
    "road",
    "sensitivity",
    "shape",
    "similarities",
    "spearman",
    "ssim",
    "top_iou",
]
