"""Pictures from files and arrays, upright and in RGB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from onnxcam.errors import InputError

__all__ = ["read_image"]

# formats whose widest samples are 16 bits, though Pillow may hold them in 32
WIDE_FORMATS = ("PNG", "PPM")


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
    path = Path(source)
    try:
        with Image.open(path) as picture:
            picture.load()
            return to_rgb(upright(picture), is_16_bit=picture.mode.startswith("I;16") or picture.format in WIDE_FORMATS)
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
