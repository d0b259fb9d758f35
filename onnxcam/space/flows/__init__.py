"""How the positions of an operator's inputs become those of its outputs: one small function an operator.

    @flow("Transpose")
    def transpose(at):
        return [tuple(at.first[i] for i in at.numbers("perm"))]

A flow returns the outputs' axes, None for one that it cannot tell. An input is *mixed* where the entries at one
position go into results at others, or into results at none: `at.mix(i)` says so. An operator without a flow broadcasts,
if the shapes are those of an elementwise operator, and else mixes what it is given.
"""

# Importing a family's module registers its flows.
import onnxcam.space.flows.movement
import onnxcam.space.flows.windows  # noqa: F401
from onnxcam.space.flows.passage import FLOWS, Flow, Passage, flow, flow_of
from onnxcam.space.flows.sums import ATTENTION

__all__ = ["ATTENTION", "FLOWS", "Flow", "Passage", "flow", "flow_of"]
