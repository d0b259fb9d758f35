"""How much of a sound a model takes at once, where its file does not say and the whole is too much."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from onnxcam.errors import OnnxcamError
from onnxcam.graph import Model
from onnxcam.runtime import Provider, open_shipped
from onnxcam.samples.batches import Samples
from onnxcam.samples.completion import complete
from onnxcam.samples.specs import InputSpec

__all__ = ["longest", "longest_window", "window_note"]


def longest_window(
    model: Model, provider: Provider, samples: Samples, specs: Mapping[str, InputSpec], main: InputSpec
) -> int | None:
    """The most samples of a sound that the shipped file runs on, found by trying; None if it runs on no part of it.

    Args:
        model: The model.
        provider: What runs it.
        samples: The sound, whole.
        specs: The model's inputs.
        main: The one that takes the sound.
    """
    session = open_shipped(model, provider)
    time = main.space_axes()[0]
    whole = samples.feeds[main.name][:1]

    def runs(length: int) -> bool:
        part = whole[(slice(None),) * time + (slice(0, length),)]
        given = {name: array for name, array in samples.feeds.items() if name not in samples.whole}
        try:
            feeds = complete(dataclasses.replace(samples, feeds=given | {main.name: part}, count=1), specs, main).feeds
            session.run_arrays(feeds, session.output_names)
        except OnnxcamError:
            return False
        return True

    return longest(whole.shape[time], runs)


def longest(count: int, runs: Callable[[int], bool]) -> int | None:
    """The largest length below `count`, which itself does not run, that runs though one more does not; None for none.

    Takes a quarter off until a length runs, then searches between that and the last that did not.
    """
    fails, length = count, count * 3 // 4
    while length and not runs(length):
        fails, length = length, length * 3 // 4
    while length and fails - length > 1:
        middle = (length + fails) // 2
        if runs(middle):
            length = middle
        else:
            fails = middle
    return length or None


def window_note(window: int) -> str:
    """The note on a window that was found by trying."""
    return (
        f"ONNX Runtime fails on the whole sound: it is cut into windows of {window} samples, the longest that it was "
        "found to take (--window sets another)"
    )
