"""Writes the network with PyTorch's TorchScript-based exporter."""

from __future__ import annotations

import torch
from export_arguments import read_arguments
from torch_network import INPUT_SHAPE, load_network


def main() -> None:
    """Trace with two pictures, so that a batch size of one is not taken for a constant."""
    weights, target = read_arguments(__doc__)
    torch.onnx.export(
        load_network(weights),
        (torch.zeros(2, *INPUT_SHAPE),),
        str(target),
        dynamo=False,
        opset_version=17,
        input_names=["input"],
        output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}},
    )


if __name__ == "__main__":
    main()
