"""Add what the wrapper lacks: for each operation the function in operations.py, and the method in both clients.

The method is added to the async client, and the sync one is generated from that.

No existing byte changes. What is added follows the last function or method of an operation, in the
order of the document's paths. Running it again adds nothing.
"""

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upkeep.document import modules
from upkeep.document.contract import JSON, Operation, operations_of
from upkeep.programs import Program, ProgramFailed
from upkeep.scaffolding import scaffold_text
from upkeep.scaffolding.signatures import Unwritable, arguments, generated_function
from upkeep.swapping import write

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

_NOTHING = "The wrapper has a method for each operation: nothing was scaffolded."


def scaffold(root: Path, document: "Document") -> list[str]:
    """Add what is missing in a project, whose generated code is current; return a line on each addition.

    Each method is called once. What does not work is taken back, and the line says why.
    """
    operations = [operation for operation in operations_of(document) if operation.name]
    before = {place: (root / place).read_text(encoding="utf-8") for place in _WRITTEN}
    added, declined = _added(root, operations, {})
    if failing := _failing(root, [one for one in operations if one.name in added]):
        for place, text in before.items():
            write(root / place, text)
        added, declined = _added(root, operations, failing)
    lines = [f"{place}: {name} added" for name, places in added.items() for place in places]
    lines += [f"{name}: not scaffolded, since {why}; write it by hand" for name, why in declined.items()]
    return lines or [_NOTHING]


def _added(
    root: Path, operations: list[Operation], failing: dict[str, str]
) -> tuple[dict[str, list[Path]], dict[str, str]]:
    """Add what is missing; return where each operation was added, and why others were not."""
    known = {operation.name for operation in operations}
    missing, added = _missing(root), dict[str, list[Path]]()
    declined: dict[str, str] = {}
    for operation in operations:
        lacking = [place for place, names in missing.items() if operation.name not in names]
        try:
            texts = _texts(root, operation, failing.get(operation.name, "")) if lacking else {}
        except Unwritable as reason:
            declined[operation.operation_id] = str(reason)
            continue
        for place in lacking:
            if place in texts:  # the sync client is generated from the async one
                _add(root / place, texts[place], known | modules.functions(root / modules.OPERATIONS).keys())
            added.setdefault(operation.name, []).append(place)
        if lacking:
            _add_raw(root / modules.RAW_RESPONSES, operation.name)
    return added, declined


def _failing(root: Path, operations: list[Operation]) -> dict[str, str]:
    """Call the methods of operations once, each with a response of the document; return what fails, by name."""
    if not operations:
        return {}
    try:
        found = Program("upkeep.scaffolding.calling", root, {one.name: _success(one) for one in operations}).output()
    except ProgramFailed as error:
        return {one.name: f"the wrapper with it can't be imported: {error}" for one in operations}
    return {name: why for name, why in found.items() if why}


def _success(operation: Operation) -> dict[str, Any]:
    """Return a success of an operation: its status, media type and body, which is JSON of the documented type."""
    statuses = [status for status in operation.raw.get("responses", {}) if status.startswith("2")]
    full = [int(status) for status in statuses if status.isdecimal() and status not in ("204", "205")]
    said = operation.response.get("type")
    body = {"array": "[]", "string": '"text"', "integer": "1", "number": "1.5", "boolean": "true"}.get(str(said), "{}")
    if operation.accept != JSON:
        body = "text" if operation.accept else ""
    return {"status": next(iter(full), 200), "media": operation.accept, "body": body}


_ASYNC = modules.CLIENTS["AsyncAPIClient"]
_WRITTEN = (modules.OPERATIONS, _ASYNC, modules.RAW_RESPONSES)
"""The modules that are added to."""


def _missing(root: Path) -> dict[Path, set[str]]:
    """Return the names that each module has already."""
    found = {modules.OPERATIONS: set(modules.functions(root / modules.OPERATIONS))}
    return found | {place: set(modules.methods(root / place, name)) for name, place in modules.CLIENTS.items()}


def _texts(root: Path, operation: Operation, failure: str) -> dict[Path, str]:
    """Write what an operation needs in each module, formatted as it will stand there, unless that has failed."""
    if failure:
        raise Unwritable(failure)
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
    write(module, "".join(lines))


def _add_raw(module: Path, name: str) -> None:
    """Add the method that returns the whole response, behind the last of them."""
    lines = module.read_text(encoding="utf-8").splitlines(keepends=True)
    line = f"        self.{name} = _raw(view.{name})\n"
    if line not in lines:
        last = max(index for index, one in enumerate(lines) if "= _raw(view." in one)
        write(module, "".join([*lines[: last + 1], line, *lines[last + 1 :]]))


def _present(module: Path) -> modules.Functions:
    is_client = module.name == _ASYNC.name
    return modules.methods(module, "AsyncAPIClient") if is_client else modules.functions(module)
