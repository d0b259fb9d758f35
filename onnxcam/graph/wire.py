"""The fields of a Protocol Buffers message, found without reading what is in them.

Source: https://protobuf.dev/programming-guides/encoding: a key of field number and wire type, then a payload.
"""

from __future__ import annotations

import dataclasses
import mmap
from collections.abc import Iterator

__all__ = ["Field", "delimited", "fields"]

VARINT, FIXED_64, DELIMITED, FIXED_32 = 0, 1, 2, 5


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One field of a message: where it begins, and where its payload lies."""

    number: int
    wire_type: int
    start: int
    payload: int
    end: int


def fields(whole: mmap.mmap, start: int, end: int) -> Iterator[Field]:
    """The fields of the message between two places.

    Raises:
        ValueError: What lies there is no message.
        IndexError: The file ends within it.
    """
    at = start
    while at < end:
        key, payload = _varint(whole, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == DELIMITED:
            length, payload = _varint(whole, payload)
            after = payload + length
        elif wire_type == VARINT:
            after = _varint(whole, payload)[1]
        elif wire_type in (FIXED_32, FIXED_64):
            after = payload + (4 if wire_type == FIXED_32 else 8)
        else:
            raise ValueError(f"no wire type {wire_type}")
        if after > end:
            raise ValueError("a field ends behind its message")
        yield Field(number, wire_type, at, payload, after)
        at = after


def _varint(whole: mmap.mmap, at: int) -> tuple[int, int]:
    """A number of 7 bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = whole[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def delimited(number: int, payload: bytes) -> bytes:
    """A field of bytes, of a number below 16."""
    length, header = len(payload), bytearray([number << 3 | DELIMITED])
    while length >= 0x80:
        header.append(length & 0x7F | 0x80)
        length >>= 7
    header.append(length)
    return bytes(header) + payload
