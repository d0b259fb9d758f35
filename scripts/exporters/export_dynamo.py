"""Writes the network with PyTorch's exporter on torch.export ("dynamo")."""

from __future__ import annotations

import torch
from export_arguments import read_arguments
from torch_network import INPUT_SHAPE, load_network


def main() -> None:
    """Export with a dynamic batch and the weights inside the file."""
    weights, target = read_arguments(__doc__)
    torch.onnx.export(
        load_network(weights),
        (torch.zeros(2, *INPUT_SHAPE),),
        str(target),
        dynamo=True,
        input_names=["input"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        external_data=False,
    )


if __name__ == "__main__":
    main()
