"""Whether a document describes a request, or a response: all that stands against it.

Independent of what finds changes, so that a counterexample is confirmed by other code than made it. Described is what
the document describes: a property, a parameter or a status that it does not name is not, even where nothing forbids it.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal
from urllib.parse import unquote

from abeja_datasets_contract.diff.messages.messages import Request, Response, credential
from abeja_datasets_contract.diff.samples.counterexamples import validator
from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.diff.schemas.schemas import Schemas
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.pointers import child
from abeja_datasets_contract.openapi.requirements import scheme

Objection = Literal[
    "operation", "unknown parameter", "missing parameter", "parameter", "body", "missing body", "property",
    "media type", "credential", "status", "header", "missing header", "unsure",
]  # fmt: skip
"""What stands against a message; `unsure` where nothing decides it."""
_IGNORED = ("accept", "content-type", "authorization")
"""Header parameters of these names are none, as the OpenAPI Specification says."""


class Judge:
    """Judges messages by one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._templates = {template: _pattern(template) for template in document.data.get("paths", {})}
        kinds: tuple[Direction, ...] = ("request", "response")
        self._schemas = {
            (direction, closed): Schemas(document, direction, closed=closed)
            for direction in kinds
            for closed in (True, False)
        }
        self._validator = cache(lambda *way: validator(self._schemas[way[:2]].whole(way[2])))

    def request(self, request: Request) -> set[Objection]:
        """Return what stands against a request; nothing where the document describes it."""
        found: list[set[Objection]] = [set(self._objections(request, *match)) for match in self._matching(request)]
        return min(found, key=len) if found else {"operation"}

    def response(self, operation: str, response: Response) -> set[Objection]:
        """Return what stands against a response of the operation at a pointer."""
        return set(self._against(operation, response))

    def _at(self, place: str, *keys: str | int) -> tuple[str, Any]:
        pointer = self._document.follow(child(place, *keys))
        return pointer, self._document.at(pointer)

    def _matching(self, request: Request) -> Iterator[tuple[str, dict[str, str]]]:
        """Return the path items that a method and path may mean, and the texts of the path's parameters."""
        for template, pattern in self._templates.items():
            match = pattern.fullmatch(request.path)
            if match:
                item, raw = self._at("#", "paths", template)
                if isinstance(raw.get(request.method.lower()), dict):
                    names = re.findall(r"\{([^}]*)\}", template)
                    yield item, dict(zip(names, map(unquote, match.groups()), strict=True))

    def _objections(self, request: Request, item: str, path: dict[str, str]) -> Iterator[Objection]:
        operation = child(item, request.method.lower())
        raw = self._document.at(operation)
        places = {**request.parameters, "path": path}
        given = {(place, name): value for place, some in places.items() for name, value in some.items()}
        yield from self._against_parameters(_folded(given), self._parameters(item, operation))
        requirements = raw.get("security", self._document.data.get("security", [])) or [{}]
        if not any(self._needs(one) <= set(request.credentials) for one in requirements):
            yield "credential"
        if "requestBody" not in raw:
            if request.media_type is not None:
                yield "body"
            return
        place, body = self._at(operation, "requestBody")
        if request.media_type is not None:
            yield from self._against_body("request", place, request.media_type, request.body)
        elif body.get("required"):
            yield "missing body"

    def _parameters(self, *holders: str) -> dict[tuple[str, str], str]:
        found = {}
        for holder in holders:
            for index in range(len(self._document.at(holder).get("parameters", []))):
                pointer, raw = self._at(holder, "parameters", index)
                found[raw.get("in"), raw.get("name")] = pointer
        return {key: place for key, place in _folded(found).items() if key[0] != "header" or key[1] not in _IGNORED}

    def _against_parameters(self, given: dict[Any, Any], known: dict[Any, str]) -> Iterator[Objection]:
        for key, value in given.items():
            if key in known:
                yield from self._against_value("parameter", "request", known[key], value)
            else:
                yield "unknown parameter"
        for key, place in known.items():
            if key not in given and (self._document.at(place).get("required") or key[0] == "path"):
                yield "missing parameter"

    def _against_value(
        self, kind: Literal["parameter", "header"], direction: Direction, place: str, value: Any
    ) -> Iterator[Objection]:
        """Judge a value that is written as text, and so may be a text or what the text means."""
        if "schema" in self._document.at(place):
            verdicts = [self._valid(direction, child(place, "schema"), one, closed=False) for one in _readings(value)]
            if True not in verdicts:
                yield "unsure" if None in verdicts else kind

    def _against_body(self, direction: Direction, holder: str, media_type: str, body: Any) -> Iterator[Objection]:
        content = self._document.at(holder).get("content", {})
        kinds = [kind for kind in content if _means(kind, media_type)]
        if not kinds:
            yield "media type"
        elif "schema" in content[kinds[0]]:
            place = child(holder, "content", kinds[0], "schema")
            as_written = self._valid(direction, place, body, closed=False)
            if as_written is None:
                yield "unsure"
            elif not as_written:
                yield "body"
            elif not self._valid(direction, place, body, closed=True):
                yield "property"

    def _valid(self, direction: Direction, place: str, value: Any, *, closed: bool) -> bool | None:
        check = self._validator(direction, closed, place)
        return None if check is None else bool(check.is_valid(value))

    def _needs(self, requirement: dict[str, list[str]]) -> set[str]:
        return set(needed(self._document, requirement))

    def _against(self, operation: str, response: Response) -> Iterator[Objection]:
        statuses = {str(key).upper(): str(key) for key in self._document.at(operation).get("responses", {})}
        keys = (str(response.status), f"{str(response.status)[0]}XX", "DEFAULT")
        key = next((statuses[key] for key in keys if key in statuses), None)
        if key is None:
            yield "status"
            return
        place, raw = self._at(operation, "responses", key)
        given = {name.lower(): value for name, value in response.headers.items()}
        for name in raw.get("headers", {}):
            header, described = self._at(place, "headers", name)
            if name.lower() in given:
                yield from self._against_value("header", "response", header, given[name.lower()])
            elif described.get("required") and name.lower() != "content-type":
                yield "missing header"
        if response.media_type is not None:
            yield from self._against_body("response", place, response.media_type, response.body)
        elif raw.get("content"):
            yield "missing body"


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("([^/]+)".join(re.escape(part) for part in re.split(r"\{[^}]*\}", template)))


def needed(document: Document, requirement: dict[str, list[str]]) -> Iterator[str]:
    """List what a request has to carry for a security requirement."""
    for name, scopes in requirement.items():
        known = scheme(document, name) or {"type": "apiKey", "name": name, "in": "document under no such name"}
        yield credential(known)
        yield from (f"{credential(known)} with the scope {scope}" for scope in scopes)


def _folded(found: dict[Any, Any]) -> dict[Any, Any]:
    """Fold the case of headers, which has no meaning."""
    return {(place, name.lower() if place == "header" else name): value for (place, name), value in found.items()}


def _readings(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, str):
        try:
            yield json.loads(value)
        except ValueError:
            return
    else:
        yield json.dumps(value)


def _means(kind: str, media_type: str) -> bool:
    """Return whether a media type or range of a document takes a media type, whose parameters are left out."""
    mine, other = (text.split(";")[0].strip().lower() for text in (kind, media_type))
    return mine in (other, "*/*") or (mine.endswith("/*") and other.startswith(mine[:-1]))
