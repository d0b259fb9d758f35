"""Mutants of vjp rules: a rule's source with one sign, term, factor, constant or cotangent changed."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from onnxcam.autodiff import registry

INSTEAD = {
    "Add": "Sub",
    "Sub": "Add",
    "Mul": "Div",
    "Div": "Mul",
    "Sin": "Cos",
    "Cos": "Sin",
    "Sinh": "Cosh",
    "Cosh": "Sinh",
    "ReduceSum": "ReduceMean",
    "ReduceMean": "ReduceSum",
}
Definition = ast.FunctionDef | ast.ClassDef


@dataclasses.dataclass(frozen=True)
class Mutation:
    """One change of the source of a rule.

    Attributes:
        module: Name of the rule's module.
        function: Name of the rule.
        text: The source line, stripped.
        line: Its number.
        old: What is replaced.
        new: What replaces it.
        source: The module's source with the change.
    """

    module: str
    function: str
    text: str
    line: int
    old: str
    new: str
    source: bytes = dataclasses.field(repr=False)

    def rule(self) -> registry.Rule:
        """The changed rule, from its module's source executed anew; the registry does not learn of it."""
        original = sys.modules[self.module]
        module = types.ModuleType(self.module)
        module.__file__ = original.__file__
        unregistered = dict.fromkeys(("vjp", "expansion"), lambda *_, **__: lambda rule: rule)
        with patch.multiple(registry, **unregistered):
            exec(compile(self.source, f"<mutant of {self.module}>", "exec"), module.__dict__)
        rule: registry.Rule = getattr(module, self.function)
        return rule


def mutations(rule: registry.Rule) -> list[Mutation]:
    """Every mutation of the rule and of what it uses in its module, in the order of the source."""
    source = Path(inspect.getfile(rule)).read_bytes()
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    tree = ast.parse(source)
    found: dict[tuple[int, int, str], Mutation] = {}
    for definition in _reached(tree, rule.__name__):
        for node, new in _changes(definition):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            old = " ".join(source[start:end].decode().split())
            found[start, end, new] = Mutation(
                rule.__module__,
                rule.__name__,
                lines[node.lineno - 1].decode().strip(),
                node.lineno,
                old,
                new,
                source[:start] + new.encode() + source[end:],
            )
    return [found[key] for key in sorted(found)]


def _reached(tree: ast.Module, name: str) -> list[Definition]:
    """The functions and classes of a module that the function `name` uses, itself among them."""
    known = {d.name: d for d in tree.body if isinstance(d, Definition)}
    names, reached = [name], dict[str, Definition]()
    while names:
        name = names.pop()
        if name in known and name not in reached:
            reached[name] = known[name]
            for statement in known[name].body:
                names.extend(n.id for n in ast.walk(statement) if isinstance(n, ast.Name))
    return list(reached.values())


def _changes(definition: Definition) -> Iterator[tuple[ast.expr, str]]:
    """Expressions in a definition's body, each with the source to put in its place."""
    for statement in definition.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                yield from _changed_call(node)
            elif isinstance(node, ast.Return) and node.value is not None:
                yield from _changed_cotangents(node.value, is_rule=bool(definition.decorator_list))
            elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
                # Sizes and offsets computed in Python; lists are joined by +, and have no -.
                if not any(isinstance(n, ast.List) for n in ast.walk(node)):
                    sign = "-" if isinstance(node.op, ast.Add) else "+"
                    yield node, f"({ast.unparse(node.left)} {sign} {ast.unparse(node.right)})"
            elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
                # -1 is an axis.
                yield from () if isinstance(node.operand, ast.Constant) else [(node, ast.unparse(node.operand))]


def _changed_call(call: ast.Call) -> Iterator[tuple[ast.expr, str]]:
    """Of `op.X(…)`: another operator, a term less, another constant."""
    function = call.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "op"):
        return
    if function.attr in INSTEAD:
        yield function, f"op.{INSTEAD[function.attr]}"
    if function.attr == "Neg" or (function.attr in ("Add", "Sub") and len(call.args) == 2):
        first, *dropped = map(ast.unparse, call.args)
        if not any(".pop()" in term for term in dropped):  # without which a loop would not end
            yield call, first
    for argument in call.args:
        for node in ast.walk(argument):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                yield node, repr(node.value + 1)


def _changed_cotangents(value: ast.expr, *, is_rule: bool) -> Iterator[tuple[ast.expr, str]]:
    """Of what is returned: one cotangent None, the first two swapped."""
    if isinstance(value, ast.Subscript) and isinstance(value.value, ast.Tuple):  # (x̅, w̅, b̅)[: len(node.inputs)]
        value = value.value
    if not isinstance(value, ast.Tuple):
        if is_rule and not (isinstance(value, ast.Constant) and value.value is None):
            yield value, "None"
        return
    given = [e for e in value.elts if not isinstance(e, ast.Starred) and ast.unparse(e) != "None"]
    for element in given:
        yield element, "None"
    if len(given) > 1:
        texts = [ast.unparse(e) for e in value.elts]
        i, j = (value.elts.index(e) for e in given[:2])
        texts[i], texts[j] = texts[j], texts[i]
        yield value, f"({', '.join(texts)})"
