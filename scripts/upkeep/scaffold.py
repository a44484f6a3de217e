"""Add what the wrapper lacks: for each operation the function in operations.py, and the method in both clients.

The method is added to the async client, and the sync one is generated from that.

No existing byte changes. What is added follows the last function or method of an operation, in the
order of the document's paths. Running it again adds nothing.
"""

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from upkeep import modules, scaffold_text
from upkeep.contract import Operation, operations_of
from upkeep.signatures import Unwritable, arguments, generated_function

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

_NOTHING = "The wrapper has a method for each operation: nothing was scaffolded."


def scaffold(root: Path, document: "Document") -> list[str]:
    """Add what is missing in a project, whose generated code is current; return a line on each addition."""
    lines: list[str] = []
    operations = [operation for operation in operations_of(document) if operation.name]
    known = {operation.name for operation in operations}
    missing = _missing(root)
    for operation in operations:
        lacking = [place for place, names in missing.items() if operation.name not in names]
        if not lacking:
            continue
        try:
            texts = _texts(root, operation)
        except Unwritable as reason:
            lines.append(f"{operation.operation_id}: not scaffolded, since {reason}; write it by hand")
            continue
        for place in lacking:
            if place in texts:  # the sync client is generated from the async one
                _add(root / place, texts[place], known | modules.functions(root / modules.OPERATIONS).keys())
            lines.append(f"{place}: {operation.name} added")
        _add_raw(root / modules.RAW_RESPONSES, operation.name)
        if not operation.response:
            lines.append(f"{operation.name}: no success of it is documented as JSON, the only format a session reads")
    return lines or [_NOTHING]


_ASYNC = modules.CLIENTS["AsyncAPIClient"]


def _missing(root: Path) -> dict[Path, set[str]]:
    """Return the names that each module has already."""
    found = {modules.OPERATIONS: set(modules.functions(root / modules.OPERATIONS))}
    return found | {place: set(modules.methods(root / place, name)) for name, place in modules.CLIENTS.items()}


def _texts(root: Path, operation: Operation) -> dict[Path, str]:
    """Write what an operation needs in each module, formatted as it will stand there."""
    found = arguments(operation)
    function = scaffold_text.function(operation, found, generated_function(root, operation))
    return {
        modules.OPERATIONS: _formatted(f"{function}\n"),
        _ASYNC: _method(scaffold_text.method(operation, found)),
    }


def _method(text: str) -> str:
    """Format a method inside of a class, where its lines have to be shorter."""
    return _formatted(f"class _:\n{textwrap.indent(text, '    ')}\n").partition("\n")[2]


def _formatted(text: str) -> str:
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "format", "--isolated", "--line-length", "120", "--target-version", "py311", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603 - ruff


def _add(module: Path, text: str, known: set[str]) -> None:
    """Insert a function or a method after the last one of an operation."""
    present = _present(module)
    ends = [node.end_lineno or 0 for name, node in present.items() if name in known]
    lines = module.read_text(encoding="utf-8").splitlines(keepends=True)
    blank = "\n" if text.startswith(" ") else "\n\n"
    lines.insert(max(ends, default=len(lines)), f"{blank}{text}")
    module.write_text("".join(lines), encoding="utf-8")


def _add_raw(module: Path, name: str) -> None:
    """Add the method that returns the whole response, behind the last of them."""
    lines = module.read_text(encoding="utf-8").splitlines(keepends=True)
    line = f"        self.{name} = _raw(view.{name})\n"
    if line not in lines:
        last = max(index for index, one in enumerate(lines) if "= _raw(view." in one)
        module.write_text("".join([*lines[: last + 1], line, *lines[last + 1 :]]), encoding="utf-8")


def _present(module: Path) -> modules.Functions:
    is_client = module.name == _ASYNC.name
    return modules.methods(module, "AsyncAPIClient") if is_client else modules.functions(module)
