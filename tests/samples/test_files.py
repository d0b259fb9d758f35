"""Samples from .npz, .wav and NIfTI files, and inputs that were not given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnxcam import InputError, Preprocess
from onnxcam.samples import InputSpec, Samples, file_suffixes, gather
from tests.signals.files import write_nifti, write_wav

FLOAT = np.dtype(np.float32)
UNIT = Preprocess("unit")


def specs(**shapes: tuple) -> dict[str, InputSpec]:
    """Inputs by name: a shape in which a string is a symbol; a lone `int` stands for a whole number."""
    found = {}
    for name, shape in shapes.items():
        dtype = np.dtype(np.int64) if shape and shape[0] is int else FLOAT
        dims = tuple(d for d in shape if d is not int)
        symbols = tuple(d if isinstance(d, str) else None for d in dims)
        found[name] = InputSpec(name, tuple(d if isinstance(d, int) else None for d in dims), dtype, symbols)
    return found


def read(path: Path, preprocess: Preprocess | None = UNIT, **shapes: tuple) -> Samples:
    known = specs(**shapes)
    return gather(path, known, next(iter(known.values())), preprocess)


def test_every_kind_of_file_is_known() -> None:
    assert file_suffixes() == (".nii", ".nii.gz", ".npy", ".npz", ".wav")


class TestArchives:
    def write(self, folder: Path, **arrays: np.ndarray) -> Path:
        np.savez(folder / "a.npz", **arrays)
        return folder / "a.npz"

    def test_arrays_go_to_the_inputs_of_their_names(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, x=np.ones((2, 5), np.float32), k=np.int64(3), extra=np.zeros(1))
        samples = read(path, x=("N", 5), k=(int,))
        assert (samples.count, samples.feeds["x"].shape, int(samples.feeds["k"])) == (2, (2, 5), 3)
        assert samples.notes == (f"'{path}': 'extra' is no input of the model and is ignored",)

    def test_one_array_is_for_the_input_explained_whatever_its_name(self, tmp_path: Path) -> None:
        samples = read(self.write(tmp_path, arr_0=np.ones((2, 5), np.float32)), x=("N", 5))
        assert (samples.feeds["x"].shape, samples.notes) == ((2, 5), ())

    def test_the_only_one_that_fits_is_taken_and_said(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, images=np.ones((2, 5), np.float32), labels=np.ones(2, np.int64))
        samples = read(path, x=("N", 5))
        assert samples.feeds["x"].shape == (2, 5)
        assert samples.notes == (
            f"'{path}': of 'images', 'labels', 'images' alone fits the input 'x' and is explained",
        )

    @pytest.mark.parametrize(
        ("arrays", "told"),
        [
            ({"a": np.ones((2, 5), np.float32), "b": np.ones((3, 5), np.float32)}, "more than one fits"),
            ({"a": np.ones((2, 6), np.float32), "b": np.ones((2, 5), np.uint8)}, "none of them fits"),
            ({"k": np.int64(3)}, "no array 'x', the input that is explained"),
            ({"x": np.ones((0, 5), np.float32)}, "holds no samples"),
            ({}, "holds no arrays"),
        ],
        ids=["two fit", "none fits", "the main input is missing", "no samples", "no arrays"],
    )
    def test_what_is_not_clear_is_an_error(self, tmp_path: Path, arrays: dict, told: str) -> None:
        with pytest.raises(InputError, match=told):
            read(self.write(tmp_path, **arrays), x=("N", 5), k=(int,))

    def test_the_error_says_what_is_held_and_what_to_write(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, images=np.ones((2, 7, 7), np.uint8), labels=np.ones(2, np.int64))
        with pytest.raises(
            InputError, match=r"'images' uint8 \[2, 7, 7\], 'labels' int64 \[2\].*'x' float32 \[\?, 5\]"
        ):
            read(path, x=("N", 5))

    def test_what_is_no_archive_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.npz").write_bytes(b"no archive")
        with pytest.raises(InputError, match="holds no numpy arrays"):
            read(tmp_path / "a.npz", x=("N", 5))
        np.save(tmp_path / "b.npy", np.zeros(3))
        (tmp_path / "b.npy").rename(tmp_path / "b.npz")
        with pytest.raises(InputError, match="Rename it to .npy"):
            read(tmp_path / "b.npz", x=("N", 5))
        header = b"\x93NUMPY\x01\x00\x06\x00({'a\n("
        (tmp_path / "d.npy").write_bytes(header)
        with pytest.raises(InputError, match="holds no numpy array"):
            read(tmp_path / "d.npy", x=("N", 5))
        self.write(tmp_path, x=np.zeros(3)).rename(tmp_path / "c.npy")
        with pytest.raises(InputError, match="Rename it to .npz"):
            read(tmp_path / "c.npy", x=("N", 5))


class TestPictures:
    @pytest.mark.parametrize(
        ("given", "shape"),
        [((2, 9, 8, 3), ("N", 3, 9, 8)), ((2, 9, 8, 1), ("N", 9, 8, 3)), ((2, 9, 8), ("N", 1, 9, 8))],
        ids=["colour", "grey, NHWC", "grey, one channel"],
    )
    def test_uint8_pictures_in_an_array_are_preprocessed(
        self, tmp_path: Path, rng: np.random.Generator, given: tuple, shape: tuple
    ) -> None:
        pictures = rng.integers(0, 256, given, dtype=np.uint8)
        np.savez(tmp_path / "a.npz", images=pictures, labels=np.zeros(2, np.int64))
        np.save(tmp_path / "a.npy", pictures)
        grey = shape[1] == 1
        settings = Preprocess("unit", channel_order="gray") if grey else UNIT
        known = specs(x=shape)
        for source in (tmp_path / "a.npz", tmp_path / "a.npy", pictures):
            samples = gather(source, known, known["x"], settings)
            full = np.broadcast_to(pictures.reshape(2, 9, 8, -1), (2, 9, 8, 3)) / 255
            expected = full[..., :1].transpose(0, 3, 1, 2) if grey else full
            expected = expected if shape[-1] == 3 or grey else full.transpose(0, 3, 1, 2)
            np.testing.assert_allclose(samples.feeds["x"], expected, atol=1e-6)
            assert len(samples.pictures) == 2
            assert "the array holds uint8 pictures" in samples.notes[-1]

    @pytest.mark.parametrize("given", [(3, 9, 8), (2, 3, 9, 8)], ids=["one without a batch axis", "channels first"])
    def test_what_may_be_meant_otherwise_is_asked_about(self, given: tuple) -> None:
        known = specs(x=("N", 3, 9, 8))
        with pytest.raises(InputError, match="takes float32"):
            gather(np.zeros(given, np.uint8), known, known["x"], UNIT)


class TestSounds:
    STEREO = np.array([[0, 100, -200, 32767, -32768], [0, 300, -200, 32767, -32768]], np.int16)

    @pytest.mark.parametrize(
        ("shape", "given"),
        [
            (("N", None), (1, 5)),
            (("N", 1, None), (1, 1, 5)),
            (("N", None, 1), (1, 5, 1)),
            (("N", 2, None), (1, 2, 5)),
            (("N", 5, 2), (1, 5, 2)),
            (("N", 2), (3, 2)),
            (("N", 1, 8), (1, 1, 8)),
        ],
        ids=lambda value: "x".join(str(v) for v in value),
    )
    def test_a_sound_fits_every_layout(self, tmp_path: Path, shape: tuple, given: tuple[int, ...]) -> None:
        samples = read(write_wav(tmp_path / "s.wav", self.STEREO), x=shape)
        array = samples.feeds["x"]
        assert (array.shape, array.dtype, samples.count) == (given, np.float32, given[0])
        mono = np.array([0, 200, -200, 32767, -32768]) / 32768
        if 2 in shape[1:] and len(shape) == 3:
            expected = (np.moveaxis(array[0], shape.index(2) - 1, 0), self.STEREO / 32768)
        else:
            expected = (array.reshape(-1)[:5], mono)
        np.testing.assert_allclose(*expected, atol=1e-7)

    def test_notes_and_backdrops_say_what_was_done(self, tmp_path: Path) -> None:
        path = write_wav(tmp_path / "s.wav", self.STEREO, rate=100)
        samples = read(path, x=("N", 2))
        assert samples.notes == (
            f"'{path}': stereo, 100 Hz, 5 samples (0.05 s), mixed to mono, scaled by 1/32768",
            f"'{path}': 3 windows of 2 samples, each explained on its own; 1 zeros fill the last up",
            "the model's file does not say which sample rate it takes; the sound's own is assumed (--rate resamples)",
        )
        assert [(b.rate, b.start, b.seen) for b in samples.backdrops] == [
            (100, (0,), (slice(0, 2),)),
            (100, (2,), (slice(0, 2),)),
            (100, (4,), (slice(0, 1),)),
        ]

    @pytest.mark.parametrize(
        ("preprocess", "expected"),
        [
            (None, [0, 1 / 32768, -1]),
            (Preprocess("raw", scale=1.0), [0, 1, -32768]),
            (Preprocess("own", scale=0.5, mean=(1.0,), std=(2.0,)), [-0.5, -0.25, -8192.5]),
        ],
        ids=["default", "raw", "own"],
    )
    def test_preprocess_chooses_the_numbers(
        self, tmp_path: Path, preprocess: Preprocess | None, expected: list[float]
    ) -> None:
        path = write_wav(tmp_path / "s.wav", np.array([[0, 1, -32768]], np.int16))
        np.testing.assert_allclose(read(path, preprocess, x=("N", None)).feeds["x"][0], expected, rtol=1e-6)

    def test_rate_and_window_are_kept_to(self, tmp_path: Path, rng: np.random.Generator) -> None:
        path = write_wav(tmp_path / "s.wav", rng.integers(-99, 99, (1, 100)), rate=100)
        samples = read(path, Preprocess("unit", rate=50, window=20), x=("N", None))
        assert (samples.feeds["x"].shape, samples.rate) == ((3, 20), 50)
        assert "resampled to 50 Hz" in samples.notes[0]
        assert [b.start for b in samples.backdrops] == [(0,), (20,), (40,)]

    def test_a_short_sound_may_be_repeated(self, tmp_path: Path) -> None:
        path = write_wav(tmp_path / "s.wav", np.array([[1, 2, 3]]))
        samples = read(path, Preprocess("raw", scale=1.0, fill="repeat"), x=("N", 8))
        np.testing.assert_array_equal(samples.feeds["x"], [[1, 2, 3, 1, 2, 3, 1, 2]])
        assert "the model takes 8 samples; 5 samples from its beginning on fill it up" in samples.notes[1]
        assert samples.backdrops[0].seen == (slice(0, 3),)

    def test_an_input_of_integers_gets_the_files_numbers(self, tmp_path: Path) -> None:
        path = write_wav(tmp_path / "s.wav", self.STEREO[:1])
        spec = InputSpec("x", (None, None), np.dtype(np.int16))
        array = gather(path, {"x": spec}, spec, UNIT).feeds["x"]
        np.testing.assert_array_equal(array, self.STEREO[:1])
        assert array.dtype == np.int16

    @pytest.mark.parametrize(
        ("shape", "preprocess", "told"),
        [
            (("N", 3, 32, 32), UNIT, "no sound as in .*such as a spectrogram, as .npy"),
            (("N", 3, None), UNIT, "3 channels; '.*' has 2"),
            (("N", None), Preprocess("imagenet", mean=(0.1, 0.2, 0.3)), "'imagenet' is for pictures"),
        ],
        ids=["a picture's input", "three channels", "a picture's preprocessing"],
    )
    def test_what_does_not_fit_is_an_error(
        self, tmp_path: Path, shape: tuple, preprocess: Preprocess, told: str
    ) -> None:
        with pytest.raises(InputError, match=told):
            read(write_wav(tmp_path / "s.wav", self.STEREO), preprocess, x=shape)

    def test_sounds_of_one_length_are_one_batch(self, tmp_path: Path) -> None:
        paths = [write_wav(tmp_path / f"{i}.wav", self.STEREO * 0 + i) for i in (1, 2)]
        known = specs(x=("N", None))
        samples = gather(paths, known, known["x"], UNIT)
        np.testing.assert_allclose(samples.feeds["x"] * 32768, [[1] * 5, [2] * 5])
        write_wav(paths[0], self.STEREO[:, :3])
        with pytest.raises(InputError, match="differ in shape"):
            gather(paths, known, known["x"], UNIT)


class TestVolumes:
    @pytest.mark.parametrize(
        ("shape", "given"),
        [
            (("N", 1, None, None, None), (1, 1, 4, 6, 8)),
            (("N", None, None, None, 1), (1, 4, 6, 8, 1)),
            (("N", 1, 2, 2, 2), (1, 1, 2, 2, 2)),
            (("N", 8, 8, 8, 1), (1, 8, 8, 8, 1)),
        ],
        ids=lambda value: "x".join(str(v) for v in value),
    )
    def test_a_volume_is_scaled_whole_and_its_middle_taken(
        self, tmp_path: Path, rng: np.random.Generator, shape: tuple, given: tuple[int, ...]
    ) -> None:
        voxels = rng.integers(-50, 200, (4, 6, 8), dtype=np.int16)
        voxels[0, 0, 0], voxels[1, 1, 1] = -100, 300
        samples = read(write_nifti(tmp_path / "v.nii.gz", voxels, "LPS"), x=shape)
        array = samples.feeds["x"].squeeze()
        assert samples.feeds["x"].shape == given
        part = tuple(
            slice(max(h - w, 0) // 2, max(h - w, 0) // 2 + w) for h, w in zip((4, 6, 8), array.shape, strict=True)
        )
        within = tuple(
            slice(max(w - h, 0) // 2, max(w - h, 0) // 2 + h) for h, w in zip((4, 6, 8), array.shape, strict=True)
        )
        np.testing.assert_allclose(array[within], (voxels[part].astype(float) + 100) / 400, atol=1e-6)
        assert samples.backdrops[0].directions == "LPS"
        assert (
            "4 x 6 x 8 voxels of 1 x 1 x 1, axes in the file's order (LPS), [-100, 300] scaled to [0, 1]"
            in samples.notes[0]
        )
        assert len(samples.notes) == (1 if array.shape == (4, 6, 8) else 2)

    def test_a_constant_volume_is_zeros(self, tmp_path: Path) -> None:
        for value in (0, 7):
            path = write_nifti(tmp_path / f"{value}.nii", np.full((2, 2, 2), value, np.float32))
            samples = read(path, x=("N", 1, 2, 2, 2))
            assert not samples.feeds["x"].any()
            assert f"all {value}, taken as 0" in samples.notes[0]

    def test_an_input_of_bytes_gets_bytes_only(self, tmp_path: Path) -> None:
        spec = InputSpec("x", (None, 1, 2, 2, 2), np.dtype(np.uint8))
        path = write_nifti(tmp_path / "v.nii", np.full((2, 2, 2), 255, np.int16))
        assert gather(path, {"x": spec}, spec, UNIT).feeds["x"].max() == 255
        write_nifti(path, np.full((2, 2, 2), 256, np.int16))
        with pytest.raises(InputError, match="ranges from 256 to 256"):
            gather(path, {"x": spec}, spec, UNIT)

    def test_the_notes_say_which_part_is_given(self, tmp_path: Path) -> None:
        path = write_nifti(tmp_path / "v.nii", np.zeros((4, 6, 8), np.float32))
        assert read(path, x=("N", 1, 2, 2, 8)).notes[1] == (
            f"'{path}': the model takes 2 x 2 x 8: the middle is given, voxels [1:3, 2:4, 0:8]"
        )
        assert read(path, x=("N", 1, 6, 6, 8)).notes[1].endswith("voxels [0:4, 0:6, 0:8], zeros around it")

    @pytest.mark.parametrize(
        ("shape", "told"), [(("N", 3, 32, 32), "no volume as in"), (("N", 2, 4, 4, 4), "2 channels; '.*' has 1")]
    )
    def test_what_does_not_fit_is_an_error(self, tmp_path: Path, shape: tuple, told: str) -> None:
        path = write_nifti(tmp_path / "v.nii", np.zeros((4, 6, 8), np.float32))
        with pytest.raises(InputError, match=told):
            read(path, x=shape)


class TestCompletion:
    def sound(self, folder: Path, count: int = 6) -> Path:
        return write_wav(folder / "s.wav", np.ones((1, count), np.int16), rate=16000)

    def test_a_state_is_zeros_and_a_rate_is_the_sounds(self, tmp_path: Path) -> None:
        samples = read(
            self.sound(tmp_path), Preprocess("unit", window=2), input=("batch", "T"), state=(2, "batch", 8), sr=(int,)
        )
        assert (samples.feeds["state"].shape, samples.feeds["state"].any()) == ((2, 3, 8), False)
        assert samples.feeds["sr"] == np.int64(16000)
        assert samples.feeds["sr"].dtype == np.int64
        assert samples.whole == {"state", "sr"}
        assert samples.notes[-2:] == (
            "the input 'state' was not given: it is zeros, [2, 3, 8]",
            "the input 'sr' was not given: it is 16000, the sound's sample rate",
        )

    def test_a_model_with_a_batch_size_of_its_own_gets_a_state_of_that_size(self, tmp_path: Path) -> None:
        assert read(self.sound(tmp_path), x=(4, None), h0=(1, None, 8)).feeds["h0"].shape == (1, 4, 8)

    @pytest.mark.parametrize(
        ("extra", "missing"),
        [
            ({"template": ("N", 3, 8, 8)}, "template"),
            ({"state": (2, "N", "width")}, "state"),
            ({"state": (int, 2)}, "state"),
            ({"threshold": ()}, "threshold"),
        ],
        ids=["another picture", "a state of unknown width", "a state of integers", "a number"],
    )
    def test_what_is_not_obvious_is_asked_for(self, tmp_path: Path, extra: dict, missing: str) -> None:
        with pytest.raises(
            InputError, match=f"'{missing}' is missing.*--input {missing}=VALUE.*savez.file, x=…, {missing}=…"
        ):
            read(self.sound(tmp_path), x=("N", "T"), **extra)

    def test_without_a_sound_the_rate_is_asked_for(self) -> None:
        known = specs(x=("N", "T"), sr=(int,))
        with pytest.raises(InputError, match="'sr' is missing; it takes int64"):
            gather(np.zeros((1, 5), np.float32), known, known["x"], None)
