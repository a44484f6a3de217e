"""The document as the check asks it: operations, limits, and what a response may lack."""

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs

from abeja_datasets_contract.check.options import CheckFailed, Skip
from abeja_datasets_contract.openapi import Document, DocumentError
from abeja_datasets_contract.openapi.operations import Operation as Described
from abeja_datasets_contract.openapi.operations import operations
from abeja_datasets_contract.openapi.pointers import child, join
from abeja_datasets_contract.openapi.requirements import elsewhere, secured
from abeja_datasets_contract.openapi.responses import JSON, json_media, responses

from .locating import locate
from .naming import KNOWN, Paths, named
from .operation import Bounds, Operation
from .parameters import not_allowed
from .schemas import Schemas
from .sources import Location, Source

PAGE_SIZES = {"list_datasets": "max_results", "list_dataset_items": "limit"}
"""The parameter of each list that bounds a page."""
_NEEDED = {"list_datasets": ("next_token",), "list_dataset_items": ("next_page_token", "q")}
"""The other parameters, without which a request asks for something else."""
_OURS = ("name", "type", "props", "source_data", "attributes", "dataset_item_id")
"""The properties of requests that the check knows."""
_LONGEST = 200
_OF_WRITES = ("get_dataset", "delete_dataset")


class Contract:
    """A document, and what the check asks of it.

    Args:
        document: an OpenAPI 3.1 document.
        path: its file.

    Raises:
        DocumentError: it is written in OpenAPI 3.0, whose schemas are not JSON Schema.
    """

    def __init__(self, document: Document, path: Path) -> None:
        if document.is_3_0:
            raise DocumentError(f"{document.where('#/openapi')}: the check reads OpenAPI 3.1; convert the document")
        self.document = document
        self.path = path
        self.schemas = Schemas(document)
        self._validators: dict[int, jsonschema_rs.Draft202012Validator] = {}

    @functools.cached_property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by what the check calls them, in the order of the document."""
        return {name: self._operation(name, known) for name, known in named(operations(self.document).values()).items()}

    def _operation(self, name: str, known: Described) -> Operation:
        media = json_media(self.document.mapping(self._followed(child(known.pointer, "requestBody"))))
        return Operation(
            name=name,
            label=known.raw.get("operationId", name),
            method=known.method.upper(),
            path=known.path,
            pointer=known.pointer,
            responses=responses(self.document, known.pointer),
            request_schema=media.get("schema"),
            request_example=self._example(media),
            parameters=tuple(known.parameters.values()),
            secured=secured(self.document, known),
            elsewhere=elsewhere(self.document, known),
        )

    def _example(self, media: Mapping[str, Any]) -> Any:
        examples = [self.schemas.resolved(example).get("value") for example in (media.get("examples") or {}).values()]
        return examples[0] if examples else media.get("example")

    def _followed(self, pointer: str) -> str:
        try:
            return self.document.follow(pointer)
        except KeyError:
            return pointer

    def operation(self, name: str) -> Operation:
        """Return an operation.

        Raises:
            Skip: the document does not have it.
        """
        found = self.operations.get(name)
        if found is None:
            raise Skip(f"the document has no operation {name}")
        return found

    def responses_of(self, operation: str | None, about: str) -> str:
        """Return the name of the clause about the `status`, the `body` or the `error` of an operation's responses."""
        return f"responses.{self.operations[operation].label if operation else 'undocumented'}.{about}"

    def require_writable(self) -> None:
        """Check that the document has what shows and removes what a check makes.

        Raises:
            CheckFailed: it lacks an operation.
        """
        for name in _OF_WRITES:
            if name not in self.operations:
                why = "a check that writes needs it, to remove what it made and nothing else"
                raise CheckFailed(f"{self.document.name}: no operation has the operationId {name} or its place; {why}")

    def require_authorization(self) -> None:
        """Check that each operation accepts a credential in the header `Authorization`, where the check sends it.

        Raises:
            CheckFailed: an operation requires another credential, such as an API key in a header of its own.
        """
        for name, known in self.operations.items():
            if known.elsewhere and name in KNOWN:
                raise CheckFailed(
                    f"{self.document.where(known.pointer)}: {known.label} requires {known.elsewhere}; the check sends"
                    " its credential only in the header Authorization; a proxy in front of the server can move it there"
                )

    def is_empty(self, operation: str | None, status: int) -> bool:
        """Return whether the document describes a response without a body."""
        documented = self.operations[operation].response(status) if operation else None
        return documented is not None and not documented.get("content")

    def media_types(self, operation: str | None, status: int) -> Sequence[str]:
        """Return the documented media types of a response; JSON where the document has none for it.

        A response to what is not a documented operation, such as another spelling of a path, may have any of them.
        """
        if operation is None:
            return self._media_types
        documented = self.operations[operation].response(status) or {}
        return [*(documented.get("content") or (JSON,))]

    @functools.cached_property
    def _media_types(self) -> Sequence[str]:
        every = (each for known in self.operations.values() for each in known.responses.values())
        return [*dict.fromkeys((JSON, *(kind for each in every for kind in each.get("content") or ())))]

    def secured(self) -> list[str]:
        """List the operations that need a credential and whose paths hold nothing but the ids that the check knows."""
        return [name for name, known in self.operations.items() if known.secured and self.paths.fits(known.path)]

    @functools.cached_property
    def paths(self) -> Paths:
        """The paths of the operations."""
        return Paths({name: known.path for name, known in self.operations.items()})

    @property
    def prefix(self) -> str:
        """What stands before the path of all operations, such as `/v2`."""
        path = self.operation("list_datasets").path
        return path.partition("{")[0].rstrip("/").rpartition("/")[0]

    def reads(self, name: str) -> bool:
        """Return whether an operation changes nothing; True for one that the document does not have."""
        return name not in self.operations or self.operations[name].method == "GET"

    def understands(self, name: str) -> bool:
        """Return whether the check knows what an operation changes."""
        return name in KNOWN or self.reads(name)

    @functools.cached_property
    def error_validator(self) -> jsonschema_rs.Draft202012Validator:
        """The schema of errors; one that allows everything where the document has none."""
        known = "Error" in self.document.mapping(join("components", "schemas"))
        return self.schemas.validator({"$ref": join("components", "schemas", "Error")} if known else {})

    @functools.cached_property
    def optional_properties(self) -> Mapping[str, frozenset[str]]:
        """The properties that a response need not have, each with the operations whose responses may lack it.

        What is inside a property that a request has too is left out: that comes back as it was given.
        """
        found: dict[str, set[str]] = {}
        for operation, name, required in self._properties:
            if not required:
                found.setdefault(name, set()).add(operation)
        return {name: frozenset(names) for name, names in found.items()}

    def may_lack(self, name: str, operation: str | None = None) -> bool:
        """Return whether a dataset or an item in a response of an operation, or of any one, need not have a property.

        It need not where the property is optional, or where no schema of these responses has it any more.
        """
        where = {known for known, documented, _ in self._properties if documented == name}
        optional = self.optional_properties.get(name, frozenset())
        return bool(optional) or not where if operation is None else operation in optional or operation not in where

    @functools.cached_property
    def _properties(self) -> tuple[tuple[str, str, bool], ...]:
        """The operation, the name, and whether it is required, of each property of a response."""
        schemas = (known.request_schema for known in self.operations.values())
        given = frozenset(name for schema in schemas for name in self.schemas.given(schema or {}))
        return tuple(
            (operation.name, name, required)
            for operation in self.operations.values()
            for response in operation.responses.values()
            for name, required in self.schemas.named(json_media(response).get("schema", {}), given)
        )

    def bounds(self, operation: str, parameter: str) -> Bounds:
        """Return what a parameter that is an integer may be.

        Raises:
            Skip: the document does not have it.
        """
        for known in self.operation(operation).parameters:
            if known.name == parameter and known.location == "query":
                return Bounds(*self.schemas.bounds(known.raw.get("schema", {})))
        raise Skip(f"the document has no parameter {parameter} of {operation}")

    def undocumented(self, name: str) -> str:
        """Return a name like this one that no operation has as a query parameter."""
        while any(known.has(name) for known in self.operations.values()):
            name += "_x"
        return name

    def lengths(self, operation: str, name: str) -> tuple[int, int | None]:
        """Return the smallest and the largest length of a text in the requests of an operation; None without one."""
        return self.schemas.lengths(self.operation(operation).request_schema, name)

    def size(self, operation: str, wanted: int) -> int:
        """Return a size of a page, or the nearest one that the document allows."""
        try:
            bounds = self.bounds(operation, PAGE_SIZES[operation])
        except Skip:
            return wanted
        return max(bounds.least, min(wanted, bounds.largest))

    def within(self, operation: str, query: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """Return query parameters as the document allows them, with those that it requires.

        An integer that is the size of a page is within its bounds, and left out where the document has no such size.

        Raises:
            Skip: the document lacks another one of them, or requires one that the check has no value for.
        """
        known, size = self.operation(operation), PAGE_SIZES.get(operation)
        pairs = []
        for name, value in query:
            if name in _NEEDED.get(operation, ()) and not known.has(name):
                raise Skip(f"the document has no parameter {name} of {operation}")
            if name != size or type(value) is not int:
                pairs.append((name, value))
            elif known.has(name):
                pairs.append((name, self.size(operation, value)))
        return [*pairs, *self.required(operation, "query", {name for name, _ in pairs})]

    def required(self, operation: str, location: str, given: Collection[str]) -> list[tuple[str, Any]]:
        """Return the parameters that an operation requires in the query or the head, beside those that are given.

        Raises:
            Skip: the document has no value to send for one.
        """
        parameters = [known for known in self.operation(operation).parameters if known.location == location]
        missing = [known for known in parameters if known.raw.get("required") and known.name not in given]
        for known in missing:
            if known.name in _NEEDED.get(operation, ()):
                raise Skip(f"with {known.name} required, {operation} does not list everything")
        return [(known.name, self._value(known.raw, f"the parameter {known.name}", operation)) for known in missing]

    def completed(self, operation: str, body: Any) -> Any:
        """Return a body with the properties that the document requires and the check does not know.

        Raises:
            Skip: the document has no value to send for one.
        """
        schema = self.operation(operation).request_schema
        if isinstance(body, list):
            return [self._completed(operation, schema, entry) for entry in body]
        return self._completed(operation, schema, body)

    def _completed(self, operation: str, schema: Any, body: Any) -> Any:
        required = self.schemas.required(schema) if isinstance(body, dict) else {}
        missing = [name for name in required if name not in body and name not in _OURS]
        more = {name: self._value(required[name], f"the property {name}", operation) for name in missing}
        return {**body, **more} if more else body

    def require_allowed(self, operation: str, query: Iterable[tuple[str, Any]], body: Any = None) -> None:
        """Check that a request is one that the document describes.

        Raises:
            Skip: it does not allow a parameter or the body.
        """
        known = self.operation(operation)
        wrong = not_allowed(known, [*query], lambda schema, value: self._validator(schema).is_valid(value))
        if wrong is not None:
            raise Skip(f"the document does not allow {'='.join(wrong)} in {operation}")
        if body is not None and known.request_schema is not None:
            for error in self._validator(known.request_schema).iter_errors(body):
                raise Skip(f"the document does not allow this request of {operation}: {error.message[:_LONGEST]}")

    def _validator(self, schema: Any) -> jsonschema_rs.Draft202012Validator:
        if id(schema) not in self._validators:
            self._validators[id(schema)] = self.schemas.validator(schema)
        return self._validators[id(schema)]

    def _value(self, holder: Mapping[str, Any], what: str, operation: str) -> Any:
        for found in self.schemas.examples(holder):
            return found
        raise Skip(f"the document requires {what} of {operation}, and has neither an example nor a default of it")

    def locate(self, source: Source) -> Location:
        """Return where a source is in the document."""
        return locate(self.document, self.operations, source)
