"""Values and responses as large as the document describes them: with each property and each header."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from abeja_datasets_contract.diff.samples.counterexamples import validator
from abeja_datasets_contract.diff.samples.merging import Merged
from abeja_datasets_contract.diff.samples.sampler import NoSample, Sampler
from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.diff.schemas.schemas import Schemas
from abeja_datasets_contract.openapi.media_types import read
from abeja_datasets_contract.openapi.pointers import child

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

_TRIES = 40


class Reply(NamedTuple):
    """A response of the document.

    Attributes:
        status: its number.
        headers: by name.
        body: its text; empty for a response without one.
        media_type: of the body.
        pointer: its place in the document.
    """

    status: int
    headers: dict[str, str]
    body: str
    media_type: str
    pointer: str


class _Full(Sampler):
    """Makes the largest value first."""

    def _objects(self, merged: Merged, depth: int) -> Iterator[dict[str, Any]]:
        full: dict[str, Any] = {}
        for name, schemas in merged.properties.items():
            try:
                full[name] = self._one(schemas, depth + 1)
            except NoSample:
                continue
        yield {**self._required(merged, depth, set(full)), **full}
        yield from super()._objects(merged, depth)

    def _arrays(self, merged: Merged, depth: int) -> Iterator[list[Any]]:
        least = int(merged.lower("minItems", 0))
        yield self._several(merged, max(least, 1), depth)
        yield from super()._arrays(merged, depth)


def value(document: "Document", pointer: str, direction: Direction, *, full: bool = True) -> Any:
    """Return a value of a schema: with all properties, or with those alone that are required.

    Raises:
        NoSample: none can be made.
    """
    schema = Schemas(document, direction, closed=True).whole(pointer)
    check = validator(schema)
    for turn in range(3):
        for candidate in islice((_Full if full else Sampler)(schema, turn).values(), _TRIES):
            if check is None or check.is_valid(candidate):
                return candidate
    raise NoSample


def replies(document: "Document", operation: str, *, full: bool = True) -> Iterator[Reply]:
    """Yield a response for each status of success that an operation documents, and that can be made."""
    place = child(operation, "responses")
    for key in document.mapping(place):
        if key[:1] == "2":
            try:
                yield _reply(document, document.follow(child(place, key)), key, full=full)
            except NoSample:
                continue


def _reply(document: "Document", pointer: str, key: str, *, full: bool) -> Reply:
    raw = document.mapping(pointer)
    headers = {}
    for name in raw.get("headers") or {}:
        header = document.follow(child(pointer, "headers", name))
        if (full or document.mapping(header).get("required")) and "schema" in document.mapping(header):
            headers[name] = str(value(document, child(header, "schema"), "response"))
    media = next(iter(raw.get("content") or {}), "")
    body = _body(document, child(pointer, "content", media), media, full=full) if media else ""
    return Reply(int(key) if key.isdecimal() else 200, headers, body, media, pointer)


def _body(document: "Document", pointer: str, media: str, *, full: bool) -> str:
    kind = read(media).subtype
    if kind != "json" and not kind.endswith("+json") and kind != "*":
        return "text"
    described = "schema" in document.mapping(pointer)
    return json.dumps(value(document, child(pointer, "schema"), "response", full=full) if described else "text")
