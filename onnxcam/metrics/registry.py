"""The metrics by name.

    @metric("pointing-game", family="localisation", unit="share", better="higher", needs=("regions",))
    def pointing_game(subject):
        ...

A metric is a function of one `Subject`, and its docstring is its documentation: the first line says what it is in one
sentence, `Source:` names the paper. A function that finds several figures in the same runs is registered under each of
their names, one decorator each (the lowest comes first in lists), and returns a dict of them. A new metric is a
function in a file of this folder that is imported in `__init__.py`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from onnxcam.errors import InputError, nearest
from onnxcam.metrics.subject import Subject

__all__ = ["METRICS", "Direction", "Figures", "Metric", "find_metrics", "metric"]

Direction: TypeAlias = Literal["higher", "lower"]

Figures: TypeAlias = Callable[[Subject], float | dict[str, float]]
"""From a subject to its figure, or to several by name; NaN where it is not defined."""

Function = TypeVar("Function", bound=Figures)

FAMILIES = ("localisation", "faithfulness", "shape")
NEEDS = ("regions", "tensor", "probe", "remap")


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a map.

    Attributes:
        name: As `find_metrics` knows it, and the figure's name in what `measure` returns.
        family: "localisation", "faithfulness" or "shape": what a figure is about.
        unit: Of the figure: "share", "probability" (the probe's unit, where that is another), "nats", "ratio", …
        better: "higher", "lower", or None where neither is.
        needs: What a subject must have beside its map: "regions", "tensor", "probe", "remap".
        function: From a subject to the figure, or to a dict of figures with this name among them.
        takes_scipy: Whether it is measured with SciPy.
    """

    name: str
    family: str
    unit: str
    better: Direction | None
    needs: tuple[str, ...]
    function: Figures
    takes_scipy: bool = False

    @property
    def definition(self) -> str:
        """What it is, one sentence."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def source(self) -> str:
        """The paper."""
        text = inspect.getdoc(self.function) or ""
        source = re.search(r"^Source: (.+?)(?=\n\n|\Z)", text, flags=re.MULTILINE | re.DOTALL)
        return " ".join(source[1].split()) if source else ""

    def suits(self, subject: Subject) -> bool:
        """Whether the subject has what the metric needs."""
        has = {
            "regions": bool(subject.regions),
            "tensor": subject.tensor is not None,
            "probe": subject.probe is not None,
            "remap": subject.remap is not None,
        }
        return all(has[need] for need in self.needs)

    def figure(self, found: float | Mapping[str, float]) -> float:
        """This metric's figure, of what its function returned."""
        return float(found[self.name] if isinstance(found, Mapping) else found)


METRICS: dict[str, Metric] = {}


def metric(
    name: str,
    *,
    family: str,
    unit: str,
    better: Direction | None = None,
    needs: tuple[str, ...] = (),
    takes_scipy: bool = False,
) -> Callable[[Function], Function]:
    """Register the decorated function under `name` and return it unchanged; see `Metric` for the arguments."""
    if family not in FAMILIES:
        raise ValueError(f"metric '{name}' is of the family '{family}', and there are only {FAMILIES}")
    if unknown := set(needs) - set(NEEDS):
        raise ValueError(f"metric '{name}' needs {sorted(unknown)}, and a subject has only {NEEDS}")

    def register(function: Function) -> Function:
        if name in METRICS:
            raise ValueError(f"metric '{name}' is registered twice")
        METRICS[name] = Metric(name, family, unit, better, needs, function, takes_scipy)
        return function

    return register


def find_metrics(names: Iterable[str] | None = None) -> tuple[Metric, ...]:
    """The metrics of those names, in their order and once each; all of them for None, family by family.

    Raises:
        InputError: no metric has that name.
    """
    if names is None:
        return tuple(sorted(METRICS.values(), key=lambda one: FAMILIES.index(one.family)))
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in METRICS:
            hint = nearest(name, METRICS) or f" Known: {', '.join(sorted(METRICS))}."
            raise InputError(f"unknown metric '{name}'.{hint}", metric=name)
    return tuple(METRICS[name] for name in wanted)
