"""Pixels by their relevance, and chance that is the same in every process."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["by_relevance", "chance"]


def chance(map: NDArray[np.float32], purpose: str) -> np.random.Generator:
    """Random numbers that follow from a map's values and a word: the same in every process, in every order of maps."""
    content = np.ascontiguousarray(map, np.float32) + np.float32(0)  # -0 becomes 0
    digest = hashlib.blake2b(content.tobytes(), digest_size=16, person=purpose.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))


def by_relevance(map: NDArray[np.float32]) -> NDArray[np.intp]:
    """The pixels of a map `(H, W)` as flat indices `(H W,)`, the most relevant first.

    Equal values come in an order drawn by chance (`chance`): a ReLU leaves many zeros, and in the order of reading they
    would be a strip at the top.
    """
    flat = map.ravel()
    return np.lexsort((chance(map, "ties").random(flat.size), -flat))
