"""The table of rule cases, laid out as the rules are: a file a family of rules, a row a form of an operator."""

import importlib
import pkgutil

from tests.autodiff.cases.case import NEWEST, Case

CASES: tuple[Case, ...] = tuple(
    case
    for module in pkgutil.walk_packages(__path__, f"{__name__}.")
    if not module.ispkg and not module.name.endswith(".case")
    for case in importlib.import_module(module.name).CASES
)

__all__ = ["CASES", "NEWEST", "Case"]
