"""Real models of signals and volumes, with no option but the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import onnxcam
from tests.shared import shared

Figure = Callable[[str], None]


def model(name: str) -> Path:
    return next(shared(f"models/{name}").glob("*.onnx"))


@pytest.mark.slow
def test_tissue_lights_up_for_its_own_class(figure: Figure) -> None:
    pytest.importorskip("nibabel", reason="NIfTI files are read by nibabel")
    explainer = onnxcam.Explainer(model("brainchop-model30-64"))
    for tissue in range(3):
        result = explainer.explain(shared("images/signals/t1_crop.nii.gz"), target=tissue)
        mask = result.logits[0].argmax(axis=0) == tissue
        inside = result.map[0][mask].sum() / result.map.sum()
        figure(f"brainchop, class {tissue}: {inside:.0%} of the map in its own voxels, {mask.mean():.0%} of the volume")
        assert inside > 1.2 * mask.mean()
        assert result.plot().shape[2] == 3
    assert any("the middle is given, voxels [96:160, 96:160, 96:160]" in note for note in result.notes)


def test_a_voice_detector_is_explained_in_the_windows_that_it_takes(figure: Figure) -> None:
    sound = shared("images/signals/speech.wav")
    settings = onnxcam.Preprocess("unit", rate=16000)
    explainer = onnxcam.Explainer(
        model("silero-vad"), layer="/model/encoder/1/reparam_conv/Conv", preprocess=settings, provider="cpu"
    )
    result = explainer.explain(sound)
    assert explainer.preprocess.window is not None
    told = " ".join(result.notes)
    for part in (
        "stereo, 22050 Hz",
        "resampled to 16000 Hz",
        "'state' was not given: it is zeros",
        "'sr' was not given",
    ):
        assert part in told
    assert result.map.shape == (len(result), explainer.preprocess.window)
    assert result.score.max() > 0.4  # speech
    assert result.score[-1] < 0.2  # the end, mostly zeros
    assert result.map[np.argmax(result.score)].max() > 0.99
    figure(f"silero-vad: windows of {explainer.preprocess.window} samples, scores up to {result.score.max():.2f}")


def test_a_spectrograms_model_takes_no_sound() -> None:
    with pytest.raises(onnxcam.InputError, match=r"takes float32 \[\?, 76, 32, 1\], no sound"):
        onnxcam.explain(model("openwakeword-embedding"), shared("images/signals/speech.wav"))


def test_digits_with_labels_in_an_archive_are_pictures(figure: Figure) -> None:
    digits, mnist = shared("images/mnist124.npz"), shared("models/mnist-burn-pytorch2")
    settings = onnxcam.Preprocess("mnist", channel_order="gray", mean=(0.1307,), std=(0.3081,))
    result = onnxcam.explain(next(mnist.glob("*.onnx")), digits, preprocess=settings)
    assert "of 'x', 'y', 'x' alone fits the input" in " ".join(result.notes)
    with np.load(digits) as arrays:
        right = (result.class_index == arrays["y"]).mean()
    figure(f"mnist-burn-pytorch2 on the digits of an archive: {right:.0%} right")
    assert right > 0.9
    assert result.overlay(3).shape == (28, 28, 3)
