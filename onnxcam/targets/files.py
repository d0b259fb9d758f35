"""Targets that read a file: a mask in a picture, and the picture that an embedding is held against."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np

from onnxcam.errors import InputError
from onnxcam.imaging import read_image
from onnxcam.targets.positions import InMask
from onnxcam.targets.scores import Aim, Scores
from onnxcam.targets.target import LookUp, Target, spelling

__all__ = ["Similarity"]

TINY = 1e-12


@dataclasses.dataclass(frozen=True, slots=True)
class Similarity:
    """How alike the score tensor is to that of a reference: the cosine of the angle between the two embeddings.

    Attributes:
        reference: What `explain` takes as one input, such as a picture's path; it goes through the same model.
    """

    reference: object

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim; d cos / d e = r / (|e| |r|) - cos e / |e|^2 for the embedding e and the reference's r.

        Raises:
            InputError: The reference is no single input, or has another number of scores.
        """
        reference = scores.embed(self.reference).reshape(-1).astype(np.float64)
        embedding = scores.logits.reshape(scores.count, -1).astype(np.float64)
        if embedding.shape[1] != len(reference):
            raise InputError(
                f"the reference's score tensor has {len(reference)} numbers, this input's {embedding.shape[1]}. "
                "Give both the same size.",
                reference=len(reference),
                given=embedding.shape[1],
            )
        length = np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), TINY)
        other = max(float(np.linalg.norm(reference)), TINY)
        cosine = embedding @ reference[:, None] / (length * other)
        slope = reference / (length * other) - cosine * embedding / length**2
        name = f"like {Path(self.reference).name if isinstance(self.reference, (str, Path)) else 'the reference'}"
        classes = np.full(scores.count, -1, np.int64)
        shaped = slope.reshape(scores.logits.shape)
        return (Aim(classes, shaped.astype(np.float32), (name,) * scores.count, cosine[:, 0]),)


@spelling(r"(?:(.+?) )?in (.+\.[A-Za-z]+)", "star in mask.png", "a class where a mask of the picture is not black")
def in_mask(match: re.Match[str], look_up: LookUp) -> Target:
    """`[A] in FILE`."""
    return InMask(read_image(match[2]).max(-1), look_up(match[1]) if match[1] else None, Path(match[2]).name)


@spelling(r"like (.+)", "like reference.png", "an embedding's cosine similarity to that of another input")
def like(match: re.Match[str], look_up: LookUp) -> Target:
    """`like FILE`."""
    return Similarity(match[1])
