"""Pictures from files and arrays, upright and in RGB."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from onnxcam.errors import InputError

__all__ = ["PICTURE_SUFFIXES", "picture_size", "read_image", "read_mask"]

PICTURE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""What counts as a picture inside a folder; a file that is named itself may end in anything."""

# formats whose widest samples are 16 bits, though Pillow may hold them in 32
WIDE_FORMATS = ("PNG", "PPM")

# EXIF orientations that exchange height and width
QUARTER_TURNS = (5, 6, 7, 8)


def read_image(source: str | Path | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture as uint8 RGB `(H, W, 3)`, turned upright by its EXIF orientation.

    Alpha is dropped, not composited, and colour profiles are ignored: so do the pipelines that models are trained and
    served with (Pillow's `convert("RGB")`, OpenCV's `imread`), and the picture shown is to be the one the model saw.
    Greyscale becomes three equal channels; 16 bits are scaled by 255/65535; of an animation, the first frame counts.
    An array `(H, W, 3)` of uint8 is returned as it is.

    Raises:
        InputError: a missing, truncated or unreadable file, more pixels than Pillow's limit against decompression
            bombs, 32-bit data of unknown range, or an array of another shape or dtype.
    """
    if isinstance(source, np.ndarray):
        return checked_array(source)
    with opened(Path(source)) as picture:
        picture.load()
        return to_rgb(upright(picture), is_16_bit=picture.mode.startswith("I;16") or picture.format in WIDE_FORMATS)


def read_mask(path: str | Path) -> NDArray[np.bool_]:
    """Where a picture is not black, `(H, W)`, upright as `read_image` gives it; any depth counts, alpha does not.

    Raises:
        InputError: as `read_image`, but values of 32 bits are read too.
    """
    with opened(Path(path)) as picture:
        picture.load()
        turned = upright(picture)
        if turned.mode.startswith("I") or turned.mode == "F":
            return np.asarray(turned).astype(np.bool_)
        black: NDArray[np.bool_] = (to_rgb(turned, is_16_bit=False) == 0).all(axis=2)
        return ~black


def picture_size(path: str | Path) -> tuple[int, int]:
    """Height and width, pixels, of the upright picture as `read_image` gives it.

    Only the file's head is read; of a TIFF that is turned, all of it.

    Raises:
        InputError: as `read_image`, as far as the head shows it.
    """
    with opened(Path(path)) as picture:
        if not is_turned(picture):
            return picture.height, picture.width
        if picture.format == "TIFF":  # Pillow turns these itself, some versions when opening and some when loading
            picture.load()
            turned = upright(picture)
            return turned.height, turned.width
        return picture.width, picture.height


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """The file as Pillow opens it; what goes wrong inside is an `InputError` that names the file."""
    try:
        with Image.open(path) as picture:
            yield picture
    except InputError as error:
        raise InputError(f"picture '{path}' {error}", path=path, **error.facts) from error
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        raise InputError(f"picture '{path}' cannot be read: {error.strerror}. Check the path.", path=path) from error
    except UnidentifiedImageError as error:
        raise InputError(
            f"'{path}' is not a picture in a format that Pillow reads. Convert it to PNG or JPEG.", path=path
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(
            f"picture '{path}' has too many pixels and may be a decompression bomb. Scale it down, or pass an array.",
            path=path,
        ) from error
    except Exception as error:  # a decoder fed with a stranger's bytes raises whatever it trips over
        raise InputError(
            f"picture '{path}' is truncated or damaged: {one_line(error)}. Replace the file.", path=path
        ) from error


def checked_array(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    """`array` itself, if it is a picture."""
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise InputError(
            f"the picture is an array of {array.dtype} {array.shape}, expected uint8 (height, width, 3) in RGB. "
            "Convert it, or pass a preprocessed batch (N, …) as the model takes it.",
            shape=array.shape,
            dtype=str(array.dtype),
        )
    return array.astype(np.uint8, copy=False)


def upright(picture: Image.Image) -> Image.Image:
    """The picture turned by its EXIF orientation; as stored, where the EXIF data are damaged."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001  damaged metadata are no reason to refuse intact pixels
        return picture


def is_turned(picture: Image.Image) -> bool:
    """Whether `upright` exchanges height and width."""
    try:
        return picture.getexif().get(ExifTags.Base.Orientation) in QUARTER_TURNS
    except Exception:  # noqa: BLE001  as in `upright`
        return False


def to_rgb(picture: Image.Image, *, is_16_bit: bool) -> NDArray[np.uint8]:
    """Any of Pillow's modes as uint8 `(H, W, 3)`; `is_16_bit` says what the range of a wide mode is."""
    if picture.mode.startswith("I") or picture.mode == "F":
        if picture.mode == "F" or not is_16_bit:
            raise InputError(
                f"holds 32-bit values of unknown range (Pillow's mode '{picture.mode}'). Pass it as a uint8 array.",
                mode=picture.mode,
            )
        # Pillow's own conversion clips at 255 and would turn nearly every 16-bit picture white
        levels = (np.asarray(picture).astype(np.uint32) + 128) // 257
        return np.repeat(levels.astype(np.uint8)[..., None], 3, axis=2)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    return np.array(picture.convert("RGB"))


def one_line(error: Exception) -> str:
    """An error's message as one line without a full stop; its type where it has none."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
