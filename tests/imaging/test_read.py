"""Pictures of every mode come out upright in RGB; what is no picture is one clear line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from onnxcam.errors import InputError
from onnxcam.imaging import picture_size, read_image, read_mask

ORIENTATION = 0x0112


def picture(height: int = 6, width: int = 9, seed: int = 0) -> NDArray[np.uint8]:
    """Random RGB pixels."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_rgb_is_exact(tmp_path: Path) -> None:
    pixels = picture()
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for source in (tmp_path / "a.png", str(tmp_path / "a.png"), pixels):
        np.testing.assert_array_equal(read_image(source), pixels)
    read_image(tmp_path / "a.png")[0, 0] = 0  # writable


# what a camera stores for an upright scene, by EXIF orientation: the inverse of what a viewer does
STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright.transpose(1, 0, 2), 2),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_is_undone(tmp_path: Path, orientation: int) -> None:
    pixels = picture()
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(np.ascontiguousarray(STORED[orientation](pixels))).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), pixels)


def test_damaged_exif_leaves_the_pixels_as_stored(tmp_path: Path) -> None:
    pixels = picture()
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), pixels)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1"])
def test_alpha_is_dropped_and_colours_kept(tmp_path: Path, mode: str) -> None:
    opaque = Image.fromarray(picture()).convert({"RGBA": "RGB", "LA": "L"}.get(mode, mode))
    stored = opaque.copy()
    if "A" in mode:
        stored.putalpha(Image.fromarray(picture(seed=1)[..., 0]))
    assert stored.mode == mode
    stored.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), np.asarray(opaque.convert("RGB")))


def test_transparent_palette_entry_keeps_its_colour(tmp_path: Path) -> None:
    stored = Image.new("P", (4, 3))
    stored.putpalette([10, 20, 30, 40, 50, 60])
    stored.save(tmp_path / "a.png", transparency=bytes([0, 128]))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), np.full((3, 4, 3), [10, 20, 30]))


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_sixteen_bits_are_scaled(tmp_path: Path, suffix: str) -> None:
    levels = np.array([[0, 128, 129, 257], [1000, 32768, 65406, 65535]], np.uint16)
    path = tmp_path / f"a.{suffix}"
    if suffix == "pgm":
        path.write_bytes(b"P5 4 2 65535\n" + levels.astype(">u2").tobytes())
    else:
        Image.fromarray(levels).save(path)
    expected = np.rint(levels * (255 / 65535)).astype(np.uint8)
    np.testing.assert_array_equal(read_image(path), np.repeat(expected[..., None], 3, 2))


def test_cmyk_is_converted(tmp_path: Path) -> None:
    Image.new("CMYK", (4, 3), (255, 0, 128, 0)).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), np.full((3, 4, 3), [0, 255, 127]))


@pytest.mark.parametrize("mode", ["F", "I"])
def test_wide_values_of_unknown_range_are_an_error(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (4, 3)).save(tmp_path / "a.tif")
    with pytest.raises(InputError, match=rf"a\.tif' holds 32-bit values of unknown range .*mode '{mode}'") as caught:
        read_image(tmp_path / "a.tif")
    assert caught.value.path == tmp_path / "a.tif"
    assert caught.value.mode == mode


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"picture '.*cat\.png' cannot be read: No such file or directory"):
        read_image(tmp_path / "cat.png")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_image(tmp_path)


@pytest.mark.parametrize("content", [b"", b"onnx", b"\x89PNG\r\n"], ids=["empty", "other", "head-only"])
def test_what_is_no_picture(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.png' is not a picture in a format that Pillow reads"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "webp"])
def test_truncated_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(picture(60, 60)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"is truncated or damaged: .*\. Replace the file\.$") as caught:
        read_image(path)
    assert "\n" not in str(caught.value)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF"]), st.data())
def test_damaged_files_raise_nothing_but_input_errors(
    tmp_path_factory: pytest.TempPathFactory, form: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "a"
    Image.fromarray(picture()).save(path, form)
    content = bytearray(path.read_bytes())
    for position, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), min_size=1, max_size=8)
    ):
        content[position] = value
    path.write_bytes(content)
    error = None
    try:
        result = read_image(path)
    except InputError as caught:
        error = caught
    if error is None:
        assert result.dtype == np.uint8
        assert result.shape[2:] == (3,)
    else:
        assert "\n" not in str(error)
        assert error.path == path


def test_decompression_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(picture(30, 30)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400)
    with pytest.raises(InputError, match="too many pixels and may be a decompression bomb"):
        read_image(tmp_path / "a.png")


def test_text_chunk_bomb(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", "0" * (2 << 20), zip=True)
    Image.fromarray(picture()).save(tmp_path / "a.png", pnginfo=info)
    with pytest.raises(InputError, match="truncated or damaged: Decompressed data too large"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.zeros((4, 4, 3), np.float32), id="float"),
        pytest.param(np.zeros((4, 4), np.uint8), id="grey"),
        pytest.param(np.zeros((4, 4, 4), np.uint8), id="alpha"),
        pytest.param(np.zeros((3, 4, 4), np.uint8), id="channels-first"),
        pytest.param(np.zeros((0, 4, 3), np.uint8), id="empty"),
    ],
)
def test_other_arrays_are_errors(array: NDArray[np.generic]) -> None:
    with pytest.raises(InputError, match=r"array of \w+ \(.*expected uint8 \(height, width, 3\) in RGB") as caught:
        read_image(array)
    assert caught.value.shape == array.shape


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
@pytest.mark.parametrize("orientation", STORED)
def test_the_size_is_that_of_the_upright_picture(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(picture()).save(tmp_path / f"a.{suffix}", exif=exif)
    assert picture_size(tmp_path / f"a.{suffix}") == read_image(tmp_path / f"a.{suffix}").shape[:2]


def test_the_size_of_no_picture_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"a\.png' is not a picture"):
        picture_size(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"b\.png' cannot be read"):
        picture_size(tmp_path / "b.png")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I", "F"])
def test_a_mask_is_where_the_picture_is_not_black(tmp_path: Path, mode: str) -> None:
    where = picture()[..., 0] > 99
    path = tmp_path / "a.tif"
    if mode in ("I;16", "I", "F"):
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        Image.fromarray(where.astype(kind)).save(path)  # the darkest grey that is not black
    else:
        path = path.with_suffix(".png")
        Image.fromarray(where.astype(np.uint8) * 255).convert(mode).save(path)
    np.testing.assert_array_equal(read_mask(path), where)


def test_a_mask_of_16_bits_is_read_to_its_last_bit(tmp_path: Path) -> None:
    where = picture()[..., 0] > 99
    Image.fromarray(where.astype(np.uint16)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), where)


def test_a_mask_is_turned_as_its_picture_is(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(picture()[..., 0]).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), read_image(tmp_path / "a.png").any(axis=2))
    with pytest.raises(InputError, match=r"b\.png' cannot be read"):
        read_mask(tmp_path / "b.png")
