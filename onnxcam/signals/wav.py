"""Sounds from `.wav` files."""

from __future__ import annotations

import dataclasses
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["Sound", "read_wav"]

WIDTH = 2
"""Bytes of a sample of 16 bits."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sound:
    """A sound as its file holds it.

    Attributes:
        samples: int16, (channels, T).
        rate: Samples a second, Hz.
    """

    samples: NDArray[np.int16]
    rate: int


def read_wav(path: str | Path) -> Sound:
    """The sound in a `.wav` file of 16-bit PCM, with any number of channels.

    Raises:
        InputError: The file is missing, damaged or empty, or holds another format: other widths, floats, compression.
    """
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            frames = file.readframes(file.getnframes()) if width == WIDTH else b""
    except OSError as error:
        raise InputError(f"sound '{path}' cannot be read: {error.strerror}. Check the path.", path=path) from error
    except wave.Error as error:
        if str(error).startswith("unknown format"):
            code = str(error).rpartition(" ")[2]
            raise _other_format(path, f"its format is number {code}") from error
        raise InputError(f"'{path}' is no .wav file, or a damaged one: {error}.", path=path) from error
    except MemoryError:
        raise
    except Exception as error:  # what reads a stranger's bytes raises whatever it trips over
        raise InputError(f"'{path}' is no .wav file, or it ends within its header.", path=path) from error
    if width != WIDTH:
        raise _other_format(path, f"it has {8 * width} bits a sample")
    count = len(frames) // (WIDTH * channels)
    if count == 0 or rate <= 0:
        raise InputError(f"the sound '{path}' holds no samples.", path=path)
    samples = np.frombuffer(frames, "<i2", count * channels).reshape(count, channels)
    return Sound(samples.T.astype(np.int16), rate)


def _other_format(path: str | Path, what: str) -> InputError:
    return InputError(
        f"the sound '{path}' is not 16-bit PCM: {what}. "
        "Convert it, as with 'ffmpeg -i IN -c:a pcm_s16le OUT.wav', or give the samples as .npy.",
        path=path,
    )
