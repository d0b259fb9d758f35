"""The whole way in one place: load -> plan -> differentiate -> run -> map."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff import differentiate
from onnxcam.blas import one_blas_thread
from onnxcam.cam import average, find_method
from onnxcam.errors import InputError, PlanError, ProviderError
from onnxcam.explanation import Explanation, Float32, LayerExplanation
from onnxcam.forward_runs import Explained
from onnxcam.graph import is_real, load
from onnxcam.imaging import Preprocess
from onnxcam.layers import explain_layers
from onnxcam.notes import dead_ends, empty_maps
from onnxcam.passes import Passes, run_passes
from onnxcam.plan import Plan, make_plan
from onnxcam.runtime import (
    Session,
    SessionPair,
    Tails,
    choose_provider,
    largest_difference,
    open_pair,
    open_session,
    processor_notes,
    run_shipped,
)
from onnxcam.samples import (
    Samples,
    backdrops,
    cut,
    find_inputs,
    gather,
    longest_window,
    main_input,
    remarks,
    window_note,
)
from onnxcam.targets import Cotangent, Scores, Target, read_head, resolve_target
from onnxcam.tellers import Preparation, prepare

__all__ = ["Explainer", "explain"]

FAITHFUL = 1e-4
"""Largest relative difference between the shipped file's outputs and the forward model's that goes unmentioned."""


class Explainer:
    """Explains one model: made once, asked many times.

    Args:
        model: Path of an `.onnx` file.
        layer: The layer to explain: None or `auto` for the right one (`plan.reason` says why), `last-conv`, a value's
            or a node's name, `-1`, `-2`, … for one of `plan.candidates` from the end, or several of these, whose
            maps are averaged.
        output: The score tensor's name; None for what stands before a trailing softmax or sigmoid.
        provider: `auto`, `cpu` or `cuda`; `cuda` that cannot be had is an error.
        preprocess: For pictures: a preset's name, a JSON file, a `Preprocess`; None for what the file, its graph or the
            files beside it say, and for an assumption, said in `notes`, where they say nothing.
        labels: Class names by index, or a file of them; None for those in the model's file or beside it.
        head: Of a detector: the family of its head, such as `yolov8`, or settings with the family under `family`, as a
            dict or a JSON file: `strides`, `anchors` in pixels, `weights`, `background`. None to tell by its shape.
        threads: Threads within an operator; 0 for ONNX Runtime's default, one for each core. Several threads may call
            one explainer at once.

    Attributes:
        model: The loaded model.
        plan: The layer, the score tensor, why these, and the other candidates.
        inputs: What each input of the model takes, by name.
        input: The one of them that pictures and bare arrays are for.
        preprocess: How pictures become that input.
        labels: Class names by index, None where nobody knows them.
        preparation: Where these two come from.
        head: What was said of a detector's head; None for nothing.

    Raises:
        ModelError: The file is no model that can be explained.
        PlanError: The layer or the score cannot be found.
        GradientError: An operator between them has no gradient.
        ProviderError: The provider cannot be had.
        InputError: No such preset, no such provider, or an unreadable labels file.
    """

    def __init__(
        self,
        model: str | Path,
        layer: str | Sequence[str] | None = None,
        output: str | None = None,
        provider: str = "auto",
        preprocess: str | Path | Preprocess | None = None,
        labels: list[str] | tuple[str, ...] | str | Path | None = None,
        *,
        head: str | Mapping[str, Any] | Path | None = None,
        threads: int = 0,
    ) -> None:
        self._provider, self._opening = choose_provider(provider, threads), threading.Lock()
        self.head = read_head(head)
        self._loaded, self._asked = load(model), (layer, output)
        self._choose()
        self.inputs = find_inputs(self.model)
        self.input = main_input(self.model, self.inputs, self.plan.layers, self.plan.source)
        self.preparation: Preparation = prepare(
            self.model, self.input.name, self.input.layout, self.plan.output, preprocess, labels
        )
        self.preprocess, self.labels = self.preparation.preprocess, self.preparation.labels
        self._forward_notes: tuple[str, ...] = ()
        self._window_notes: tuple[str, ...] = ()

    def _choose(self, sizes: Mapping[str, Sequence[int]] | None = None) -> None:
        """Choose layers and score, for inputs of these shapes where the file leaves them open, and differentiate."""
        self.plan: Plan = make_plan(self._loaded, *self._asked, sizes)
        self.model = self.plan.model
        self._gradient = differentiate(self.plan)
        self._tails = Tails(self.model, self.plan.output, self._provider)
        self._pair: SessionPair | None = None

    @one_blas_thread()
    def explain(self, inputs: object, target: object = None, method: str = "grad-cam") -> Explanation:
        """Explain a batch.

        Args:
            inputs: An array that is already preprocessed, (N, …) as the model's input; a dict of them for several
                inputs; a picture (path, uint8 (H, W, 3) RGB array) or a list of pictures; or a file of another kind, or
                a list of such: `.npy`, `.npz`, `.wav`, `.nii`, `.nii.gz`.
            target: None (each sample's predicted class), an int, a sequence of N ints, a label or a spelling such as
                `top5` or `tabby vs tiger cat`, a `Target`, or a function from the score tensor's array to a cotangent
                of the same shape. A target may have several maps for a sample: `Explanation.sample` says whose each is.
            method: A method's name.

        Raises:
            InputError: Inputs, target or method that do not fit.
            PlanError: The layer has no space.
            ProviderError: ONNX Runtime fails, or a result is not finite.
        """
        combine = find_method(method)
        chosen = resolve_target(target, self.labels)
        samples = self.gather(inputs)
        found = self._run(samples, chosen)
        explained = Explained(
            self._open(samples), self._tails, samples, self.input, found.logits, found.cotangents, tuple(found.sample)
        )
        layers = explain_layers(combine, self.plan, explained, found)
        first, tensor = layers[0], samples.feeds[self.input.name]
        size = self.input.space(tensor.shape, first.raw.ndim - 1)
        maps = average([one.raw for one in layers], size)
        behind = samples.backdrops or (() if samples.pictures else backdrops(tensor, self.input, len(size)))
        return Explanation(
            logits=found.logits,
            class_index=found.class_index,
            score=found.score,
            activation=first.activation,
            gradient=first.gradient,
            alpha=first.alpha,
            raw=first.raw,
            map=maps,
            layer=", ".join(one.layer for one in layers),
            method=method,
            provider=self._open(samples).provider,
            notes=self._notes(samples, maps, layers, found.sample),
            class_name=tuple(self._name(c) for c in found.class_index),
            pictures=samples.pictures,
            backdrops=behind,
            layers=layers,
            reason=self.plan.reason,
            sample=found.sample,
            target=found.names,
        )

    def gradient(
        self, inputs: object, cotangent: NDArray[Any] | Callable[[NDArray[Any]], NDArray[Any]]
    ) -> tuple[NDArray[Any], Float32, Float32]:
        """One level down: the score tensor, the layer's activation and the gradient, as the file lays them out.

        Args:
            inputs: As for `explain`.
            cotangent: An array like the score tensor, or a function of it.

        Raises:
            InputError: Inputs or a cotangent that do not fit.
            PlanError: Several layers are explained.
            ProviderError: ONNX Runtime fails, or a result is not finite.
        """
        if len(self.plan.layers) > 1:
            raise PlanError(
                f"{len(self.plan.layers)} layers are explained, {', '.join(map(repr, self.plan.layers))}; a gradient "
                "is one layer's. Name it with layer=….",
                layers=self.plan.layers,
            )
        found = self._run(self.gather(inputs), Cotangent(cotangent))
        return found.logits, found.activations[0], found.gradients[0]

    def gather(self, inputs: object) -> Samples:
        """What the model gets of the inputs.

        Where ONNX Runtime refuses the first sound, whole, the longest window that it takes is looked for, and
        `preprocess` has it from then on.

        Raises:
            InputError: Inputs that do not fit.
            ProviderError: ONNX Runtime fails on a sound, at any length.
        """
        samples = gather(inputs, self.inputs, self.input, self.preprocess)
        if samples.rate is None or self.preprocess.window is not None or self._pair is not None:
            return samples
        try:
            self._open(samples)
        except ProviderError:
            window = longest_window(self.model, self._provider, samples, self.inputs, self.input)
            if window is None:
                raise
            self.preprocess = dataclasses.replace(self.preprocess, window=window)
            self._window_notes = (window_note(window),)
            samples = gather(inputs, self.inputs, self.input, self.preprocess)
            # A layer that had space in a long sound may have none in the window.
            self._choose({name: array.shape for name, array in samples.feeds.items()})
        return samples

    def batches(self, inputs: object) -> Iterator[dict[str, NDArray[Any]]]:
        """What the model is fed of the inputs, batch by batch: an array for each of its inputs, by name.

        Raises:
            InputError: Inputs that do not fit.
        """
        for _, feeds in cut(self.gather(inputs), self._batch):
            yield feeds

    def scores(self, inputs: object) -> Scores:
        """The score tensor of the first batch of the inputs, and what its axes are: what a target is given.

        Raises:
            InputError: Inputs that do not fit.
            ProviderError: ONNX Runtime fails.
        """
        samples = self.gather(inputs)
        place, feeds = next(cut(samples, self._batch))
        rows = tuple(range(place.start, place.stop))
        return self._describe(samples, self._open(samples).logits(feeds), rows, feeds)

    def scores_of(self, inputs: object, logits: NDArray[Any]) -> Scores:
        """What the axes of a score tensor are that `explain` gave for these inputs.

        Nothing is run for it, but where a detector's other outputs are asked for.

        Raises:
            InputError: Inputs that do not fit.
        """
        samples = self.gather(inputs)
        scores = self._describe(samples, logits, tuple(range(samples.count)), samples.feeds)
        return dataclasses.replace(scores, outputs=functools.cache(functools.partial(self._outputs, samples)))

    def _outputs(self, samples: Samples) -> dict[str, NDArray[Any]]:
        """The model's float outputs of all samples, by name."""
        session, parts = self._open(samples).forward_session, []
        for place, feeds in cut(samples, self._batch):
            found = session.run_arrays(feeds, self._float_outputs)
            parts.append({name: array[: place.stop - place.start] for name, array in found.items()})
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def run_shipped(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The shipped file's own float outputs, by name, for one batch.

        Raises:
            ProviderError: ONNX Runtime cannot load or run the file.
        """
        return run_shipped(self.model, feeds, self._provider)

    def open(self, model: ir.Model) -> Session:
        """A session of a model that shares its weights with the shipped file.

        Raises:
            ProviderError: ONNX Runtime cannot load it.
        """
        return open_session(model, self._provider, self.model.path.resolve().parent, is_half=self.model.is_half)

    def _run(self, samples: Samples, target: Target) -> Passes:
        describe = functools.partial(self._describe, samples)
        return run_passes(self._open(samples), samples, self.input.name, self._batch, describe, target)

    def _describe(
        self, samples: Samples, logits: NDArray[Any], rows: tuple[int, ...], feeds: Mapping[str, NDArray[Any]]
    ) -> Scores:
        """The scores of a batch of the samples."""
        layout, fed, session = self.plan.scores, samples.feeds[self.input.name], self._open(samples).forward_session
        return Scores(
            logits,
            layout.class_axis,
            layout.positions,
            layout.before,
            self.labels,
            rows,
            samples.count,
            self.input.space(fed.shape, len(self.plan.grid) or None),
            tuple(samples.pictures[row].geometry if samples.pictures else None for row in rows),
            functools.cache(lambda: session.run_arrays(feeds, self._float_outputs)),
            self._embed,
            self.head,
        )

    def _embed(self, reference: object) -> NDArray[Any]:
        """The score tensor of one other input."""
        samples = self.gather(reference)
        if samples.count != 1:
            raise InputError(f"the reference holds {samples.count} samples. Give one.", samples=samples.count)
        _, feeds = next(cut(samples, self._batch))
        logits = self._open(samples).logits(feeds)
        return logits[:1] if logits.ndim > 1 else logits

    @functools.cached_property
    def processor_notes(self) -> tuple[str, ...]:
        """What is to know of this model on this processor, whatever is explained; `Explanation.notes` has it too."""
        return processor_notes(self._loaded, self._pair.provider if self._pair else self._provider.name)

    @property
    def _float_outputs(self) -> tuple[str, ...]:
        return tuple(str(v.name) for v in self._loaded.graph.outputs if is_real(v))

    @property
    def _batch(self) -> int | None:
        """The batch that the model fixes."""
        return self.input.shape[0] if self.input.shape else None

    def _open(self, samples: Samples) -> SessionPair:
        """The sessions; the first time, the forward model is held against the shipped file on the first batch."""
        with self._opening:
            return self._pair or self._first(samples)

    def _first(self, samples: Samples) -> SessionPair:
        _, feeds = next(cut(samples, self._batch))
        shipped = self.run_shipped(feeds)
        pair = open_pair(self.plan, self._gradient, self._provider)
        difference = largest_difference(shipped, pair.forward_session.run_arrays(feeds, tuple(shipped)))
        if difference > FAITHFUL:
            self._forward_notes = (
                "with the layer as an output, ONNX Runtime optimises the model differently: its outputs move by "
                f"up to {difference:.1e} of their largest entry",
            )
        self._pair = pair
        return pair

    def _notes(
        self, samples: Samples, maps: Float32, layers: Sequence[LayerExplanation], rows: NDArray[np.int64]
    ) -> tuple[str, ...]:
        of_run = (*samples.notes, *self._window_notes, *self._forward_notes, *dead_ends(self._gradient.dead_ends))
        of_file = (*self.preparation.notes, *(self.preparation.picture_notes if samples.pictures else ()))
        behind = [samples.backdrops[row] for row in rows] if samples.backdrops else []
        of_layers = (note for one in layers for note in (*remarks(one.raw, behind), *one.notes))
        return tuple(dict.fromkeys((*self.processor_notes, *of_run, *of_file, *empty_maps(maps, rows), *of_layers)))

    def _name(self, index: np.int64) -> str | None:
        return self.labels[index] if self.labels is not None and 0 <= index < len(self.labels) else None


def explain(
    model: str | Path,
    inputs: object,
    target: object = None,
    *,
    layer: str | Sequence[str] | None = None,
    output: str | None = None,
    provider: str = "auto",
    preprocess: str | Path | Preprocess | None = None,
    labels: list[str] | tuple[str, ...] | str | Path | None = None,
    method: str = "grad-cam",
    head: str | Mapping[str, Any] | Path | None = None,
    threads: int = 0,
) -> Explanation:
    """Explain a batch in one call; see `Explainer` and `Explainer.explain` for the arguments and errors."""
    explainer = Explainer(model, layer, output, provider, preprocess, labels, head=head, threads=threads)
    return explainer.explain(inputs, target, method)
