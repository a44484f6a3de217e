"""Mutants of the mock server: one slip of its author each, made in the syntax tree of a module."""

import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

_PACKAGE = "abeja_datasets_mock"
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
_UNTOUCHED = ("__repr__", "close", "lifespan")
"""Functions that have nothing to do with what goes over the wire."""


@dataclass(frozen=True, order=True)
class Mutant:
    """A changed module."""

    path: Path
    line: int
    number: int
    """Of the node, in the order of the walk."""
    operator: str
    change: str
    tree: ast.Module = field(compare=False, repr=False)
    function: str = ""

    @property
    def key(self) -> str:
        """What a listed mutant is known by: lines move, functions seldom."""
        return f"{self.path.stem}.{self.function}: {self.operator}: {self.change}"


def listed(path: Path) -> dict[str, str]:
    """Read what the keys of mutants that make no difference begin with, with the reasons."""
    if not path.exists():
        return {}
    loaded: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return loaded


def mutants(path: Path) -> Iterator[Mutant]:
    """Make all mutants of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for number, node in enumerate(ast.walk(tree)):
        function = _function(tree, node)
        if function in _UNTOUCHED or not hasattr(node, "lineno"):
            continue
        for operator, change in _changes(node):
            changed = copy.deepcopy(tree)
            target = next(other for index, other in enumerate(ast.walk(changed)) if index == number)
            before = ast.unparse(target)
            change(changed, target)
            ast.fix_missing_locations(changed)
            text = f"{before} -> {_after(changed, number, operator)}".replace("\n", "; ")
            yield Mutant(path, getattr(node, "lineno", 0), number, operator, text[:160], changed, function)


def _after(tree: ast.Module, number: int, operator: str) -> str:
    if operator in ("delete-statement", "drop-not"):
        return "nothing" if operator == "delete-statement" else "its operand"
    return ast.unparse(next(node for index, node in enumerate(ast.walk(tree)) if index == number))


def _function(tree: ast.Module, node: ast.AST) -> str:
    inner = ""
    for owner in ast.walk(tree):
        if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef) and any(n is node for n in ast.walk(owner)):
            inner = owner.name
    return inner


def _changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    match node:
        case ast.Compare(ops=[single]) if type(single) in _COMPARISONS:
            yield "comparison", lambda _, n: setattr(n, "ops", [_COMPARISONS[type(n.ops[0])]()])
        case ast.BoolOp():
            yield "and-or", lambda _, n: setattr(n, "op", ast.Or() if isinstance(n.op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not()):
            yield "drop-not", lambda tree, n: _replace(tree, n, n.operand)
        case ast.BinOp(op=op) if type(op) in _ARITHMETIC and not _is_text(node):
            yield "arithmetic", lambda _, n: setattr(n, "op", _ARITHMETIC[type(n.op)]())
        case ast.Constant(value=bool()):
            yield "constant", lambda _, n: setattr(n, "value", not n.value)
        case ast.Constant(value=int()):
            yield "constant", lambda _, n: setattr(n, "value", n.value + 1)
        case ast.If() | ast.IfExp():
            yield "condition-true", lambda _, n: setattr(n, "test", ast.Constant(value=True))
            yield "condition-false", lambda _, n: setattr(n, "test", ast.Constant(value=False))
        case ast.Raise() | ast.AugAssign() | ast.Delete() | ast.Continue() | ast.Expr(value=ast.Call() | ast.Await()):
            yield "delete-statement", lambda tree, n: _replace(tree, n, ast.Pass())


def _is_text(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(isinstance(side, ast.Constant | ast.JoinedStr) and not _is_number(side) for side in sides)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def _replace(tree: ast.Module, old: ast.AST, new: ast.AST) -> None:
    class Replacing(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return new if node is old else self.generic_visit(node)

    Replacing().visit(tree)


class _Loader(importlib.abc.Loader):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """Leave it to Python to make the module."""
        del spec
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._mutant.tree, str(self._mutant.path), "exec"), module.__dict__)


def _dotted(path: Path) -> str:
    """Return the name by which a module of the mock server is imported."""
    return ".".join(path.parts[path.parts.index(_PACKAGE) :]).removesuffix(".py")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname != _dotted(self._mutant.path):
            return None
        return importlib.util.spec_from_loader(fullname, _Loader(self._mutant), origin=str(self._mutant.path))


def first_failure(mutant: Mutant, ledger: Path) -> str | None:
    """Check a mutant in this process, which is spoilt by it; hand back the first clause that fails, or None."""
    from abeja_datasets_contract.check import CheckFailed, Mode, Options, Status, check

    assert _PACKAGE not in sys.modules
    sys.meta_path.insert(0, _Finder(mutant))
    try:
        from tests.contract import faulty

        with faulty.spoilt() as server:
            options = Options(
                mode=Mode.WRITES,
                transport=server,
                fail_fast=True,
                concurrency=4,
                other_organization_id=faulty.OTHER_ORGANIZATION,
                other_authorization=faulty.OTHER_AUTHORIZATION,
                ledger=ledger,
            )
            report = check(faulty.URL, faulty.ORGANIZATION, faulty.AUTHORIZATION, options)
    except CheckFailed as error:
        return f"({error})"
    except Exception as error:  # noqa: BLE001 - a server that does not start is found
        return f"(it does not work: {type(error).__name__})"
    failed = (verdict.clause.name for verdict in report.verdicts if verdict.status is Status.FAIL)
    return next(failed, None) or (f"({report.stopped})" if report.stopped else None)
