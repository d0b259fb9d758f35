"""The table of rule cases: a file a family of rules, a row a form of an operator."""

import importlib
import pkgutil

from tests.autodiff.cases.case import NEWEST, Case

CASES: tuple[Case, ...] = tuple(
    case
    for module in pkgutil.iter_modules(__path__)
    if module.name != "case"
    for case in importlib.import_module(f"{__name__}.{module.name}").CASES
)

__all__ = ["CASES", "NEWEST", "Case"]
