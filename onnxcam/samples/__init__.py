"""What a user gives, as what the model takes: pictures and files are read, arrays are checked, batches are cut."""

from onnxcam.samples import archives, sounds, volumes  # noqa: F401  importing a reader's module registers the reader
from onnxcam.samples.batches import Samples, backdrops, cut, join
from onnxcam.samples.completion import is_state, require_known
from onnxcam.samples.files import file_suffixes, is_array_file, is_tensor_file, read_file
from onnxcam.samples.gathering import gather
from onnxcam.samples.lengths import longest_window, window_note
from onnxcam.samples.others import other_inputs
from onnxcam.samples.remarks import remarks
from onnxcam.samples.specs import InputSpec, find_inputs, main_input

__all__ = [
    "InputSpec",
    "Samples",
    "backdrops",
    "cut",
    "file_suffixes",
    "find_inputs",
    "gather",
    "is_array_file",
    "is_state",
    "is_tensor_file",
    "join",
    "longest_window",
    "main_input",
    "other_inputs",
    "read_file",
    "remarks",
    "require_known",
    "window_note",
]
