"""What a model's file, its graph and its neighbours tell of preprocessing and labels; what none tells is assumed."""

from onnxcam.tellers import class_names, graph_values, hugging_face, image_metadata, timm, ultralytics
from onnxcam.tellers.preparation import Preparation, prepare

__all__ = ["SOURCES", "Preparation", "prepare"]

SOURCES = (class_names, graph_values, hugging_face, image_metadata, timm, ultralytics)
"""The modules that register tellers; a new one is added here."""
