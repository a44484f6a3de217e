"""Write the sync functions of loading: each has the signature and the docstring of its async twin, and runs it."""

import ast
import re
from pathlib import Path
from typing import Final

PACKAGE: Final = Path("loading/abeja_datasets_loading")
MODULE: Final = PACKAGE / "sync_functions.py"
SOURCES: Final = (
    PACKAGE / "actions/creating.py",
    PACKAGE / "actions/updating.py",
    PACKAGE / "actions/deleting.py",
    PACKAGE / "actions/exporting.py",
    PACKAGE / "actions/unmarking.py",
    PACKAGE / "verifying/verifying.py",
)
"""The modules of the async functions."""

_SUFFIX: Final = "_async"
_HEAD: Final = '''# Generated from the async functions of loading by scripts/generate; do not edit.
"""The functions of loading for programs without an event loop: each runs its async twin in a thread of its own."""

from abeja_datasets_loading.running.synchronous import run_sync
'''
_SIGNATURE: Final = ((r"^async def (\w+)_async\(", r"def \1("), (r" \| AsyncIterable\[[^\[\]]*\]", ""))
_DOCSTRING: Final = (
    (r"\bawait (?=\w+_async\()", ""),
    (r"(?<=\w)_async\b", ""),
    (r"\basync (?=for |with )", ""),
    (r"\b(with|import) Async(?=APIClient)", r"\1 "),
    (r", async or not,", ""),
)


def sync_functions(root: Path) -> str:
    """Return the text of the module; it is not formatted yet."""
    imports: set[str] = set()
    functions = []
    for source in SOURCES:
        text = (root / source).read_text(encoding="utf-8")
        module = ast.parse(text, str(source))
        origin = ".".join(source.with_suffix("").parts[1:])
        for node in module.body:
            if isinstance(node, ast.AsyncFunctionDef) and node.name.endswith(_SUFFIX):
                functions.append(_function(node, text.splitlines(keepends=True), origin))
                imports |= _imports(module, _names(node))
    return "\n".join([_HEAD, *sorted(imports), *functions])


def _function(node: ast.AsyncFunctionDef, lines: list[str], origin: str) -> str:
    """Return the sync function. Its twin is imported when it is called: no other loads with it."""
    docstring = node.body[0]
    signature = "".join(lines[node.lineno - 1 : docstring.lineno - 1])
    text = "".join(lines[docstring.lineno - 1 : docstring.end_lineno])
    given = [argument.arg for argument in node.args.args]
    given += [f"{argument.arg}={argument.arg}" for argument in node.args.kwonlyargs]
    body = f"    from {origin} import {node.name}\n\n    return run_sync({node.name}, {', '.join(given)},)\n"
    return f"\n\n{_replaced(signature, _SIGNATURE)}{_replaced(text, _DOCSTRING)}{body}"


def _names(node: ast.AsyncFunctionDef) -> set[str]:
    """Return the names in the signature of a sync function."""
    signature = ast.parse(_replaced(ast.unparse(node), _SIGNATURE)).body[0]
    assert isinstance(signature, ast.FunctionDef)  # noqa: S101 - it is what `_SIGNATURE` makes
    signature.body = []
    return {found.id for found in ast.walk(signature) if isinstance(found, ast.Name)}


def _imports(module: ast.Module, names: set[str]) -> set[str]:
    """Return a statement for each name that the module of an async function imports."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            found |= {f"from {node.module} import {alias.name}" for alias in node.names if alias.name in names}
        elif isinstance(node, ast.Import):
            found |= {f"import {alias.name}" for alias in node.names if alias.name in names}
    return found


def _replaced(text: str, words: tuple[tuple[str, str], ...]) -> str:
    for pattern, replacement in words:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text
