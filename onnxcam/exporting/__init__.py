"""Models that carry their explanation: one file, any runtime.

shipped model -> its own outputs
              -> score tensor -> target -> gradient -> method -> map: `cam`, `cam_class`
"""

from onnxcam.exporting.comparing import Agreement
from onnxcam.exporting.exported import Exported, Port
from onnxcam.exporting.exporter import TargetInput, export, export_from

__all__ = ["Agreement", "Exported", "Port", "TargetInput", "export", "export_from"]
