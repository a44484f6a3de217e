"""What is left to do after a change of the document, each as one sentence with the place.

A method *reaches* a parameter or a field of a body if the value of an argument arrives there in the request. The method
is called to find this out (`upkeep.reach`). The parts of a value are reached with the value, since the wrapper sends
values as they are given. A method that passes on a dict of parameters, or a body, reaches all its keys.
"""

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from upkeep import modules
from upkeep.contract import WHOLE, Operation, Part, operations_of
from upkeep.programs import Program, ProgramFailed
from upkeep.scaffold_text import UNWRITTEN

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

DOCUMENT = "openapi.yaml"
CHECK = Path("contract/abeja_datasets_contract/check")
SCAFFOLD = "scripts/generate --scaffold writes one"


class Gap(NamedTuple):
    """Something that is left to do.

    Attributes:
        where: the file, from the project's folder, with the line where there is one.
        what: what is wrong there and, where that is not obvious, what to do.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def find_gaps(root: Path, document: "Document") -> list[Gap]:
    """List what is left to do in a project, whose generated code is that of its document.

    Args:
        root: the project.
        document: its document.

    Raises:
        SyntaxError: a module of the wrapper or the mock server is not valid Python.
    """
    project = _Project(root, document)
    reach = Program("upkeep.reach", root, {one.name: _query(one) for one in project.named})
    try:
        wrapper, handlers = _wrapper(project, reach), _handlers(project)
        return [*_models(root), *project.unnamed(), *wrapper, *handlers, *_clauses(project)]
    finally:
        reach.stop()


class _Project:
    """A project and its document."""

    def __init__(self, root: Path, document: "Document") -> None:
        self.root = root
        self.document = document
        self.operations = operations_of(document)
        self.named = [operation for operation in self.operations if operation.operation_id]
        self.names = {operation.name for operation in self.named}

    def line(self, pointer: str) -> str:
        return f"{DOCUMENT}:{self.document.line(pointer)}"

    def unnamed(self) -> Iterator[Gap]:
        for one in self.operations:
            if not one.operation_id:
                what = f"{one.method} {one.path} has no operationId, and so no method can be named after it"
                yield Gap(self.line(one.pointer), what)


def _query(operation: Operation) -> list[str]:
    return [part.name for part in operation.parameters if part.location == "query"]


def _models(root: Path) -> Iterator[Gap]:
    """Compare the typed view with the models that are generated."""
    generated = set(modules.exported(root / modules.GENERATED / "models" / "__init__.py"))
    imported = modules.imported(root / modules.MODELS, f"{modules.GENERATED.name}.models")
    for name in sorted(generated - imported.keys()):
        yield Gap(str(modules.MODELS), f"the generated model {name} is missing; import it, and name it in __all__")
    for name in sorted(imported.keys() - generated):
        yield Gap(f"{modules.MODELS}:{imported[name]}", f"the model {name} is not generated any more; remove it")


def _wrapper(project: _Project, reach: Program) -> Iterator[Gap]:
    functions = modules.functions(project.root / modules.OPERATIONS)
    for name, function in functions.items():
        if name not in project.names and _makes_a_call(function):
            yield Gap(f"{modules.OPERATIONS}:{function.lineno}", f"{name} has no operation any more; remove it")
        yield from _unwritten(modules.OPERATIONS, function, name)
    try:
        sent = reach.output()
    except ProgramFailed as error:
        yield Gap(str(modules.WRAPPER), f"it can't be imported, so what it reaches is not known: {error}")
        sent = {}
    for client, module in modules.CLIENTS.items():
        methods = modules.methods(project.root / module, client)
        for name, method in methods.items():
            where = f"{module}:{method.lineno}"
            if name not in project.names and name in functions:
                yield Gap(where, f"{client}.{name} has no operation any more; remove it, and name it in CHANGELOG.md")
            yield from _unwritten(module, method, f"{client}.{name}")
        for operation in project.named:
            if operation.name not in methods:
                place = f"{operation.operation_id} ({project.line(operation.pointer)})"
                what = f"{client} has no method for {place}; {SCAFFOLD}"
                yield Gap(str(module), what)
            elif client in sent:
                where = f"{module}:{methods[operation.name].lineno}"
                what = f"{client}.{operation.name}"
                yield from _reached(project, operation, sent[client][operation.name], where, what)


def _makes_a_call(function: modules.Function) -> bool:
    return isinstance(function.returns, ast.Name) and function.returns.id == "Call"


def _unwritten(module: Path, function: modules.Function, name: str) -> Iterator[Gap]:
    if UNWRITTEN in (ast.get_docstring(function) or ""):
        yield Gap(f"{module}:{function.lineno}", f"the docstring of {name} is as it was scaffolded; complete it")


def _reached(project: _Project, operation: Operation, sent: dict[str, Any], where: str, method: str) -> Iterator[Gap]:
    """Compare the request that a method sent with its operation in the document."""
    if "error" in sent:
        yield Gap(where, f"{method} fails before it sends anything; correct {modules.OPERATIONS}: {sent['error']}")
        return
    wanted = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(operation.path))
    if sent["method"] != operation.method or not re.fullmatch(wanted, sent["path"]):
        is_ = f"{sent['method']} {sent['path']}"
        yield Gap(where, f"{method} sends {is_}, but the operation is {operation.method} {operation.path}")
    for part in operation.parameters:
        if not _parameter_reached(part, sent):
            kind = "" if part.location == "path" else f"{part.location} "
            yield Gap(where, f"{method} can't reach the {kind}parameter {part.name} ({project.line(part.pointer)})")
    if operation.body_pointer and sent["body"] is None:
        yield Gap(where, f"{method} can't reach the request body ({project.line(operation.body_pointer)})")
    elif sent["body"] is not None and sent["body"] != WHOLE:
        for part in operation.fields:
            if part.name not in sent["body"]:
                yield Gap(
                    where, f"{method} can't reach the field {part.name} of the body ({project.line(part.pointer)})"
                )


def _parameter_reached(part: Part, sent: dict[str, Any]) -> bool:
    if part.location == "header":
        return part.name.lower() in sent["headers"]
    if part.location == "cookie":
        return part.name in sent["cookies"]
    # A path without its parameters differs, and is reported above.
    return part.location == "path" or part.name in sent["query"]


def _handlers(project: _Project) -> Iterator[Gap]:
    """Compare the mock server's handlers, the methods of `Operations` that bear an operationId, with the operations."""
    handlers = modules.methods(project.root / modules.HANDLERS, "Operations")
    for operation in project.named:
        handler = handlers.get(operation.operation_id)
        if handler is None:
            place = f"{operation.operation_id} ({project.line(operation.pointer)})"
            what = f"Operations has no handler for {place}; until then its response is the document's example, or 501"
            yield Gap(str(modules.HANDLERS), what)
            continue
        read = {node.value for node in ast.walk(handler) if isinstance(node, ast.Constant)}
        for part in operation.parameters:
            if part.location == "query" and part.name not in read:
                what = f"{operation.operation_id} does not read the query parameter {part.name}"
                yield Gap(f"{modules.HANDLERS}:{handler.lineno}", f"{what} ({project.line(part.pointer)})")
    ids = {operation.operation_id for operation in project.named}
    for name, handler in handlers.items():
        if name not in ids:
            yield Gap(f"{modules.HANDLERS}:{handler.lineno}", f"{name} handles an operation that is gone; remove it")


def _clauses(project: _Project) -> Iterator[Gap]:
    """Ask the check for its clauses, and look for their sources in the document."""
    try:
        from abeja_datasets_contract.check.document import Contract
        from abeja_datasets_contract.check.stages import entries
    except Exception as error:  # noqa: BLE001 - whatever keeps the check from loading is reported
        reason = f"{type(error).__name__}: {error}"
        yield Gap(str(CHECK), f"it can't be imported, so its clauses are not known: {reason}")
        return
    listed = entries(Contract(project.document, project.root / DOCUMENT))
    for entry in listed:
        if entry.gone:
            what = f"the clause {entry.clause.name} names what {DOCUMENT} no longer has: {entry.gone}"
            yield Gap(_in_project(entry.where), what)
    there = [entry.clause.source for entry in listed if not entry.gone and entry.clause.source.startswith("#/")]
    names = {entry.clause.name for entry in listed}
    yield from _unchecked(project, names, [*there, *map(project.document.follow, there)])


def _in_project(where: str) -> str:
    """Return a place in the check as it is named from the project's folder."""
    _, package, rest = where.rpartition(f"{CHECK}/")
    return f"{package}{rest}"


def _unchecked(project: _Project, clauses: Collection[str], sources: Collection[str]) -> Iterator[Gap]:
    """Compare the operations with the names of the clauses, and their query parameters with the sources."""
    for operation in project.named:
        clause = f"operations.{operation.operation_id}.succeeds"
        if clause not in clauses:
            where = str(CHECK / "probes" / "operations.py")
            yield Gap(where, f"there is no clause {clause} ({project.line(operation.pointer)}); add its check")
        for part in operation.parameters:
            named = any(f"{source}/".startswith(f"{part.pointer}/") for source in sources)
            if part.location == "query" and not named:
                what = f"no clause has the query parameter {part.name} of {operation.operation_id} as its source"
                yield Gap(str(CHECK / "probes"), f"{what} ({project.line(part.pointer)}); add one")
