"""Sounds from files: what is read, and what is refused in a sentence."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from onnxcam import InputError
from onnxcam.signals import read_wav
from tests.signals.files import write_wav


@pytest.mark.parametrize("channels", [1, 2, 3], ids=["mono", "stereo", "three channels"])
def test_samples_come_back_as_they_were_written(tmp_path: Path, rng: np.random.Generator, channels: int) -> None:
    samples = rng.integers(-32768, 32768, (channels, 77), dtype=np.int16)
    sound = read_wav(write_wav(tmp_path / "s.wav", samples, rate=11025))
    assert (sound.rate, sound.samples.dtype) == (11025, np.int16)
    np.testing.assert_array_equal(sound.samples, samples)


@pytest.mark.parametrize(("width", "bits"), [(1, 8), (4, 32)], ids=["8 bits", "32 bits"])
def test_other_widths_are_refused(tmp_path: Path, width: int, bits: int) -> None:
    path = write_wav(tmp_path / "s.wav", np.zeros((1, 9), np.int64), width=width)
    with pytest.raises(InputError, match=f"not 16-bit PCM: it has {bits} bits a sample. Convert it, as with 'ffmpeg"):
        read_wav(path)


def test_24_bits_are_refused(tmp_path: Path) -> None:
    fmt = struct.pack("<HHIIHH", 1, 1, 8000, 24000, 3, 24)
    data = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", 6) + bytes(6)
    (tmp_path / "s.wav").write_bytes(b"RIFF" + struct.pack("<I", len(data)) + data)
    with pytest.raises(InputError, match="it has 24 bits a sample"):
        read_wav(tmp_path / "s.wav")


@pytest.mark.parametrize("code", [3, 6, 85], ids=["float", "A-law", "MP3"])
def test_floats_and_compressed_sounds_are_refused(tmp_path: Path, code: int) -> None:
    fmt = struct.pack("<HHIIHH", code, 1, 8000, 32000, 4, 32)
    data = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", 8) + bytes(8)
    (tmp_path / "s.wav").write_bytes(b"RIFF" + struct.pack("<I", len(data)) + data)
    with pytest.raises(InputError, match=f"not 16-bit PCM: its format is number {code}"):
        read_wav(tmp_path / "s.wav")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "ends within its header"),
        (b"no sound at all, only words", "no .wav file"),
        (b"RIFF\x04\x00\x00\x00WAVE", "no .wav file"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt \xff\xff\xff\x7f\x01\x00\x01\x00", "no .wav file"),
    ],
    ids=["empty", "text", "header alone", "a wrong length"],
)
def test_what_is_no_sound_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "s.wav").write_bytes(content)
    with pytest.raises(InputError, match=told):
        read_wav(tmp_path / "s.wav")


def test_a_missing_file_and_an_empty_sound_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_wav(tmp_path / "none.wav")
    with pytest.raises(InputError, match="holds no samples"):
        read_wav(write_wav(tmp_path / "s.wav", np.zeros((1, 0), np.int16)))
