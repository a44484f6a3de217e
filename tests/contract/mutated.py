"""Servers whose responses are wrong: in one property or status of one operation, or in anything at random."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.contract.faulty import Ask, Asked, Told, Wrap

from abeja_datasets_contract.check.document import installed

_ITEM = ("dataset_id", "dataset_item_id", "source_data", "attributes", "created_at", "updated_at")
_DATASET = ("organization_id", "dataset_id", "name", "type", "props", "created_at", "updated_at")
_MORE = {"get_dataset": ("total_count",), "list_dataset_items": ("items", "total_count", "next_page_token")}
_Edit = Callable[[dict[str, Any], str], dict[str, Any]]
EDITS: dict[str, _Edit] = {
    "missing": lambda record, name: {key: value for key, value in record.items() if key != name},
    "renamed": lambda record, name: {f"{key}X" if key == name else key: value for key, value in record.items()},
    "of another type": lambda record, name: {**record, name: [1.5]},
    "null": lambda record, name: {**record, name: None},
}


def properties() -> Iterator[tuple[str, str]]:
    for operation in installed().operations:
        record = _ITEM if "item" in operation else _DATASET
        yield from ((operation, name) for name in (*record, *_MORE.get(operation, ())))


def statuses() -> Iterator[tuple[str, int, int]]:
    """List each documented status of each operation but 500, with other ones of its class."""
    for operation, known in installed().operations.items():
        for status in map(int, known.responses):
            others = {2: (202, 203), 4: (400, 401, 403, 404, 409, 422)}.get(status // 100, ())
            yield from ((operation, status, other) for other in others if other != status)


def wrong_property(operation: str, name: str, edit: _Edit) -> Wrap:
    def edited(value: Any) -> Any:
        if isinstance(value, list):
            return [edited(inner) for inner in value]
        if isinstance(value, dict) and name in value:
            return edit(value, name)
        return {**value, "items": edited(value["items"])} if isinstance(value, dict) and "items" in value else value

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        return told.but(json=edited(told.json)) if asked.operation == operation and told.status < 300 else told

    return wrap


def wrong_status(operation: str, status: int, other: int) -> Wrap:
    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        return told.but(status=other) if (asked.operation, told.status) == (operation, status) else told

    return wrap


def _nested() -> Any:
    value: Any = []
    for _ in range(400):
        value = [value]
    return value


_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 10**400, 1.5, "", ".", "..", "x", "1", "\ud800", "9" * 5000, [], {}, [[]], [None],
    {"dataset_id": 1}, _nested(), "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "\uff21\uff22", 5e-324,
)  # fmt: skip
_BODIES = (b"", b"null", b"[]", b"{}", b"1", b'"x"', b"<html>", b"\xff\xfe", b"NaN", b"[" * 5000, b"1" * 5000)
_HEADERS = (
    ("content-type", "text/html"), ("content-type", ""), ("content-type", "\xff"), ("location", "http://[::1"),
    ("x-next-token", ""), ("x-next-token", "\xff \xe9"), ("date", "Sun, 99 Foo 99999 00:00:00 -9999"), ("allow", ",,"),
)  # fmt: skip


def at_random(seed: int) -> Wrap:
    """Build a server that mutates the responses of some operations, each in a way of its own."""
    chance = random.Random(seed)
    known = list(installed().operations)
    chosen = set(chance.sample(known, chance.choice((1, 2, len(known)))))
    often = chance.choice((0.05, 0.5, 1.0))
    kinds = chance.sample((_json, _json, _body, _status, _header, _truncated), chance.choice((1, 1, 3)))

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        mutates = (asked.operation or "") in chosen and chance.random() < often
        return chance.choice(kinds)(chance, told) if mutates else told

    return wrap


def _json(chance: random.Random, told: Told) -> Told:
    try:
        return told.but(json=_mutated(chance, told.json))
    except ValueError:
        return told


def _mutated(chance: random.Random, value: Any) -> Any:
    """Replace, remove or double a value at a random place."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.1:
        return chance.choice(_VALUES)
    key = chance.choice(list(value)) if isinstance(value, dict) else chance.randrange(len(value))
    copied = json.loads(json.dumps(value))
    if chance.random() < 0.3:
        del copied[key]
    else:
        copied[key] = _mutated(chance, value[key])
    return copied


def _body(chance: random.Random, told: Told) -> Told:
    return told.but(body=chance.choice(_BODIES))


def _status(chance: random.Random, told: Told) -> Told:
    return told.but(status=chance.choice((200, 201, 204, 206, 302, 400, 401, 404, 405, 418, 500, 599)))


def _header(chance: random.Random, told: Told) -> Told:
    return told.header(*chance.choice(_HEADERS))


def _truncated(chance: random.Random, told: Told) -> Told:
    return told.but(body=told.body[: chance.randrange(len(told.body) + 1)])
