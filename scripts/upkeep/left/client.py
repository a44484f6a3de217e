"""The library: each method is called against a server that follows the document (`upkeep.left.reach`)."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from upkeep.document import modules
from upkeep.document.contract import Operation
from upkeep.left.files import SETTINGS
from upkeep.left.methods import Call, Method
from upkeep.left.project import Gap, Project
from upkeep.left.samples import replies
from upkeep.left.wire import Style, server_url
from upkeep.programs import Program, ProgramFailed
from upkeep.scaffolding.scaffold_text import UNWRITTEN
from upkeep.scaffolding.signatures import declined

CLASSES = {
    "APIClient": (modules.CLIENTS["AsyncAPIClient"], "AsyncAPIClient"),
    "Datasets": (modules.WRAPPER / "dataset.py", "Datasets"),
    "DatasetItems": (modules.WRAPPER / "dataset_item.py", "DatasetItems"),
}
"""By the class that is called: the module to change, and the class there."""
SCAFFOLD = "scripts/generate --scaffold writes one"


class Client:
    """The calls of a project's clients, which begin at once in a process of their own."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._program = Program("upkeep.left.reach", project.root, _described(project))

    def gaps(self) -> Iterator[Gap]:
        """Yield what the library lacks.

        Raises:
            SyntaxError: a module of it is not valid Python.
        """
        yield from _static(self.project)
        try:
            calls: list[Call] = self._program.output()
        except ProgramFailed as error:
            yield Gap(str(modules.WRAPPER), f"it can't be imported, so what it reaches is not known: {error}")
            return
        by_method: dict[str, list[Call]] = {}
        for call in calls:
            by_method.setdefault(call["method"], []).append(call)
        yield from _address(self.project, calls)
        for name, its in by_method.items():
            operation = next((self.project.names.get(call["operation"]) for call in its if call["operation"]), None)
            place = _function(self.project, name)
            if operation is not None and place is not None:
                yield from Method(self.project, operation, its, place).gaps()

    def stop(self) -> None:
        """End the process, if it still runs."""
        self._program.stop()


def _described(project: Project) -> dict[str, dict[str, Any]]:
    """Describe the operations to `upkeep.left.reach`, by the names of their methods."""
    from abeja_datasets_contract.openapi.operations import operations
    from abeja_datasets_contract.openapi.requirements import secured

    document = project.document
    is_open = {one.pointer: not secured(document, one) for one in operations(document).values()}
    return {one.name: _operation(project, one, is_open=is_open[one.pointer]) for one in project.operations}


def _operation(project: Project, operation: Operation, *, is_open: bool) -> dict[str, Any]:
    document = project.document
    last = next(replies(document, operation.pointer, full=False), None)
    return {
        "method": operation.method,
        "path": operation.path,
        "base": urlsplit(server_url(document)).path.rstrip("/"),
        "query": {part.name: Style(document, part).kind for part in operation.parameters if part.location == "query"},
        "open": is_open,
        "replies": [reply[:4] for reply in replies(document, operation.pointer)],
        "last": last and last[:4],
    }


def _function(project: Project, name: str) -> tuple[str, modules.Function] | None:
    """Find the place and the code of a method that was called as `APIClient.get_dataset`."""
    owner, _, method = name.partition(".")
    module, class_name = CLASSES[owner]
    function = modules.methods(project.root / module, class_name).get(method)
    return None if function is None else (f"{module}:{function.lineno}", function)


def _static(project: Project) -> Iterator[Gap]:
    """Compare the names of functions and methods with the operations."""
    functions, calls = modules.functions(project.root / modules.OPERATIONS), modules.calls(project.root)
    for name, function in functions.items():
        if name in calls and name not in project.names:
            yield Gap(f"{modules.OPERATIONS}:{function.lineno}", f"{name} has no operation any more; remove it")
        yield from _unwritten(modules.OPERATIONS, function, name)
    module, client = CLASSES["APIClient"]
    methods = modules.methods(project.root / module, client)
    for name, method in methods.items():
        if name not in project.names and name in functions:
            what = f"{client}.{name} has no operation any more; remove it, and name it in CHANGELOG.md"
            yield Gap(f"{module}:{method.lineno}", what)
        yield from _unwritten(module, method, f"{client}.{name}")
    for operation in project.operations:
        if operation.name not in methods:
            place = f"{operation.operation_id} ({project.line(operation.pointer)})"
            reason = declined(operation)
            how = f"write it by hand, since {reason}" if reason else SCAFFOLD
            yield Gap(str(module), f"{client} has no method for {place}; {how}", project.the_operation(operation))


def _unwritten(module: Path, function: modules.Function, name: str) -> Iterator[Gap]:
    if UNWRITTEN in (ast.get_docstring(function) or ""):
        yield Gap(f"{module}:{function.lineno}", f"the docstring of {name} is as it was scaffolded; complete it")


def _address(project: Project, calls: list[Call]) -> Iterator[Gap]:
    """Compare where requests go with the first server of the document."""
    url = server_url(project.document)
    if not urlsplit(url).netloc:
        return
    cause = f"the server {url} ({project.line('#/servers')})"
    origins = {request["origin"] + request["base"] for call in calls for request in call["requests"][:1]}
    if origins - {url}:
        yield Gap(str(SETTINGS), f"requests go to {', '.join(sorted(origins))}, but the first server is {url}", cause)
    file = CLASSES["APIClient"][0]
    if url not in (project.root / file).read_text(encoding="utf-8"):
        yield Gap(str(file), f"it does not name the address {url}, which requests go to", cause)
