"""What an export gives back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import onnx_ir as ir

from onnxcam.exporting.comparing import Agreement

__all__ = ["Exported", "Port", "ports"]


@dataclasses.dataclass(frozen=True, slots=True)
class Port:
    """An input or output of the file.

    Attributes:
        name: Its name.
        dtype: Its element type as numpy writes it; empty where that is not known.
        shape: Its dimensions: a number, a symbol, or None.
        is_added: Whether the shipped file does not have it.
        is_optional: Whether a run may leave it out.
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]
    is_added: bool = False
    is_optional: bool = False

    def __str__(self) -> str:
        """As a line writes it: `cam: float32 [batch, 96, 96]`."""
        dims = ", ".join("?" if d is None else str(d) for d in self.shape)
        return f"{self.name}: {self.dtype} [{dims}]" if self.dtype else self.name


@dataclasses.dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        path: The file.
        files: All files that were written, those of external weights first.
        inputs: What the file takes.
        outputs: What it gives.
        layers: Names of the layers explained.
        output: Name of the score tensor.
        reason: Why these, one sentence.
        targets: What is explained, a name for each map of a sample.
        method: Name of the method.
        opset: Version of `ai.onnx` that the file imports.
        shipped_opset: That of the shipped file.
        size: Of the file, bytes.
        shipped_size: Of the shipped file, bytes.
        random: How it compares on random inputs; None where the model takes none.
        given: How it compares on the inputs given; None where there were none.
        notes: What the reader must know.
    """

    path: Path
    files: tuple[Path, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    layers: tuple[str, ...]
    output: str
    reason: str
    targets: tuple[str, ...]
    method: str
    opset: int
    shipped_opset: int
    size: int
    shipped_size: int
    random: Agreement | None
    given: Agreement | None
    notes: tuple[str, ...]


def ports(model: ir.Model, shipped: ir.Model) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """The inputs and outputs of `model`; weights listed as inputs are none, unless they are new."""
    known = {str(v.name) for v in (*shipped.graph.inputs, *shipped.graph.outputs)}
    weights = shipped.graph.initializers
    inputs = tuple(_port(v, known) for v in model.graph.inputs if v.name not in weights)
    return inputs, tuple(_port(v, known) for v in model.graph.outputs)


def _port(value: ir.Value, known: set[str]) -> Port:
    dtype = str(value.dtype.numpy()) if value.dtype is not None and value.dtype != ir.DataType.STRING else ""
    shape = tuple(d if isinstance(d, int) else d.value for d in value.shape or ())
    return Port(str(value.name), dtype, shape, value.name not in known, value.is_initializer())
