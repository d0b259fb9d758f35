"""A model with some of its weights shuffled, in a file of its own."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx_ir as ir

from onnxcam.errors import ModelError
from onnxcam.graph import external_tensors, save
from onnxcam.randomising.weights import tensor_of

__all__ = ["shuffle", "write_shuffled"]

DATA = "weights.bin"


def write_shuffled(model: ir.Model, tensors: Sequence[str], seed: int, path: Path) -> None:
    """Write the model to `path` with the entries of those tensors shuffled, and a copy of its external data beside it.

    Raises:
        ModelError: The folder cannot be written to.
    """
    copy = model.clone()
    values = ir.convenience.create_value_mapping(copy.graph)
    for name in tensors:
        shuffle(values[name], seed)
    try:
        if external_tensors(copy):
            ir.external_data.unload_from_model(copy, path.parent, DATA)
    except OSError as error:
        raise ModelError(f"'{path.parent}' cannot be written: {error.strerror}.", path=path) from error
    save(copy, path)


def shuffle(value: ir.Value, seed: int) -> None:
    """Shuffle the entries of a stored tensor in place of the value, all of them with one another.

    The entries, row by row, in the order of `numpy.random.default_rng([seed, crc32 of the name in UTF-8]).permutation`.
    """
    tensor, name = tensor_of(value), str(value.name)
    assert tensor is not None
    array = np.asarray(tensor.numpy())
    generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
    shuffled = array.reshape(-1)[generator.permutation(array.size)].reshape(array.shape)
    other = ir.tensor(shuffled, dtype=tensor.dtype, name=tensor.name)
    node = value.producer()
    if node is None:
        value.const_value = other
    else:
        node.attributes["value"] = ir.AttrTensor("value", other)
