"""Newer forms of operators, one small function each: what shipped models hold whose form or meaning has changed since.

The contract is that of older forms, in the other direction: a node is read in any dialect up to its bound, and written
in that of the bound itself.
"""

from onnxcam.exporting.opsets.newer_forms import attributes, dropped, meanings

__all__ = ["attributes", "dropped", "meanings"]
