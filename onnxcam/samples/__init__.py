"""What a user gives, as what the model takes: pictures are preprocessed, arrays are checked, batches are cut."""

from onnxcam.samples.batches import Samples, cut
from onnxcam.samples.gathering import gather, load_array
from onnxcam.samples.specs import InputSpec, assumed_preprocess, find_inputs, main_input

__all__ = [
    "InputSpec",
    "Samples",
    "assumed_preprocess",
    "cut",
    "find_inputs",
    "gather",
    "load_array",
    "main_input",
]
