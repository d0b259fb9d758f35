"""An audit on disk: rows are added as they come, and a run that was stopped, or killed, goes on where it stood.

    DIR/audit.json        what the rows are made of, and of a complete audit its summary
    DIR/rows.jsonl        a row on each line, in the data set's order
    DIR/rows.parquet      the same, of a complete audit that was asked for it; the lines are gone then
    DIR/maps/000000.npz   the maps of the rows from that number on, where they are kept
    DIR/.lock             empty: locked while a run adds rows

A line is whole or it is cut off when the run goes on, so that none counts twice and none is lost.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.auditing.rows import Row
from onnxcam.errors import InputError
from onnxcam.reporting import remove_report

__all__ = ["Journal", "plain"]

LINES, MAPS = "rows.jsonl", "maps"
SCHEMA_VERSION = 1
NUMBERS = re.compile(r"\[\n(?:\s*-?\d[\d.e+-]*,?\n)+\s*\]")


class Journal:
    """The folder of one audit, or of what is streamed like one.

    Args:
        folder: Where it lies; made where it is not there.
        kind: What it is, `audit`: the name of its header.
        made_of: What rows depend on, ready for JSON. An audit in the folder that was made of something else is not
            gone on with.
        is_fresh: Whether an audit in the folder is dropped.

    Attributes:
        folder: The folder.
        done: Rows that are there.
        is_complete: Whether the whole data set is.
        said: What the header of a complete audit says beside; empty while it is not complete.

    Raises:
        InputError: The folder cannot be written to, or holds another audit, or other files.
    """

    def __init__(self, folder: Path, kind: str, made_of: Mapping[str, Any], *, is_fresh: bool = False) -> None:
        self.folder, self._kind, self._made_of = folder, kind, dict(made_of)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            header = self._read() if not is_fresh else None
            if header is None:
                self._clear(is_fresh=is_fresh)
                self.write_header(is_complete=False)
            self.is_complete = header is not None and header["complete"]
            self.said: dict[str, Any] = header if header is not None and self.is_complete else {}
            self.done = header["rows"] if header is not None and self.is_complete else self._cut_off()
        except OSError as error:
            raise InputError(
                f"'{folder}' cannot be written to: {error.strerror}. Choose another folder.", path=folder
            ) from error

    @property
    def lines(self) -> Path:
        """The file of rows, while the audit runs."""
        return self.folder / LINES

    @property
    def header(self) -> Path:
        """The file that says what the rows are made of."""
        return self.folder / f"{self._kind}.json"

    def rows(self) -> Iterator[Row]:
        """The rows that are there, one by one."""
        if self.lines.exists():
            with self.lines.open(encoding="utf-8") as file:
                for line in file:
                    yield json.loads(line)

    def add(self, rows: Sequence[Row], maps: Sequence[NDArray[np.float32] | None] | None = None) -> None:
        """Add rows, and their maps where these are kept: the maps first, since rows say how far the audit is."""
        if maps is not None:
            self._keep(maps)
        with self.lines.open("a", encoding="utf-8") as file:
            file.write("".join(map(_line, rows)))
        self.done += len(rows)

    def replace(self, rows: Iterable[Row]) -> None:
        """Put other rows in the place of those that are there, all or none; they may be made of these."""
        beside = self.folder / f".{LINES}"
        with beside.open("w", encoding="utf-8") as file:
            file.writelines(map(_line, rows))
        beside.replace(self.lines)

    def write_header(self, *, is_complete: bool, **more: Any) -> None:
        """Write what the audit is made of, whole or not at all."""
        record = {
            "schema": f"onnxcam.{self._kind}",
            "schema_version": SCHEMA_VERSION,
            "complete": is_complete,
            **more,
            "made_of": self._made_of,
        }
        beside = self.folder / f".{self.header.name}.{os.getpid()}"
        # A list of numbers is one line; within a string no line ends, so that none is taken for one.
        text = json.dumps(plain(record), indent=2, ensure_ascii=False, allow_nan=False)
        text = NUMBERS.sub(lambda found: " ".join(found[0].split()), text)
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(self.header)

    def _read(self) -> dict[str, Any] | None:
        """The header of the audit in the folder, None where there is none."""
        path = self.header
        if not path.exists():
            return None
        try:
            header = json.loads(path.read_text(encoding="utf-8"))
            is_ours = header["schema"] == f"onnxcam.{self._kind}" and header["schema_version"] == SCHEMA_VERSION
        except (ValueError, TypeError, KeyError):
            is_ours = False
        if not is_ours:
            raise InputError(
                f"'{path}' is no {self._kind} of this version. Choose another folder, or --force.", path=path
            )
        made_of = header["made_of"]
        changed = sorted(k for k in {*made_of, *self._made_of} if made_of.get(k) != self._made_of.get(k))
        if changed:
            raise InputError(
                f"'{self.folder}' holds one with another {', '.join(changed)}. Choose another folder, or start "
                "anew with --force.",
                path=self.folder,
                changed=tuple(changed),
            )
        return dict(header)

    def _clear(self, *, is_fresh: bool) -> None:
        """Remove an audit's own files, where that was asked for; other files are in the way of none."""
        own = [self.header, self.lines, self.folder / f".{LINES}", self.folder / "rows.parquet"]
        own += sorted((self.folder / MAPS).glob("[0-9]*.npz"))
        present = [path for path in own if path.exists()]
        if present and not is_fresh:
            raise InputError(f"'{present[0]}' exists. Choose another folder, or --force.", path=present[0])
        for path in present:
            path.unlink()
        if is_fresh:
            remove_report(self.folder)

    def _cut_off(self) -> int:
        """Cut off a line that is not whole, as a killed process leaves it; the number of the others."""
        if not self.lines.exists():
            return 0
        count = whole = 0
        with self.lines.open("r+b") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                count, whole = count + 1, whole + len(line)
            file.truncate(whole)
        return count

    def _keep(self, maps: Sequence[NDArray[np.float32] | None]) -> None:
        """The maps from the row `done` on, compressed; of a row without one there is none."""
        there = [row for row, one in enumerate(maps) if one is not None]
        if not there:
            return
        folder = self.folder / MAPS
        folder.mkdir(exist_ok=True)
        arrays = {str(self.done + row): np.asarray(maps[row], np.float16) for row in there}
        beside = folder / f".{self.done:06}.npz"
        np.savez_compressed(beside, **arrays)  # type: ignore[arg-type]
        beside.replace(folder / f"{self.done:06}.npz")


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """As JSON gives it back: lists for tuples, and None for what is no number, which JSON has no word for."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
