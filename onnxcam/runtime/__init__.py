"""ONNX Runtime: providers, sessions, and the pair of them that explains."""

from onnxcam.runtime.fidelity import largest_difference, open_shipped, run_shipped
from onnxcam.runtime.pair import Pass, SessionPair, open_pair
from onnxcam.runtime.providers import PROVIDERS, Provider, choose_provider, import_onnxruntime
from onnxcam.runtime.saturation import processor_notes, sums_saturate
from onnxcam.runtime.session import Session, open_session
from onnxcam.runtime.tail import Held, TailRunner, Tails, open_tail

__all__ = [
    "PROVIDERS",
    "Held",
    "Pass",
    "Provider",
    "Session",
    "SessionPair",
    "TailRunner",
    "Tails",
    "choose_provider",
    "import_onnxruntime",
    "largest_difference",
    "open_pair",
    "open_session",
    "open_shipped",
    "open_tail",
    "processor_notes",
    "run_shipped",
    "sums_saturate",
]
