"""Makes what the README's examples of a sound and a volume explain, in `models/signals/`.

    tones.onnx, two-tones.wav        which of two pitches a sound holds
    balls.onnx, two-balls.nii.gz     whether a volume holds a bright ball or a dark one

    python scripts/make_signals.py [FOLDER]

Nothing is trained: each channel of a convolution is a filter for what its class looks like. The same files come out
every time.
"""

from __future__ import annotations

import gzip
import sys
import wave
from pathlib import Path

import nibabel
import numpy as np
import onnx
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parents[1] / "models" / "signals"

RATE = 4000
SECONDS = 1.2
TONES = {"low tone": (300.0, 0.3), "high tone": (800.0, 0.85)}
"""Pitch in Hz, and when it sounds in `two-tones.wav`, s."""
TONE_LENGTH = 0.2

SHAPE = (32, 28, 24)
BALLS = {"bright ball": (1, (9, 10, 8)), "dark ball": (-1, (22, 18, 15))}
"""Sign, and where its middle lies in `two-balls.nii.gz`, voxels."""
RADIUS = 3.5
GROUND = 110
"""Grey level around the balls."""

TONES_TEXT = """<ir_version: 8, opset_import: ["" : 17]>
tones (float[N, T] wave) => (float[N, 2] scores) {
    signal = Unsqueeze(wave, channel)
    waves = Conv <strides = [4], pads = [32, 32]> (signal, sines)
    strong = Relu(waves)
    envelopes = Conv <strides = [5], pads = [12, 12]> (strong, smooth, threshold)
    heard = Relu(envelopes)
    mean = ReduceMean <axes = [2], keepdims = 0> (heard)
    scores = MatMul(mean, votes)
}"""

BALLS_TEXT = """<ir_version: 8, opset_import: ["" : 17]>
balls (float[N, 1, X, Y, Z] voxels) => (float[N, 2] scores) {
    centred = Sub(voxels, ground)
    likeness = Conv <strides = [2, 2, 2], pads = [4, 4, 4, 4, 4, 4]> (centred, balls, threshold)
    found = Relu(likeness)
    mean = ReduceMean <axes = [2, 3, 4], keepdims = 0> (found)
    scores = MatMul(mean, votes)
}"""


def main(folder: Path) -> None:
    """Write the four files."""
    folder.mkdir(parents=True, exist_ok=True)
    write_model(folder / "tones.onnx", TONES_TEXT, list(TONES), tone_weights())
    write_model(folder / "balls.onnx", BALLS_TEXT, list(BALLS), ball_weights())
    with wave.open(str(folder / "two-tones.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(np.rint(two_tones() * 32767).astype("<i2").tobytes())
    image = nibabel.Nifti1Image(two_balls(), np.eye(4)).to_bytes()
    (folder / "two-balls.nii.gz").write_bytes(gzip.compress(image, mtime=0))


def two_tones() -> NDArray[np.float64]:
    """Both tones in noise, in [-1, 1]."""
    time = np.arange(round(SECONDS * RATE)) / RATE
    sound = np.random.default_rng(0).normal(0, 0.05, len(time))
    for pitch, middle in TONES.values():
        envelope = np.where(abs(time - middle) < TONE_LENGTH / 2, np.cos(np.pi * (time - middle) / TONE_LENGTH) ** 2, 0)
        sound += 0.6 * envelope * np.sin(2 * np.pi * pitch * time)
    return sound


def two_balls() -> NDArray[np.uint8]:
    """Both balls in noise."""
    values = np.random.default_rng(0).normal(GROUND, 12, SHAPE)
    for sign, middle in BALLS.values():
        values += sign * 90 / (1 + np.exp(2 * (distance(SHAPE, middle) - RADIUS)))
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def tone_weights() -> dict[str, NDArray[np.float32]]:
    """For each pitch four waves, a quarter of a period apart; then their sum where it is above a threshold."""
    time = np.arange(-32, 33) / RATE
    window = np.hanning(65)
    sines = [
        window * np.cos(2 * np.pi * (pitch * time - shift / 4)) for pitch, _ in TONES.values() for shift in range(4)
    ]
    smooth = np.kron(np.eye(2), np.ones(4))[..., None] * np.hanning(27)[1:-1] / 100
    return {
        "sines": np.array(sines)[:, None].astype(np.float32),
        "smooth": smooth.astype(np.float32),
        "votes": np.eye(2, dtype=np.float32),
        "threshold": np.full(2, -0.3, np.float32),
    }


def ball_weights() -> dict[str, NDArray[np.float32]]:
    """A bright ball less its mean, and its negative; what is unlike either stays below the threshold."""
    ball = 1 / (1 + np.exp(2 * (distance((9, 9, 9), (4, 4, 4)) - RADIUS)))
    ball = (ball - ball.mean()) / 10
    return {
        "ground": np.array(GROUND / 255, np.float32),
        "balls": np.stack([ball, -ball])[:, None].astype(np.float32),
        "votes": np.eye(2, dtype=np.float32),
        "threshold": np.full(2, -0.5, np.float32),
    }


def distance(shape: tuple[int, ...], place: tuple[int, ...]) -> NDArray[np.float64]:
    """How far each voxel is from `place`."""
    return np.sqrt(sum((axis - at) ** 2 for axis, at in zip(np.indices(shape), place, strict=True)))


def write_model(path: Path, text: str, labels: list[str], weights: dict[str, NDArray[np.float32]]) -> None:
    """The graph in `text` with its weights and class names."""
    model = onnx.parser.parse_model(text)
    constants = {"channel": np.array([1])} if "channel" in text else {}
    model.graph.initializer.extend(onnx.numpy_helper.from_array(w, n) for n, w in (constants | weights).items())
    model.metadata_props.add(key="labels", value=",".join(labels))
    model.producer_name = "onnxcam"
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
