"""Pictures made small, for pages that show many."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["to_webp"]

QUALITY = 82


def to_webp(image: NDArray[np.uint8], longest: int) -> bytes:
    """A uint8 picture `(H, W, 3)` RGB or `(H, W, 4)` RGBA as a WebP file of at most `longest` pixels a side.

    It is made smaller where it is larger, and never larger.
    """
    picture = Image.fromarray(image)
    height, width = image.shape[:2]
    if max(height, width) > longest:
        scale = longest / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = picture.resize(size, Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BILINEAR)
    encoded = io.BytesIO()
    picture.save(encoded, "WEBP", quality=QUALITY, method=2)
    return encoded.getvalue()
