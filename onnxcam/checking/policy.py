"""A policy: a TOML file of audits and comparisons, and what is demanded of each.

    baseline = "baseline.json"

    [[audit]]
    name = "shapes"
    model = "shapes.onnx"
    dataset = "pictures"
    require = ["accuracy >= 0.95", "border-energy <= 0.2 on 95 % of pictures"]

    [[compare]]
    name = "int8"
    first = "shapes.onnx"
    second = "shapes-int8.onnx"
    dataset = "pictures"
    require = ["pearson >= 0.9 on 95 % of pictures", "agreement >= 0.99"]

Further keys are the arguments of `onnxcam.audit` and `onnxcam.compare`. Paths are relative to the file.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onnxcam.auditing.columns import COLUMNS as AUDIT_COLUMNS
from onnxcam.auditing.columns import SEARCHED
from onnxcam.checking.demands import Demand, parse_demand
from onnxcam.checking.findings import ALIASES, FAILED, RANDOMISATION
from onnxcam.checking.kinds import KINDS
from onnxcam.comparing.pairs import COLUMNS as PAIR_COLUMNS
from onnxcam.errors import InputError, nearest
from onnxcam.metrics import METRICS

__all__ = ["Policy", "Run", "read_policy"]

COLUMNS_OF: dict[str, Mapping[str, str]] = {"audit": {**AUDIT_COLUMNS, **SEARCHED}, "compare": PAIR_COLUMNS}
NOT_OF = {"audit": {"agreement", "drift"}, "compare": {"accuracy"}}
"""Figures of the other kind alone."""
NOT_SAID = {"folder", "report", "is_fresh", "rows"}
"""Arguments that a check sets itself."""
PATHS = {"model", "first", "second", "dataset", "preprocess", "second_preprocess", "labels", "head"}
TABLES = {"inputs", "second_inputs"}
"""Tables of paths and numbers."""
TUPLES = {"layer", "second_layer", "metrics"}


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """An audit or a comparison, and what is demanded of it.

    Attributes:
        kind: `audit` or `compare`.
        name: What it is called: unique in the policy, and the name of its folder.
        arguments: Of `onnxcam.audit` or `onnxcam.compare`.
        demands: What is demanded.
        line: Its line in the policy, from 1.
    """

    kind: str
    name: str
    arguments: Mapping[str, Any]
    demands: tuple[Demand, ...]
    line: int


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """A policy file.

    Attributes:
        path: The file.
        runs: What is run.
        baseline: The file of figures that demands may be relative to; None where the policy names none.
    """

    path: Path
    runs: tuple[Run, ...]
    baseline: Path | None


def read_policy(path: str | Path) -> Policy:
    """Read a policy.

    Raises:
        InputError: It is none; the message has the line.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"the policy '{path}' cannot be read: {error.strerror}.", path=path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the policy '{path}' is no TOML: {error}.", path=path) from error
    reader = _Reader(path, text.splitlines())
    known = {"baseline", *KINDS}
    for key in document:
        if key not in known:
            raise reader.error(f"no key '{key}'.{nearest(key, known)} A policy has {', '.join(sorted(known))}", key)
    runs = [run for kind in KINDS for run in reader.runs(kind, document.get(kind, []))]
    if not runs:
        raise InputError(f"the policy '{path}' names nothing to run. Add [[audit]] or [[compare]].", path=path)
    names = [run.name for run in runs]
    for run in runs:
        if names.count(run.name) > 1:
            line = [other.line for other in runs if other.name == run.name][-1]
            raise reader.at(f"two runs are called '{run.name}'. Give each a name of its own.", line)
    baseline = document.get("baseline")
    if baseline is not None and not isinstance(baseline, str):
        raise reader.error("'baseline' is a path", "baseline")
    return Policy(path, tuple(runs), None if baseline is None else path.parent / baseline)


class _Reader:
    """Turns tables into runs, and knows on which line each stands."""

    def __init__(self, path: Path, lines: list[str]) -> None:
        self._path, self._lines = path, lines

    def runs(self, kind: str, tables: Any) -> list[Run]:
        heads = [n for n, line in enumerate(self._lines) if re.match(rf"\s*\[\[\s*{kind}\s*\]\]", line)]
        if not isinstance(tables, list) or len(heads) != len(tables):
            raise self.error(f"write each {kind} as a table, [[{kind}]]", kind)
        every = [n for n, line in enumerate(self._lines) if line.lstrip().startswith("[")] + [len(self._lines)]
        ends = [next(n for n in every if n > head) for head in heads]
        return [self._run(kind, table, head, end) for table, head, end in zip(tables, heads, ends, strict=True)]

    def _run(self, kind: str, table: Mapping[str, Any], head: int, end: int) -> Run:
        parameters = inspect.signature(KINDS[kind].function).parameters
        known = {"name", "require", *(set(parameters) - NOT_SAID)}
        for key, value in table.items():
            if key not in known:
                raise self.error(f"{kind} has no '{key}'.{nearest(key, known)}", key, head, end)
            if key in TABLES and not isinstance(value, dict):
                raise self.error(f"'{key}' is a table: {key} = {{ name = 0.5, other = \"file.npy\" }}", key, head, end)
        needed = ["name", "require", *(k for k, p in parameters.items() if p.default is p.empty and k not in NOT_SAID)]
        for key in needed:
            if key not in table:
                raise self.at(f"this {kind} has no '{key}'", head + 1)
        name = table["name"]
        if not isinstance(name, str) or not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
            raise self.error("'name' is letters, digits, '-', '_' and '.'", "name", head, end)
        arguments = {k: self._value(k, v) for k, v in table.items() if k not in ("name", "require")}
        demands = self._demands(table["require"], head, end)
        for demand in demands:
            self._check_figure(kind, demand, arguments)
        return Run(kind, name, arguments, demands, head + 1)

    def _check_figure(self, kind: str, demand: Demand, arguments: Mapping[str, Any]) -> None:
        numbers = {name for name, of in COLUMNS_OF[kind].items() if of in ("number", "truth")}
        known = {FAILED, *ALIASES, *numbers} - NOT_OF[kind]
        if kind == "audit":
            metrics = arguments.get("metrics")
            known |= set(METRICS if metrics is None else metrics)
        if demand.figure == RANDOMISATION and kind == "audit":
            if arguments.get("randomisation") != "cascading":
                raise self.at('it takes the test to demand this: add randomisation = "cascading"', demand.line or 1)
            if demand.is_each or demand.class_name or demand.percent:
                raise self.at(f"'{demand.figure}' is one number of the whole audit", demand.line or 1)
        elif demand.figure not in known:
            hint = nearest(demand.figure, known) or f" Known: {', '.join(sorted(known))}."
            raise self.at(f"no figure '{demand.figure}' of {kind}.{hint}", demand.line or 1)

    def _value(self, key: str, value: Any) -> Any:
        if key in TUPLES and isinstance(value, list):
            return tuple(value)
        if key in TABLES:
            return {name: self._path.parent / one if isinstance(one, str) else one for name, one in value.items()}
        if key in PATHS and isinstance(value, str):
            beside = self._path.parent / value
            return beside if beside.exists() or key in ("model", "first", "second", "dataset") else value
        return value

    def _demands(self, texts: Any, head: int, end: int) -> tuple[Demand, ...]:
        if not isinstance(texts, list) or not texts or not all(isinstance(one, str) for one in texts):
            raise self.error("'require' is a list of demands, each in quotes", "require", head, end)
        found = []
        for text in texts:
            line = next((n for n in range(head, end) if text in self._lines[n]), head) + 1
            try:
                found.append(parse_demand(text, line))
            except InputError as error:
                raise self.at(str(error).rstrip("."), line) from error
        return tuple(found)

    def error(self, message: str, key: str, head: int = 0, end: int | None = None) -> InputError:
        """An error about a key, at its line."""
        lines = range(head, len(self._lines) if end is None else end)
        where = next((n for n in lines if re.match(rf"\s*\[*\s*\"?{re.escape(key)}\b", self._lines[n])), head)
        return self.at(message, where + 1)

    def at(self, message: str, line: int) -> InputError:
        """An error at a line."""
        said = message if message.endswith((".", "?")) else f"{message}."
        return InputError(f"the policy '{self._path}', line {line}: {said}", path=self._path, line=line)
