"""Defer the imports of the generated code: the wrapper needs one function of each module, and none of its models.

A module of an operation imports httpx, attrs and all models for functions that the wrapper does not call: a third of
the time of a program that makes one call. So each import that only functions use moves into those functions.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_STANDARD: Final = ("http", "typing", "urllib", "datetime", "collections", "uuid", "io", "json", "enum")
_UNSET: Final = re.compile(r"class Unset:\n.*?\n\n\nUNSET: Unset = Unset\(\)\n", re.DOTALL)


def defer_imports(package: Path) -> None:
    """Rewrite a package that the generator has just written."""
    _defer_package(package / "__init__.py")
    _part_unset(package)
    for module in sorted((package / "api").rglob("*.py")):
        module.write_text(deferred(module.read_text(encoding="utf-8")), encoding="utf-8")


def deferred(text: str) -> str:
    """Return a module whose functions import what only they use."""
    tree = ast.parse(text)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) and not _is_standard(node)]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    if not imports or not functions:
        return text
    statements = {name: statement for node in imports for name, statement in _statements(node)}
    eager = {name for node in tree.body if node not in imports for name in _at_import(node)} & statements.keys()
    lines = text.splitlines()
    for function in reversed(functions):
        names = sorted({*_used(function.body)} & statements.keys() - eager)
        start = function.body[0].lineno - 1
        if names and ast.get_docstring(function) is not None:
            start = function.body[0].end_lineno or start
        lines[start:start] = [f"    {statements[name]}" for name in names]
    for node in imports:
        for number in range(node.lineno - 1, node.end_lineno or node.lineno):
            lines[number] = ""
    typed = [f"    {statements[name]}" for name in sorted(statements.keys() - eager)]
    first, last = imports[0].lineno - 1, imports[-1].end_lineno or 0
    lines[first:last] = [*(statements[name] for name in sorted(eager)), "if TYPE_CHECKING:", *typed]
    lines[_head(tree) : _head(tree)] = ["from __future__ import annotations", "from typing import TYPE_CHECKING"]
    return "\n".join(lines) + "\n"


def _head(tree: ast.Module) -> int:
    """Return the line behind the docstring."""
    return (tree.body[0].end_lineno or 0) if ast.get_docstring(tree) is not None else 0


def _is_standard(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        return not node.level and (node.module or "").partition(".")[0] in _STANDARD
    return all(alias.name.partition(".")[0] in _STANDARD for alias in node.names)


def _statements(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Return each name that an import binds, with the import of that name alone."""
    for alias in node.names:
        name = alias.asname or alias.name.partition(".")[0]
        wanted = ast.unparse(alias)
        if isinstance(node, ast.Import):
            yield name, f"import {wanted}"
        else:
            source = "unset" if node.module == "types" and name in ("UNSET", "Unset") else node.module or ""
            yield name, f"from {'.' * node.level}{source} import {wanted}"


def _at_import(node: ast.stmt) -> Iterator[str]:
    """Return the names that a statement uses when its module is imported; annotations are not evaluated."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
        yield from _used([*defaults, *node.decorator_list])
    elif not isinstance(node, ast.Import | ast.ImportFrom):
        yield from _used([node])


def _used(nodes: "list[ast.stmt] | list[ast.expr]") -> Iterator[str]:
    """Return the names that are read, but for those in annotations."""
    waiting: list[ast.AST] = [*nodes]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        skipped = node.annotation if isinstance(node, ast.AnnAssign | ast.arg) else None
        waiting += [child for child in ast.iter_child_nodes(node) if child is not skipped]


def _defer_package(module: Path) -> None:
    """Rewrite the package so that it imports its client on first use: each module imports the package."""
    text = module.read_text(encoding="utf-8")
    imported = re.search(r"^from \.client import [^\n]+\n", text, re.MULTILINE)
    if imported:
        lazily = (
            "from typing import TYPE_CHECKING, Any\n\nif TYPE_CHECKING:\n    " + imported[0] + "\n\n"
            "def __getattr__(name: str) -> Any:\n"
            "    if name in __all__:\n"
            "        from . import client\n\n"
            "        return getattr(client, name)\n"
            '    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")\n'
        )
        text = text.replace(imported[0], "", 1)
        module.write_text(f"{text.rstrip()}\n\n\n{lazily}", encoding="utf-8")


def _part_unset(package: Path) -> None:
    """Move the mark of an omitted argument into its own module, beside the types, which import attrs."""
    types = package / "types.py"
    text = types.read_text(encoding="utf-8")
    found = _UNSET.search(text)
    if found:
        own = f'"""The mark of an argument that is not given."""\n\nfrom typing import Literal\n\n\n{found[0]}'
        (package / "unset.py").write_text(own, encoding="utf-8")
        types.write_text(text.replace(found[0], "from .unset import UNSET, Unset\n", 1), encoding="utf-8")
