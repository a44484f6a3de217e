"""The document as the check reads it: operations, their documented responses, limits, and validators of its schemas.

The document that the client was generated from ships as data of its package, which is found without being imported.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs

from abeja_datasets_contract.openapi import Document, DocumentError
from abeja_datasets_contract.openapi.operations import Parameter, operations
from abeja_datasets_contract.openapi.pointers import child, join
from abeja_datasets_contract.openapi.reading import load_file
from abeja_datasets_contract.openapi.requirements import secured
from abeja_datasets_contract.openapi.responses import covering, json_key, json_media, responses

from .ids import IDS, PLACEHOLDER, ordered
from .options import CheckFailed, Skip
from .sources import Location, Source

PAGE_SIZES = {"list_datasets": "max_results", "list_dataset_items": "limit"}
"""The parameter of each list that bounds a page."""
_SUCCESSES, _ERRORS = range(200, 300), range(400, 500)
_OWN_MEANING = ("401", "403", "404", "405", "429")
"""Statuses of refusals that say more than that a request is wrong."""
_OF_THE_PROMISE = ("headers", "properties")
_NO_LIMIT = 1000
_FIRST = "list_datasets"
_OF_WRITES = ("get_dataset", "delete_dataset")


@dataclass(frozen=True)
class Bounds:
    """What a number that is a parameter may be."""

    least: int
    most: int | None
    """None where the document has no maximum."""
    default: int | None

    @property
    def largest(self) -> int:
        """The largest value to send."""
        return _NO_LIMIT if self.most is None else self.most


@dataclass(frozen=True)
class Operation:
    """A documented operation."""

    name: str
    """The operationId."""
    method: str
    path: str
    """The template, such as `/organizations/{organization_id}/datasets/`."""
    pointer: str
    responses: Mapping[str, Mapping[str, Any]]
    """By what the document calls them: a status, a range (`4XX`) or `default`."""
    request_schema: Mapping[str, Any] | None
    request_example: Any
    """The documented request; None for an operation without a body."""
    parameters: tuple[Parameter, ...]
    secured: bool
    """Whether it needs a credential."""

    @property
    def within_organization(self) -> bool:
        """Whether its path has the organization first, and no more ids than the check knows."""
        names = PLACEHOLDER.findall(self.path)
        return 0 < len(names) <= len(IDS) and not any(name in IDS[1:] for name in names[:1])

    def response(self, status: int) -> Mapping[str, Any] | None:
        """Return the documented response of a status; None where the document has none for it."""
        key = covering(status, self.responses)
        return None if key is None else self.responses[key]

    @property
    def successes(self) -> Sequence[int]:
        """The documented statuses of success; all of them where a range or `default` stands for them."""
        exact = tuple(int(key) for key in self.responses if re.fullmatch(r"2\d\d", key))
        ranged = "2XX" in map(str.upper, self.responses)
        return _SUCCESSES if ranged or not exact else exact

    def allowed(self, statuses: Sequence[int]) -> Sequence[int]:
        """Return the statuses that the document allows where the contract, as it was first written, has these.

        A documented status is itself. For another, what the document has in its place is allowed too.
        """
        found: dict[int, None] = {}
        for status in statuses:
            found.update(dict.fromkeys((status, *self._instead_of(status))))
        return tuple(found)

    def _instead_of(self, status: int) -> Sequence[int]:
        if str(status) in self.responses:
            return ()
        if status in _SUCCESSES:
            return self.successes
        if status not in _ERRORS or str(status) in _OWN_MEANING[:1]:
            return ()
        if covering(status, self.responses) is not None:
            return _ERRORS
        return tuple(int(key) for key in self.responses if re.fullmatch(r"4\d\d", key) and key not in _OWN_MEANING)

    def has(self, parameter: str) -> bool:
        """Return whether the operation has a query parameter of this name, in any case."""
        names = (known.name.lower() for known in self.parameters if known.location == "query")
        return parameter.lower().removesuffix("[]") in names


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

    @functools.cached_property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by operationId, in the order of the document; those without one are left out."""
        found = {}
        for known in operations(self.document).values():
            if "operationId" in known.raw:
                body = self.document.mapping(self._followed(child(known.pointer, "requestBody")))
                media = json_media(body)
                found[known.name] = Operation(
                    name=known.name,
                    method=known.method.upper(),
                    path=known.path,
                    pointer=known.pointer,
                    responses=responses(self.document, known.pointer),
                    request_schema=media.get("schema"),
                    request_example=self._example(media),
                    parameters=tuple(known.parameters.values()),
                    secured=secured(self.document, known),
                )
        return found

    def _example(self, media: Mapping[str, Any]) -> Any:
        examples = [self.resolved(example).get("value") for example in (media.get("examples") or {}).values()]
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

    def require_writable(self) -> None:
        """Check that the document has what shows and removes what a check makes.

        Raises:
            CheckFailed: it lacks an operation.
        """
        for name in _OF_WRITES:
            if name not in self.operations:
                why = "a check that writes needs it, to remove what it made and nothing else"
                raise CheckFailed(f"{self.document.name}: no operation has the operationId {name}; {why}")

    def is_empty(self, operation: str | None, status: int) -> bool:
        """Return whether the document describes a response without a body."""
        documented = self.operations[operation].response(status) if operation else None
        return documented is not None and not documented.get("content")

    def secured(self) -> list[str]:
        """List the operations that need a credential and whose paths hold nothing but the ids that the check knows."""
        return [name for name, known in self.operations.items() if known.secured and known.within_organization]

    @property
    def prefix(self) -> str:
        """What stands before the path of all operations, such as `/v2`."""
        path = self.operation("list_datasets").path
        return path.partition("{")[0].rstrip("/").rpartition("/")[0]

    def reads(self, name: str) -> bool:
        """Return whether an operation changes nothing; True for one that the document does not have."""
        return name not in self.operations or self.operations[name].method == "GET"

    def resolved(self, node: Any) -> Any:
        """Follow a `$ref` to what it names."""
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            node = self.document.at(node["$ref"])
        return node

    def validator(self, schema: Any) -> jsonschema_rs.Draft202012Validator:
        """Compile a schema of the document, whose references point into it."""
        if isinstance(schema, Mapping):
            around = {key: self.document.data[key] for key in ("components", "paths") if key in self.document.data}
            schema = {**around, **schema}
        return jsonschema_rs.Draft202012Validator(schema)

    @functools.cached_property
    def error_validator(self) -> jsonschema_rs.Draft202012Validator:
        """The schema of errors; one that allows everything where the document has none."""
        known = "Error" in self.document.mapping(join("components", "schemas"))
        return self.validator({"$ref": join("components", "schemas", "Error")} if known else {})

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
        given = frozenset(name for schema in schemas for name in self._given(schema or {}))
        return tuple(
            (operation.name, name, required)
            for operation in self.operations.values()
            for response in operation.responses.values()
            for name, required in self._named(json_media(response).get("schema", {}), given, ())
        )

    def _parts(self, schema: Any, around: tuple[int, ...] = ()) -> Iterator[Mapping[str, Any]]:
        """List a schema and those that it is composed of, down to the elements of arrays."""
        schema = self.resolved(schema)
        if not isinstance(schema, Mapping) or id(schema) in around:
            return
        yield schema
        inner = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
        for part in (*inner, schema.get("items", {})):
            if part:
                yield from self._parts(part, (*around, id(schema)))

    def _given(self, schema: Any) -> Iterator[str]:
        return (name for part in self._parts(schema) for name in part.get("properties", {}))

    def _named(self, schema: Any, given: frozenset[str], around: tuple[int, ...]) -> Iterator[tuple[str, bool]]:
        parts = [part for part in self._parts(schema) if id(part) not in around]
        required = {name for part in parts for name in part.get("required", ())}
        for part in parts:
            for name, inner in part.get("properties", {}).items():
                yield name, name in required
                if name not in given:
                    yield from self._named(inner, given, (*around, *map(id, parts)))

    def bounds(self, operation: str, parameter: str) -> Bounds:
        """Return what a parameter that is an integer may be.

        Raises:
            Skip: the document does not have it.
        """
        for known in self.operation(operation).parameters:
            if known.name == parameter and known.location == "query":
                parts = list(self._parts(known.raw.get("schema", {})))
                least = [part["minimum"] for part in parts if "minimum" in part]
                least += [part["exclusiveMinimum"] + 1 for part in parts if "exclusiveMinimum" in part]
                most = [part["maximum"] for part in parts if "maximum" in part]
                most += [part["exclusiveMaximum"] - 1 for part in parts if "exclusiveMaximum" in part]
                default = next((part["default"] for part in parts if isinstance(part.get("default"), int)), None)
                return Bounds(int(max(least, default=1)), int(min(most)) if most else None, default)
        raise Skip(f"the document has no parameter {parameter} of {operation}")

    def undocumented(self, name: str) -> str:
        """Return a name like this one that no operation has as a query parameter."""
        while any(known.has(name) for known in self.operations.values()):
            name += "_x"
        return name

    def lengths(self, operation: str, name: str) -> tuple[int, int | None]:
        """Return the smallest and the largest length of a text in the requests of an operation; None without one."""
        properties = (part.get("properties", {}) for part in self._parts(self.operation(operation).request_schema))
        parts = [part for known in properties if name in known for part in self._parts(known[name])]
        least = [part["minLength"] for part in parts if "minLength" in part]
        return max(least, default=0), min((part["maxLength"] for part in parts if "maxLength" in part), default=None)

    def size(self, operation: str, wanted: int) -> int:
        """Return a size of a page, or the nearest one that the document allows."""
        try:
            bounds = self.bounds(operation, PAGE_SIZES[operation])
        except Skip:
            return wanted
        return max(bounds.least, min(wanted, bounds.largest))

    def within(self, operation: str, query: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """Return query parameters, with an integer that is the size of a page as the document allows it."""
        size = PAGE_SIZES.get(operation)
        return [
            (name, self.size(operation, value) if name == size and type(value) is int else value)
            for name, value in query
        ]

    def ids_in(self, target: str) -> Mapping[str, str | None] | None:
        """Return the ids in the path of a request, quoted as they are there, by their names in `IDS`.

        A path may have another spelling than the documented one: with or without a slash at its end.

        Returns:
            None for a path that the document does not have.
        """
        matches = (pattern.fullmatch(target) for pattern in self._patterns)
        return next((match.groupdict() for match in matches if match), None)

    @functools.cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        # A literal segment goes before an id at the same place.
        paths = {known.path.rstrip("/") for known in self.operations.values()}
        return [re.compile(_pattern(path), re.DOTALL) for path in sorted(paths, key=lambda path: path.count("{"))]

    def locate(self, source: Source) -> Location:
        """Find a source in the document."""
        if source.kind == "reference":
            return Location(f"reference: {source.name}")
        pointer, parts = "#", source.parts
        if source.kind != "place":
            operation = self.operations.get(source.name)
            if operation is None:
                return Location(
                    "#/paths", self.document.line("#/paths"), f"the operation {source.name}", promised=False
                )
            pointer = operation.pointer
            if source.kind == "parameter":
                return self._located_parameter(operation, *parts)
        return self._located(pointer, parts)

    def _located_parameter(self, operation: Operation, name: str, *parts: str) -> Location:
        known = next((one for one in operation.parameters if one.name == name), None)
        if known is not None:
            return self._located(known.pointer, parts)
        gone = f"the parameter {name} of {operation.name}"
        return Location(operation.pointer, self.document.line(operation.pointer), gone, promised=False)

    def _located(self, start: str, parts: Sequence[str]) -> Location:
        """Walk down from a place, over references; a status and a media type are found in what stands for them."""
        pointer = start
        for number, part in enumerate(parts):
            holder = self.document.follow(pointer)
            key = _key(self.document.mapping(holder), part, parts[number - 1] if number else "")
            if key is None:
                promised = part != "requestBody" and (not number or parts[number - 1] not in _OF_THE_PROMISE)
                missing = child(start, *parts)
                return Location(pointer, self.document.line(pointer), missing, promised=promised)
            pointer = child(holder, key)
        return Location(pointer, self.document.line(pointer))


def _key(holder: Mapping[str, Any], part: str, above: str) -> str | None:
    if part in holder:
        return part
    if above == "responses":
        return covering(part, holder)
    return json_key(holder) if above == "content" else None


def _pattern(path: str) -> str:
    """Return a regular expression of a path that takes out its ids, and as `below` what is behind the dataset's."""
    names, literals = ordered(path), PLACEHOLDER.split(path)[::2]
    text = re.escape(literals[0])
    for name, literal in zip(dict.fromkeys(names), literals[1:], strict=False):
        below = "(?P<below>" if name == "dataset_id" else ""
        group = re.sub(r"\W", "_", name)
        text += f"(?P<{group}>[^/?]+){below}{re.escape(literal)}"
    return rf"{text}{')' if '(?P<below>' in text else ''}/?(?:\?.*)?"


def document_path() -> Path:
    """Return the path of the document that is installed with the client.

    Raises:
        FileNotFoundError: the package that holds it is not installed.
    """
    spec = find_spec("abeja_datasets_openapi")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package abeja_datasets_openapi, which holds openapi.yaml, is not installed")
    return Path(spec.submodule_search_locations[0]) / "openapi.yaml"


def contract_of(document: Path | None = None) -> Contract:
    """Read a document, or the one that is installed with the client. A file that has not changed is read once.

    Raises:
        ValueError: it can't be read, is not an OpenAPI 3.1 document, has a schema that is no JSON Schema, or lacks the
            list of datasets, with which each check begins; the message is one line.
    """
    if document is None:
        return installed()
    try:
        stat = document.stat()
        return _read(document, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise ValueError(f"{document}: {error.strerror}") from error
    except (DocumentError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error


@functools.cache
def installed() -> Contract:
    """Return the document that is installed with the client."""
    path = document_path()
    return Contract(load_file(path), path)


@functools.lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _size: int) -> Contract:
    contract = Contract(load_file(path), path)
    if _FIRST not in contract.operations:
        raise DocumentError(f"{path.name}: no operation has the operationId {_FIRST}, which each check begins with")
    for name, operation in contract.operations.items():
        contents = [(f"response {status}", json_media(known)) for status, known in operation.responses.items()]
        for what, media in (("request", {"schema": operation.request_schema}), *contents):
            try:
                contract.validator(media.get("schema") or {})
            except ValueError as error:
                raise DocumentError(
                    f"{path.name}: {name}: the schema of its {what} is not a JSON Schema: {error}"
                ) from error
    return contract
