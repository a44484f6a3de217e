"""Servers that keep the contract in another way than the mock server does: each thing that the document leaves open."""

import asyncio
import itertools
import json
import random
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from tests.contract.faults.kit import UNREADABLE, each, query, without
from tests.contract.faulty import Ask, Asked, Told, Wrap

from abeja_datasets_contract.check.document import installed
from abeja_datasets_mock import Like


class Variant(NamedTuple):
    """A server without a fault."""

    wrap: Wrap
    like: Like = "documented"


VARIANTS: dict[str, Variant] = {}
_STAMPS = ("created_at", "updated_at")
_MOST = 40


def _variant(wrap: Wrap) -> Wrap:
    VARIANTS[wrap.__name__] = Variant(wrap)
    return wrap


def _edited(name: str, edit: Callable[[Any], Any]) -> None:
    """Add a server that writes each dataset and each item otherwise."""

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        return told.but(json=each(told.json, edit)) if told.status < 300 and asked.operation else told

    VARIANTS[name] = Variant(wrap)


def _stamped(name: str, write: Callable[[str], str]) -> None:
    _edited(name, lambda r: {key: write(value) if key in _STAMPS else value for key, value in r.items()})


_stamped("timestamps with an offset", lambda text: f"{text}+00:00")
_stamped("timestamps with a Z and milliseconds", lambda text: f"{text[:23]}Z")
_stamped("a clock of whole seconds", lambda text: text[:19])
_edited("more properties", lambda r: {**r, "etag": "x", "links": {"self": None}, "count": 7})


MEANT = {"next_page_token"}
"""Optional properties whose absence says something: without a token there would be no second page."""


def _without(name: str, of: frozenset[str]) -> None:
    """Add a server that leaves a property out of its responses."""

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        return told.but(json=without(name)(told.json)) if asked.operation in of and told.body else told

    VARIANTS[f"without {name}"] = Variant(wrap)


for _name, _operations in installed().optional_properties.items():
    if _name not in MEANT:
        _without(_name, _operations)


async def with_counts_that_have_a_fraction(asked: Asked, ask: Ask) -> Told:
    """Write counts as `3.0`, which is an integer for JSON Schema."""
    told = await ask(asked)
    return told.but(body=re.sub(rb'"total_count": ?(\d+)', rb'"total_count": \1.0', told.body))


VARIANTS["counts with a fraction of zero"] = Variant(with_counts_that_have_a_fraction)


async def _unchanged(asked: Asked, ask: Ask) -> Told:
    return await ask(asked)


VARIANTS["as deployed"] = Variant(_unchanged, "deployed")


def _ending(name: str, like: Like, edit: Callable[[Any], Any]) -> None:
    """Add a server that ends its lists of items otherwise."""

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        lists = asked.operation == "list_dataset_items" and told.status == 200
        return told.but(json=edit(told.json)) if lists else told

    VARIANTS[name] = Variant(wrap, like)


_ending("a last page with null", "documented", lambda page: {"next_page_token": None, **page})
_ending(
    "an empty last page without a token",
    "deployed",
    lambda page: {key: value for key, value in page.items() if value is not None},
)


def _single(record: Any) -> Any:
    labels = record.get("attributes", {}).get("classification")
    if not isinstance(labels, list) or len(labels) != 1:
        return record
    return {**record, "attributes": {**record["attributes"], "classification": labels[0]}}


_edited("a single label is not a list", _single)


@_variant
async def created_is_200(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.but(status=200) if told.status == 201 else told


@_variant
async def unknown_dataset_is_404_for_updates(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    updates = asked.operation in ("update_dataset_item", "bulk_update_dataset_item")
    return told.but(status=404) if updates and told.status == 400 and b"dataset id does not" in told.body else told


@_variant
async def written_for_people(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    told = told.header("content-type", "application/json; charset=UTF-8")
    told.headers = [(name.title(), value) for name, value in told.headers]
    return told.but(body=json.dumps(told.json, indent=2).encode() + b"\n") if told.body else told


@_variant
async def errors_in_detail(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.but(json={**told.json, "error_detail": [{"at": 1}], "id": 7}) if told.status >= 400 else told


@_variant
async def one_spelling_alone(asked: Asked, ask: Ask) -> Told:
    method = "GET|POST" if re.search(r"/(datasets|items)$", asked.path) else "PUT"
    collection = re.search(r"/(datasets|items)/?$", asked.path)
    if collection and re.fullmatch(method, asked.method):
        body = {"error": "not_found", "error_description": "no such path"}
        return Told(404, [("content-type", "application/json")], json.dumps(body).encode())
    return await ask(asked)


@_variant
async def the_other_spelling_redirects(asked: Asked, ask: Ask) -> Told:
    method = "GET|POST" if re.search(r"/(datasets|items)$", asked.path) else "PUT"
    collection = re.search(r"/(datasets|items)/?$", asked.path)
    if collection and re.fullmatch(method, asked.method):
        return Told(308, [("location", asked.path)])
    return await ask(asked)


@_variant
async def shorter_pages(asked: Asked, ask: Ask) -> Told:
    def cut(name: str) -> Callable[[list[tuple[str, str]]], Any]:
        def edit(pairs: list[tuple[str, str]]) -> Any:
            given = [value for key, value in pairs if key == name]
            if not given:
                return [*pairs, (name, str(_MOST))]
            if len(given) > 1 or not re.fullmatch("[0-9]{1,4}", given[0]) or not _MOST < int(given[0]) <= 1000:
                return pairs
            return [(key, str(_MOST) if key == name else value) for key, value in pairs]

        return edit

    name = {"list_datasets": "max_results", "list_dataset_items": "limit"}.get(asked.operation or "")
    return await ask(query(asked, cut(name)) if name else asked)


def _numbered(name: str, write: Callable[[int], int], read: Callable[[int], int]) -> None:
    """Add a server with other numbers of items; `read` has a number that nobody has for what `write` never gives."""

    def written(value: Any) -> Any:
        return {**value, "dataset_item_id": write(value["dataset_item_id"])} if "dataset_item_id" in value else value

    async def wrap(asked: Asked, ask: Ask) -> Told:
        path, _, item = asked.path.rpartition("/items/")
        if re.fullmatch("(0|[1-9][0-9]{0,17})", unquote(item)):
            asked = asked.but(target=f"{path}/items/{read(int(unquote(item)))}")
        if asked.operation == "bulk_update_dataset_item":
            try:
                body = json.loads(asked.body)
                for entry in body:
                    if type(entry["dataset_item_id"]) is int and entry["dataset_item_id"] >= 0:
                        entry["dataset_item_id"] = read(entry["dataset_item_id"])
                # Only a body that is written as Python writes it is known to be read as it was meant.
                if json.dumps(json.loads(asked.body), ensure_ascii=False).encode() == asked.body:
                    asked = asked.but(json=body)
            except UNREADABLE:
                pass
        told = await ask(asked)
        return told.but(json=each(told.json, written)) if told.status < 300 and "/items" in asked.path else told

    VARIANTS[name] = Variant(wrap)


_NOBODY, _BEYOND_DOUBLES = 10**17, 3 * 10**17 + 1
_numbered("item ids with gaps", lambda n: 10 * n + 7, lambda n: n // 10 if n % 10 == 7 else _NOBODY)
_numbered(
    "item ids beyond doubles",
    lambda n: n + _BEYOND_DOUBLES,
    lambda n: n - _BEYOND_DOUBLES if n >= _BEYOND_DOUBLES else _NOBODY,
)
_WORDS = "Ds_データ-"


@_variant
async def dataset_ids_of_any_text(asked: Asked, ask: Ask) -> Told:
    root, mark, rest = asked.path.partition("/datasets/")
    dataset, slash, behind = rest.partition("/")
    if mark and dataset:
        word = unquote(dataset)
        number = word.removeprefix(_WORDS)
        known = word != number and number.isascii()
        segment = quote(number, safe="") if known else f"x{dataset}"
        asked = asked.but(target=root + mark + segment + slash + behind + asked.target[len(asked.path) :])
    told = await ask(asked)
    if told.status >= 300 or not asked.operation:
        return told
    return told.but(json=each(told.json, lambda record: {**record, "dataset_id": _WORDS + record["dataset_id"]}))


@_variant
async def more_headers(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    more = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("etag", '"x"'), ("link", "<x>; rel=next"), ("vary", "*")]
    told.headers = [*told.headers, *more, ("cache-control", "no-store"), ("x-total-count", "7"), ("x-empty", "")]
    return told


_edited("keys in another order", lambda record: dict(reversed(record.items())))


@_variant
async def statuses_of_successes_in_turns(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.but(status=next(_created)) if told.status == 201 else told


_created = itertools.cycle((200, 201))


@_variant
async def updates_of_the_unknown_in_turns(asked: Asked, ask: Ask) -> Told:
    """Respond as the document has it for updates: 400 or 404, with another body for each."""
    told = await ask(asked)
    updates = asked.operation in ("update_dataset_item", "bulk_update_dataset_item")
    if updates and told.status == 400 and b"dataset id does not" in told.body:
        return told.but(status=next(_refused), json={"error": "no dataset", "error_description": ""})
    return told


_refused = itertools.cycle((400, 404))


_nonces = itertools.count(10_000)


@_variant
async def tokens_that_differ_each_time(asked: Asked, ask: Ask) -> Told:
    asked = query(asked, lambda pairs: [(k, v[5:] if k in ("next_token", "next_page_token") else v) for k, v in pairs])
    told = await ask(asked)
    token = dict(told.headers).get("x-next-token")
    if token is not None:
        told = told.header("X-Next-Token", f"{next(_nonces)}{token}")
    if asked.operation == "list_dataset_items" and told.status == 200 and told.json.get("next_page_token"):
        told = told.but(json={**told.json, "next_page_token": f"{next(_nonces)}{told.json['next_page_token']}"})
    return told


@_variant
async def hasty_with_large_bodies(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.but(status=400) if len(asked.body) > 5_000_000 else told


class Busy:
    """Others at work in the same organization: before some of the requests they create or delete a dataset."""

    def __init__(self, every: int = 3) -> None:
        self._every, self._requests, self._theirs = every, itertools.count(1), list[str]()

    async def __call__(self, asked: Asked, ask: Ask) -> Told:
        number = next(self._requests)
        if asked.operation and number % self._every == 0:
            root = re.sub("/datasets.*", "/datasets/", asked.path)
            if number % (2 * self._every):
                body = {"name": f"theirs {number}", "type": "custom", "props": {}}
                await self._send(asked.but(method="POST", target=root, json=body), ask)
            elif len(self._theirs) > 4:
                # Sometimes the oldest, and sometimes the newest.
                gone = self._theirs.pop(0 if number % (4 * self._every) else -1)
                await ask(asked.but(method="DELETE", target=root + gone, body=b""))
        return await ask(asked)

    async def _send(self, asked: Asked, ask: Ask) -> None:
        told = await ask(asked.but(headers={**asked.headers, "content-type": "application/json"}))
        if told.status == 201:
            self._theirs.append(told.json["dataset_id"])


class Fleeting(Busy):
    """Others at work in the same organization, who make a dataset and delete it again, each at any moment."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)

    async def __call__(self, asked: Asked, ask: Ask) -> Told:
        if asked.operation and self._random.random() < 1 / 2:
            root = re.sub("/datasets.*", "/datasets/", asked.path)
            if self._theirs:
                await ask(asked.but(method="DELETE", target=root + self._theirs.pop(), body=b""))
            else:
                body = {"name": f"theirs {next(self._requests)}", "type": "custom", "props": {}}
                await self._send(asked.but(method="POST", target=root, json=body), ask)
        return await ask(asked)


async def slow(asked: Asked, ask: Ask) -> Told:
    """Response 50 ms late."""
    await asyncio.sleep(0.05)
    return await ask(asked)
