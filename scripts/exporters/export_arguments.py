"""The two arguments that every exporter script takes."""

from __future__ import annotations

import argparse
from pathlib import Path


def read_arguments(description: str | None) -> tuple[Path, Path]:
    """Paths of the weights to read and of the ONNX file to write, from the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("weights", type=Path, help="npz of the weights, under PyTorch's names")
    parser.add_argument("target", type=Path, help="ONNX file to write")
    args = parser.parse_args()
    return args.weights, args.target
