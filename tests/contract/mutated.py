"""Servers whose responses are wrong: in one property or status of one operation, or in anything at random."""

import json
import random
import re
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


_Mutate = Callable[[random.Random, Told], Told]
_TEXTS: tuple[Callable[[bytes], bytes], ...] = (
    lambda body: b"\xef\xbb\xbf" + body,
    lambda body: body.decode().encode("utf-16"),
    lambda body: body.replace(b"a", b"\xe9"),
    lambda body: body + body,
    lambda body: body[:-1] + b"," + body[-1:],
    lambda body: body.replace(b'"name"', b'"dataset_id":"x","dataset_id"'),
    lambda body: body.replace(b": {", b': {"a": NaN, "b": ', 1),
    lambda body: re.sub(rb": ?[0-9]+", b": 1e999", body),
    lambda body: re.sub(rb": ?[0-9]+", b": " + b"9" * 5000, body),
    lambda body: re.sub(rb": ?[0-9]+", b": 1e400000000", body),
    lambda body: re.sub(rb": ?[0-9]+", b": -0", body),
    lambda body: body.replace(b'": "', b'": "\\ud800'),
    lambda body: body.replace(b'": "', b'": "\\u0000'),
    lambda body: body.replace(b"{}", b"[" * 50_000 + b"]" * 50_000),
    lambda body: body.replace(b"{}", b'{"a":' * 900 + b"1" + b"}" * 900),
    lambda body: json.dumps(body.decode()).encode(),
    lambda _: b"<!doctype html><title>502 Bad Gateway</title>",
    lambda body: b"jsonp(" + body + b")",
)


def _on_records(edit: Callable[[dict[str, Any]], Any]) -> Callable[[Any], Any]:
    def on(value: Any) -> Any:
        if isinstance(value, list):
            return [on(inner) for inner in value]
        if isinstance(value, dict) and isinstance(value.get("items"), list):
            return {**value, "items": on(value["items"])}
        return edit(value) if isinstance(value, dict) else value

    return on


def _without(name: str) -> Callable[[Any], Any]:
    return _on_records(lambda record: EDITS["missing"](record, name))


def _constant(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


def _put(make: Callable[[Any], Any], *names: str) -> Callable[[Any], Any]:
    return _on_records(lambda record: {key: make(old) if key in names else old for key, old in record.items()})


def _emptied(value: Any) -> Any:
    if isinstance(value, list):
        return []
    return {**value, "items": []} if isinstance(value, dict) and "items" in value else value


_ID_NAMES = ("dataset_id", "dataset_item_id")
_IDS: tuple[Any, ...] = (
    0, 1, -1, 10**30, 10**400, "1", "x", "", "..", None, True, 1.5, [], {}, "\ud800", "9" * 5000, "a/b", "\u0661", "٣",
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    None, "", 0, [], {}, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:60", "\udfff", 10**400,
)  # fmt: skip
HABITS: dict[str, Callable[[Any], Any]] = {
    "lists are empty": _emptied,
    "lists have nulls": lambda v: [None, *v] if isinstance(v, list) else v,
    "items are null": lambda v: {**v, "items": None} if "items" in v else v,
    "items have nulls": lambda v: {**v, "items": [None, *v["items"]]} if "items" in v else v,
    "items are an object": lambda v: {**v, "items": dict(enumerate(v["items"]))} if "items" in v else v,
    "a list for an object": lambda v: [v],
    "an object for a list": lambda v: {"data": v},
    "the first of a list": lambda v: v[0] if isinstance(v, list) and v else v,
    "ids as text": _put(str, *_ID_NAMES),
    "ids as numbers": _put(lambda old: int(old) if str(old).isdigit() else 7, *_ID_NAMES),
    "ids beyond 64 bits": _put(lambda old: 10**25 + int(old) if str(old).isdigit() else old, *_ID_NAMES),
    "tokens are numbers": _put(lambda _: 7, "next_page_token"),
    "tokens are objects": lambda v: {**v, "next_page_token": {"a": 1}} if "items" in v else v,
    "tokens for ever": lambda v: {**v, "next_page_token": "x"} if "items" in v else v,
    "counts are negative": lambda v: {**v, "total_count": -1} if "total_count" in v else v,
    "counts are huge": lambda v: {**v, "total_count": 10**400} if "total_count" in v else v,
    "more properties": _on_records(lambda record: {**record, "": None, "a b": [record], "items_": 1}),
    "items beside": _on_records(lambda record: {**record, "items": [record]}),
    "all null": _on_records(dict.fromkeys),
    "all lists": _on_records(lambda record: {key: [old] for key, old in record.items()}),
    "all text": _on_records(lambda record: {key: json.dumps(old) for key, old in record.items()}),
    "all of one name": _put(lambda _: "the same", "name"),
    "nothing in it": _on_records(lambda _: {}),
    "numbers for it": _on_records(lambda _: 1),
    **{f"ids are the same {n}": _put(_constant(value), *_ID_NAMES) for n, value in enumerate(_IDS)},
    **{f"ids of items are the same {n}": _put(_constant(value), _ID_NAMES[1]) for n, value in enumerate(_IDS)},
    **{
        f"{name} is the same {n}": _put(_constant(value), name)
        for name in (
            "created_at",
            "updated_at",
            "name",
            "type",
            "props",
            "attributes",
            "source_data",
            "organization_id",
        )
        for n, value in enumerate(_ODD)
    },
    **{f"no {name}": _without(name) for name in (*_DATASET, *_ITEM)},
}


def at_random(seed: int) -> Wrap:
    """Build a server that mutates the responses of some operations, each in a way of its own."""
    chance = random.Random(seed)
    known = list(installed().operations)
    chosen = set(chance.sample(known, chance.choice((1, 2, len(known)))))
    often = chance.choice((0.05, 0.5, 1.0))
    kinds: list[_Mutate] = chance.sample(
        (_json, _json, _body, _status, _header, _truncated, _raw), chance.choice((1, 1, 3))
    )
    if chance.random() < 0.4:
        kinds, often = [_always(chance.choice(list(HABITS.values())))], chance.choice((often, 1.0))

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        mutates = (asked.operation or "") in chosen and chance.random() < often
        return chance.choice(kinds)(chance, told) if mutates else told

    return wrap


def _always(habit: Callable[[Any], Any]) -> _Mutate:
    """Build the mutation of a server that is wrong in the same way each time."""

    def mutate(_chance: random.Random, told: Told) -> Told:
        try:
            return told.but(json=habit(told.json)) if told.status < 300 else told
        except ValueError:
            return told

    return mutate


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


def _raw(chance: random.Random, told: Told) -> Told:
    return told.but(body=chance.choice(_TEXTS)(told.body))


def _header(chance: random.Random, told: Told) -> Told:
    return told.header(*chance.choice(_HEADERS))


def _truncated(chance: random.Random, told: Told) -> Told:
    return told.but(body=told.body[: chance.randrange(len(told.body) + 1)])
