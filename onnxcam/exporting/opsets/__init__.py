"""One computation at another opset: emitted graphs at an older one, shipped models at a newer one."""

from onnxcam.exporting.opsets.lowering import at_opset, oldest_opset
from onnxcam.exporting.opsets.register import Lack, NoOlderForm
from onnxcam.exporting.opsets.upgrading import upgraded

__all__ = ["Lack", "NoOlderForm", "at_opset", "oldest_opset", "upgraded"]
