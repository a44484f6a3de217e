"""A project with its document, and an entry of the list of what is left to do in it."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from upkeep.document.contract import Operation, Part, operations_of
from upkeep.git import is_top

if TYPE_CHECKING:
    from abeja_datasets_contract.check.document.schemas import Schemas
    from abeja_datasets_contract.diff import Document

DOCUMENT = "openapi.yaml"


class Gap(NamedTuple):
    """Something that is left to do.

    Attributes:
        where: the file, from the project's folder, with the line where there is one.
        what: what is wrong there and, where that is not obvious, what to do.
        cause: the part of the document that it does not follow; the list groups by it.
    """

    where: str
    what: str
    cause: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Project:
    """A project and its document.

    Attributes:
        root: its folder.
        operations: those that have an operationId.
    """

    def __init__(self, root: Path, document: "Document") -> None:
        self.root = root
        self.document = document
        every = operations_of(document)
        self.operations = [operation for operation in every if operation.operation_id]
        self.unnamed = [operation for operation in every if not operation.operation_id]
        self.names = {operation.name: operation for operation in self.operations}

    @functools.cached_property
    def before(self) -> "Document | None":
        """The document of the last commit; None where there is none that can be read."""
        from abeja_datasets_contract.diff import DocumentError, load

        if not is_top(self.root):
            return None
        try:
            return load(f"HEAD:{DOCUMENT}", folder=self.root)
        except DocumentError:
            return None

    @functools.cached_property
    def given(self) -> frozenset[str]:
        """The names of what requests give, which responses have as it was given."""
        return frozenset(name for each in self.operations for name in self._schemas.given(each.body or {}))

    def properties(self, operation: Operation) -> set[str]:
        """Return the names of the properties of an operation's responses, but for those inside what a request gives."""
        from abeja_datasets_contract.openapi.responses import json_media

        media = [json_media(response) for response in self.successes(operation).values()]
        return {name for one in media for name, _ in self._schemas.named(one.get("schema", {}), self.given)}

    def successes(self, operation: Operation) -> dict[str, dict[str, Any]]:
        """Return the documented responses of success, by status."""
        from abeja_datasets_contract.openapi.responses import responses

        every = responses(self.document, operation.pointer)
        return {status: response for status, response in every.items() if status[:1] == "2"}

    @functools.cached_property
    def _schemas(self) -> "Schemas":
        from abeja_datasets_contract.check.document.schemas import Schemas

        return Schemas(self.document)

    def line(self, pointer: str) -> str:
        """Return where a place of the document is written."""
        return f"{DOCUMENT}:{self.document.line(pointer)}"

    def the_operation(self, operation: Operation) -> str:
        """Name an operation, with its place, as the cause of entries."""
        return f"the operation {operation.operation_id} ({self.line(operation.pointer)})"

    def the_part(self, operation: Operation, part: Part) -> str:
        """Name a parameter or a field, with its place, as the cause of entries."""
        kind = "field" if part.location == "body" else f"{part.location} parameter"
        return f"the {kind} {part.name} of {operation.operation_id} ({self.line(part.pointer)})"
