"""The mock server and the contract check: `upkeep.left.serving` runs the check against the server, by the document."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from upkeep.document import modules
from upkeep.document.contract import Operation, Part
from upkeep.left import clauses
from upkeep.left.clauses import CHECK, in_project, some
from upkeep.left.project import DOCUMENT, Gap, Project
from upkeep.left.samples import value
from upkeep.left.wire import SIZE, TOKEN, Style
from upkeep.programs import Program, ProgramFailed

MOCK = Path("mock_server/abeja_datasets_mock")
RECORDS = MOCK / "storage/records.py"
AUTHENTICATION = MOCK / "http/authentication.py"
_LONGEST = 200
_VARIES = re.compile(r"^[\w/]*/(?=\w+( is missing|:))|\{.*|\[.*|\"[^\"]*\"|\d+")
"""What differs between findings of one cause: the place around a property, and values."""


class Server:
    """The outcome of the check of the mock server, which begins at once in a process of its own."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.handlers = modules.methods(project.root / modules.HANDLERS, "Operations")
        handling = (project.root / MOCK / "handling").glob("*.py")
        self._named = [name for file in handling for name in _constants(modules.parsed(file))]
        self._handled = self.handlers.keys() & {operation.operation_id for operation in project.operations}
        extra = {operation.operation_id: [*_extra(project, operation)] for operation in project.operations}
        self._program = Program("upkeep.left.serving", project.root, extra)

    def gaps(self) -> Iterator[Gap]:
        """Yield what the mock server and the check lack."""
        try:
            found: dict[str, Any] = self._program.output()
        except ProgramFailed as error:
            found = {"error": str(error), "where": "", "failures": {}}
        yield from self._handlers(found)
        for where, failure in found.get("failures", {}).items():
            yield Gap(in_project(where) or str(MOCK), f"the mock server fails: {failure}")
        if "the document requires" in found["error"]:
            yield Gap(
                DOCUMENT, f"{found['error'].partition(': ')[2]}, so nothing can be checked; add an example", "the check"
            )
        elif found["error"]:
            yield Gap(
                in_project(found["where"]) or str(CHECK), f"the check can't check the mock server: {found['error']}"
            )
        else:
            yield from self._responses(found)
            yield from self._causes(found)
            yield from _unchecked(found)
        if found.get("unread"):
            yield Gap(str(CHECK), f"it can't read the document, so its clauses are not known: {found['unread']}")
        elif "clauses" in found:
            yield from clauses.gaps(self.project, found["clauses"])

    def stop(self) -> None:
        """End the process, if it still runs."""
        self._program.stop()

    def _handlers(self, found: dict[str, Any]) -> Iterator[Gap]:
        """Compare the handlers, the methods of `Operations` that bear an operationId, with the operations."""
        for operation in self.project.operations:
            handler = self.handlers.get(operation.operation_id)
            if handler is None:
                place = f"{operation.operation_id} ({self.project.line(operation.pointer)})"
                what = (
                    f"Operations has no handler for {place}; until then its response is the document's example, or 501"
                )
                yield Gap(str(modules.HANDLERS), what, self.project.the_operation(operation))
            else:
                yield from self._ignored(operation, handler, found.get("reads", {}).get(operation.operation_id))
        ids = {operation.operation_id for operation in self.project.operations}
        for name, handler in self.handlers.items():
            if name not in ids:
                where = f"{modules.HANDLERS}:{handler.lineno}"
                yield Gap(where, f"{name} handles an operation that is gone; remove it")

    def _ignored(
        self, operation: Operation, handler: modules.Function, read: dict[str, list[str]] | None
    ) -> Iterator[Gap]:
        """Yield the parameters and the fields that a handler does not read."""
        # Without requests that it has handled, what it names is the best sign of what it reads.
        constants = [*_constants(handler), *(() if read and read["body"] else self._named)]
        for part in (*operation.parameters, *_fields(self.project, operation)):
            kind = f"{part.location} parameter" if part.location != "body" else "field"
            place = "body" if part.location == "body" else "query"
            seen = [*(read or {}).get(place, ()), *(() if place == "body" and read and read["body"] else constants)]
            if part.location != "path" and part.name not in seen:
                of_body = " of the body" if part.location == "body" else ""
                what = f"{operation.operation_id} does not read the {kind} {part.name}{of_body}"
                line = f"({self.project.line(part.pointer)})"
                where = f"{modules.HANDLERS}:{handler.lineno}"
                yield Gap(where, f"{what} {line}", self.project.the_part(operation, part))

    def _responses(self, found: dict[str, Any]) -> Iterator[Gap]:
        """Yield the documented properties and headers that no response of the mock server has, and what it refuses."""
        lacking: dict[str, list[str]] = {}
        for operation in self.project.operations:
            name, cause = operation.operation_id, self.project.the_operation(operation)
            pages = self._pages(operation, found["reads"].get(name, {}))
            seen, documented = {*found["names"].get(name, ())}, self.project.properties(operation)
            if len(documented - seen) < len(documented & seen):  # else no response had an entry
                for missing in sorted(documented - seen):
                    if pages or not TOKEN.search(missing):
                        lacking.setdefault(missing, []).append(name)
            for missing in sorted(_headers(self.project, operation) - {*found["headers"].get(name, ())}):
                if name in found["headers"] and (pages or not TOKEN.search(missing)):
                    yield Gap(self._place(name), f"no response of {name} has the header {missing}", cause)
            if name in found["closed"]:
                what = f"{name} is refused without a credential, and the document asks for none"
                yield Gap(str(AUTHENTICATION), what, cause)
        for missing, names in lacking.items():
            what = f"no response of {', '.join(names)} has the property {missing}, which the document describes"
            yield Gap(str(RECORDS), what, f"the property {missing}")
        for name, parameter, pairs, status, words in found["refused"]:
            sent = "&".join("=".join(pair) for pair in pairs)
            what = f"{name} responds to the valid {sent} with {status}: {words}"
            yield Gap(self._place(name), what, f"the parameter {parameter} of {name}")

    def _pages(self, operation: Operation, read: dict[str, list[str]]) -> bool:
        """Return whether the check can ask for pages so small that others follow."""
        return any(SIZE.search(part.name) and part.name in read.get("query", ()) for part in operation.parameters)

    def _causes(self, found: dict[str, Any]) -> Iterator[Gap]:
        """Yield what the check finds wrong, each thing once; a failure in the server is named by its own place."""
        alike: dict[tuple[str, str], list[tuple[str, str, list[str]]]] = {}
        for name, came, promised, failing, wrong in found["causes"]:
            # Without a handler the response is an example, which another entry says.
            is_told = (found.get("failures", {}) and "500" in came) or (name and name not in self._handled)
            if wrong:
                what = f"{failing[0]} expects {promised}, but {wrong}; correct the clause"
                yield Gap(_registered(found, failing[0]), what, f"the clause {failing[0]}")
            elif not is_told:
                alike.setdefault((_VARIES.sub("_", came), promised), []).append((name, came, failing))
        yield from self._alike(alike)

    def _alike(self, alike: dict[tuple[str, str], list[tuple[str, str, list[str]]]]) -> Iterator[Gap]:
        told: set[tuple[str, str]] = set()
        for (came, promised), each in alike.items():
            names = list(dict.fromkeys(name or "the server" for name, _, _ in each))
            if {(names[0], promised), (names[0], came)} & told:
                continue
            told |= {(name, words) for name in names for words in (promised, came)}
            failing = list(dict.fromkeys(clause for _, _, those in each for clause in those))
            many = f" (so do {', '.join(names[1:])})" if len(names) > 1 else ""
            what = f"{names[0]} responds with {each[0][1][:_LONGEST]}, not {promised}{many}; clauses: {some(failing)}"
            yield Gap(self._place(names[0]), what, f"the responses of {names[0]}")

    def _place(self, operation_id: str) -> str:
        handler = self.handlers.get(operation_id)
        return f"{modules.HANDLERS}:{handler.lineno}" if handler else str(MOCK)


def _unchecked(found: dict[str, Any]) -> Iterator[Gap]:
    """Yield why clauses could not be checked, where the check or the document has to be changed for it."""
    reasons: dict[str, list[str]] = {}
    for clause, reason in found["unchecked"]:
        reasons.setdefault(reason, []).append(clause)
    for reason, names in reasons.items():
        where = _registered(found, names[0])
        if "defect of the check" in reason:
            yield Gap(where, f"{some(names)}: {reason}", f"the check: {reason}")
        elif reason.startswith("the document does not allow"):
            yield Gap(where, f"{some(names)} can't be checked: {reason}", f"the check: {reason}")
        elif reason.startswith("the document requires"):
            yield Gap(DOCUMENT, f"{reason}, so {some(names)} can't be checked; add an example", f"the check: {reason}")
    if found["stopped"]:
        yield Gap(str(CHECK), f"the check of the mock server ended early: {found['stopped']}")


def _registered(found: dict[str, Any], clause: str) -> str:
    """Return the place that registers a clause, or the folder of all where it is not known."""
    places = {name: where for name, _, _, where in found.get("clauses", ())}
    return in_project(places.get(clause, "")) or str(CHECK)


def _constants(node: ast.AST) -> list[str]:
    return [str(inner.value) for inner in ast.walk(node) if isinstance(inner, ast.Constant)]


def _fields(project: Project, operation: Operation) -> Iterator[Part]:
    """Yield the fields of a body, or of each entry of a body that is a list."""
    from abeja_datasets_contract.check.document.schemas import Schemas

    yield from operation.fields
    entries = (operation.body or {}).get("items") if not operation.fields else None
    for part in Schemas(project.document).parts(entries or {}):
        for name in part.get("properties", {}):
            yield Part("body", name, operation.body_pointer, {}, False, "")


def _headers(project: Project, operation: Operation) -> set[str]:
    responses = project.successes(operation).values()
    return {name.lower() for response in responses for name in response.get("headers") or {}}


def _extra(project: Project, operation: Operation) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Yield the parameters with a valid value that says something: free text is refused for good reasons."""
    from abeja_datasets_contract.diff.samples.sampler import NoSample

    for part in operation.parameters:
        if part.location == "path" or not _says_what_is_valid(part):
            continue
        try:
            given = value(project.document, f"{part.pointer}/schema", "request")
            given = given * 2 if isinstance(given, list) else given  # several show how they are separated
        except (NoSample, KeyError):
            continue
        yield part.name, part.location, Style(project.document, part).pairs(given)


def _says_what_is_valid(part: Part) -> bool:
    return part.schema.get("type") != "string" or "enum" in part.schema
