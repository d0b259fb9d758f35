"""The model-parameter randomisation test: a map that survives shuffled weights explains nothing that they learned."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.errors import InputError, ProviderError
from onnxcam.explainer import Explainer
from onnxcam.explanation import Explanation
from onnxcam.graph import Model, load, upstream
from onnxcam.imaging import Preprocess
from onnxcam.metrics import spearman, ssim
from onnxcam.randomising.recorded import Recorded
from onnxcam.randomising.results import Mode, RandomisationTest, Step
from onnxcam.randomising.shuffling import write_shuffled
from onnxcam.randomising.weights import NodeWeights, find_weights
from onnxcam.targets import resolve_target

__all__ = ["randomisation_test"]


def randomisation_test(
    model: str | Path,
    inputs: object,
    *,
    target: object = None,
    method: str = "grad-cam",
    layer: str | Sequence[str] | None = None,
    output: str | None = None,
    provider: str = "auto",
    preprocess: str | Path | Preprocess | None = None,
    labels: list[str] | tuple[str, ...] | str | Path | None = None,
    head: str | Mapping[str, Any] | Path | None = None,
    mode: Mode = "cascading",
    seed: int = 0,
    most: int | None = None,
) -> RandomisationTest:
    """Shuffle the file's own weights, node by node from the score to the input, and compare the maps.

    The entries of each tensor are shuffled (`shuffle` says by which numbers), and not drawn anew: what is learned is
    lost, while the distribution stays, exactly, so that a quantised model keeps to the ranges that it was calibrated
    for, one of half precision does not overflow, and no variance becomes negative. Of quantised weights the integers
    are shuffled; scales and zero points stay. What weights are, `find_weights` says. The file on disk is only read;
    shuffled models are written to a temporary folder, one at a time.

    The score that is explained stays the original's: the class that the original predicted, or what `target` chose of
    the original's scores.

    Args:
        model: As for `Explainer`, as are `layer`, `output`, `provider`, `preprocess`, `labels` and `head`.
        inputs: As for `Explainer.explain`, as are `target` and `method`.
        target: What is explained.
        method: A method's name.
        layer: The layer to explain.
        output: The score tensor's name.
        provider: What runs the models.
        preprocess: For pictures.
        labels: Class names.
        head: A detector's head.
        mode: `cascading`: what one step shuffles stays shuffled in all that follow; `independent`: each step shuffles
            its own nodes alone.
        seed: Of the shuffles.
        most: Number of steps at most; nodes that follow each other share one. None for a step for each node.

    Raises:
        InputError: No such mode, no steps, a seed below 0, no weights, or inputs that do not fit; SciPy is not
            installed.
        OnnxcamError: What `Explainer` and `Explainer.explain` raise for the file as it is. A step that fails says so in
            its `note`, and the test goes on.

    Source: Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018, section 3.1, where weights are drawn anew.
    """
    if mode not in get_args(Mode):
        raise InputError(f"no mode '{mode}'. Choose 'cascading' or 'independent'.", mode=mode)
    if seed < 0:
        raise InputError(f"no seed {seed}. Give 0 or more.", seed=seed)
    if most is not None and most < 1:
        raise InputError(f"a test of {most} steps shows nothing. Give most=1 or more, or None.", most=most)
    explainer = Explainer(model, layer, output, provider, preprocess, labels, head=head)
    loaded = load(model)
    found, left = find_weights(loaded, _sinks(loaded, explainer))
    if not found:
        raise InputError(
            f"{loaded.path.name} has no weights to shuffle before its score '{explainer.plan.output}'.",
            path=loaded.path,
        )
    aims = Recorded(resolve_target(target, explainer.labels))
    original = explainer.explain(inputs, aims, method)
    feeds = dict(explainer.gather(inputs).feeds)
    again = _Again(explainer, loaded, output, provider, head, feeds, aims, method)
    before_layer, steps = _before(loaded, explainer.plan.layers), []
    for fresh, shuffled in _groups(found, mode, most or len(found)):
        tensors = tuple(name for one in shuffled for name in one.tensors)
        is_before = any(one.output in before_layer for one in shuffled)
        steps.append(_step(again.explained(tensors, seed), original, fresh, tensors, is_before=is_before))
    return RandomisationTest(mode, tuple(steps), original, tuple(dict.fromkeys((*left, *original.notes))))


def _groups(
    found: Sequence[NodeWeights], mode: Mode, most: int
) -> Iterator[tuple[Sequence[NodeWeights], Sequence[NodeWeights]]]:
    """The nodes that each step adds, and all that it shuffles."""
    for part in np.array_split(np.arange(len(found)), min(most, len(found))):
        fresh = found[part[0] : part[-1] + 1]
        yield fresh, found[: part[-1] + 1] if mode == "cascading" else fresh


@dataclasses.dataclass(frozen=True, slots=True)
class _Again:
    """What it takes to explain the same inputs by a shuffled model."""

    explainer: Explainer
    loaded: Model
    output: str | None
    provider: str
    head: str | Mapping[str, Any] | Path | None
    feeds: Mapping[str, NDArray[Any]]
    aims: Recorded
    method: str

    def explained(self, tensors: Sequence[str], seed: int) -> Explanation | ProviderError:
        """The explanation by the model with these tensors shuffled, or why there is none."""
        first = self.explainer
        with tempfile.TemporaryDirectory(prefix="onnxcam-") as folder:
            path = Path(folder) / self.loaded.path.name
            write_shuffled(self.loaded.shipped, tensors, seed, path)
            plan = first.plan
            other = Explainer(
                path, plan.layers, self.output, self.provider, first.preprocess, first.labels, head=self.head
            )
            assert (other.plan.layers, other.plan.output) == (plan.layers, plan.output)
            try:
                return other.explain(dict(self.feeds), self.aims, self.method)
            except ProviderError as error:
                return error


def _step(
    found: Explanation | ProviderError,
    original: Explanation,
    fresh: Sequence[NodeWeights],
    tensors: tuple[str, ...],
    *,
    is_before: bool,
) -> Step:
    nodes, unknown = tuple(one.node for one in fresh), np.full(len(original.map), np.nan)
    if isinstance(found, ProviderError):
        note = f"the model with these weights shuffled cannot be explained: {found}"
        return Step(nodes, tensors, is_before, unknown, unknown, unknown, unknown, note=note)
    pairs = list(zip(original.map, found.map, strict=True))
    by_rank = np.array([spearman(a, b) for a, b in pairs])
    score = found.score.astype(np.float64)
    empty = int(np.isnan(by_rank).sum())
    told = f"{empty} of {len(pairs)} maps are constant, here or in the original" if empty else None
    by_structure = np.array([ssim(a, b) if a.ndim == 2 else np.nan for a, b in pairs])
    return Step(nodes, tensors, is_before, by_rank, by_structure, score, score - original.score, empty, told)


def _sinks(loaded: Model, explainer: Explainer) -> list[ir.Value]:
    """The score tensor in the shipped graph, or the tensors that it is joined from."""
    values = _values(loaded)
    names = (explainer.plan.output, *explainer.plan.scores.joined)
    return [values[name] for name in names if name in values]


def _before(loaded: Model, layers: Sequence[str]) -> set[str]:
    """Names of the values that the layers are computed from, and of the layers."""
    values = _values(loaded)
    return {str(v.name) for v in upstream(loaded.shipped.graph, [values[name] for name in layers])}


def _values(loaded: Model) -> Mapping[str, ir.Value]:
    return ir.convenience.create_value_mapping(loaded.shipped.graph)
