"""Slips that show beside something alone: behind the first page, in all but the last, after a read, or for items."""

import datetime as dt
import json
import re
from typing import Any

from tests.contract.faults.kit import ERROR, UNREADABLE, each, fault, putting, query, requests, responses, statuses
from tests.contract.faulty import Ask, Asked, Told

_JSON = ("content-type", "application/json")
_ITEMS = ".*_dataset_items?"


def _refusal() -> Told:
    return Told(400, [_JSON], json.dumps(ERROR).encode())


def _shifted(text: Any, **by: float) -> Any:
    return (dt.datetime.fromisoformat(text) + dt.timedelta(**by)).isoformat(timespec="microseconds")


def _times(**by: float) -> Any:
    return lambda value: putting("created_at", lambda t: _shifted(t, **by))(
        putting("updated_at", lambda t: _shifted(t, **by))(value)
    )


def _lists(asked: Asked, told: Told) -> bool:
    return asked.operation == "list_dataset_items" and told.status == 200


def _asks(asked: Asked, name: str) -> bool:
    return f"{name}=" in asked.target.partition("?")[2]


responses("state", "times of items are those of Japan", _ITEMS, _times(hours=9), "items.timestamps")
responses("state", "times of items are in the future", _ITEMS, _times(days=400), "items.timestamps")
responses("state", "times of datasets are a day late", ".*_datasets?", _times(days=-1), "datasets.timestamps")


@fault("search", "paging.items.*", "search.*")
async def a_search_looks_at_the_first_hundred(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if _lists(asked, told) and _asks(asked, "q"):
        first = await ask(asked.but(target=f"{asked.path}?limit=100"))
        ids = [record["dataset_item_id"] for record in first.json["items"]] if first.status == 200 else []
        kept = [record for record in told.json["items"] if record["dataset_item_id"] in ids]
        cut = len(told.json["items"]) - len(kept)
        return told.but(json={**told.json, "items": kept, "total_count": told.json["total_count"] - cut})
    return told


@fault("search", "paging.items.*", "search.*")
async def q_filters_a_page(asked: Asked, ask: Ask) -> Told:
    """Take a page of all items, and leave out of it what does not match."""
    told = await ask(asked)
    if _lists(asked, told) and _asks(asked, "q") and not _asks(asked, "next_page_token"):
        plain = await ask(query(asked, lambda pairs: [(k, v) for k, v in pairs if k != "q"]))
        every = await ask(query(asked, lambda pairs: [*((k, v) for k, v in pairs if k == "q"), ("limit", "1000")]))
        ids = [record["dataset_item_id"] for record in every.json["items"]]
        kept = [record for record in plain.json["items"] if record["dataset_item_id"] in ids]
        return told.but(json={**plain.json, "items": kept, "total_count": told.json["total_count"]})
    return told


@fault("search", "search.*", "paging.items.*", "model.*")
async def matches_come_newest_first(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if _lists(asked, told) and _asks(asked, "q"):
        return told.but(json={**told.json, "items": told.json["items"][::-1]})
    return told


@fault("search", "search.*", "paging.items.*")
async def each_match_comes_twice(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if _lists(asked, told) and re.search("q=[^&]*OR", asked.target):
        return told.but(json={**told.json, "items": [*told.json["items"], *told.json["items"][:1]]})
    return told


@fault("search", "search.*", "isolation.*")
async def total_count_is_that_of_all_beside_q(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if _lists(asked, told) and _asks(asked, "q"):
        plain = await ask(asked.but(target=f"{asked.path}?limit=1"))
        return told.but(json={**told.json, "total_count": plain.json["total_count"]})
    return told


def _last_alone(name: str, operation: str, find: Any, put: Any, *first: str) -> None:
    """Add a fault that looks at the last element of a list alone, and passes over what is wrong with the others."""

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        if asked.operation == operation and told.status == 400:
            try:
                elements = find(asked.json)
                if isinstance(elements, list) and len(elements) > 1:
                    return await ask(asked.but(json=put(asked.json, elements[-1:])))
            except UNREADABLE:
                pass
        return told

    fault("validation", *first)(_called(wrap, name))


def _called(wrap: Any, name: str) -> Any:
    wrap.__name__ = name
    return wrap


_last_alone(
    "the last file alone is checked",
    "create_dataset_item",
    lambda body: body["source_data"],
    lambda body, last: {**body, "source_data": last},
    "validation.create_dataset_item.*",
)
_last_alone(
    "the last label alone is checked",
    "create_dataset_item",
    lambda body: body["attributes"]["classification"],
    lambda body, last: {**body, "attributes": {**body["attributes"], "classification": last}},
    "validation.create_dataset_item.*",
    "labels.*",
)
_last_alone(
    "the last label of a box alone is checked",
    "update_dataset_item",
    lambda body: body["attributes"]["detection"],
    lambda body, last: {**body, "attributes": {**body["attributes"], "detection": last}},
    "validation.update_dataset_item.*",
    "labels.*",
)
_last_alone(
    "the last category alone is checked",
    "create_dataset",
    lambda body: body["props"]["categories"],
    lambda body, last: {**body, "props": {**body["props"], "categories": last}},
    "validation.create_dataset.*",
)
_last_alone(
    "the last entry alone is checked",
    "bulk_update_dataset_item",
    lambda body: body,
    lambda _, last: last,
    "validation.bulk_update_dataset_item.*",
    "bulk.*",
)


def _cached(name: str, operation: str, forgets: tuple[str, ...], *first: str) -> None:
    """Add a fault that shows what was read before, until one of some operations is carried out."""
    cache: dict[str, Told] = {}

    async def wrap(asked: Asked, ask: Ask) -> Told:
        if asked.operation in forgets:
            cache.clear()
        key = f"{asked.headers.get('authorization')} {asked.target}"
        if asked.operation == operation and key in cache:
            return cache[key]
        told = await ask(asked)
        if asked.operation == operation and told.status == 200:
            cache[key] = told
        return told

    fault("state", *first)(_called(wrap, name))


_UPDATES = ("update_dataset_item", "bulk_update_dataset_item")
_cached(
    "cached items miss deletions",
    "get_dataset_item",
    (*_UPDATES, "delete_dataset"),
    "current.*",
    "items.delete.*",
    "responses.*",
)
_cached(
    "cached items miss the deletion of their dataset",
    "get_dataset_item",
    (*_UPDATES, "delete_dataset_item"),
    "datasets.delete.*",
    "current.*",
)
_cached(
    "cached datasets miss their deletion",
    "get_dataset",
    (*_UPDATES, "create_dataset_item", "delete_dataset_item"),
    "datasets.delete.*",
)
_cached(
    "cached datasets miss deletions of items",
    "get_dataset",
    ("create_dataset_item", "delete_dataset"),
    "datasets.total-count.right",
)
_cached(
    "cached lists miss the deletion of their dataset",
    "list_dataset_items",
    (*_UPDATES, "create_dataset_item", "delete_dataset_item"),
    "datasets.delete.*",
    "current.*",
)
_cached(
    "cached searches miss creations",
    "list_dataset_items",
    (*_UPDATES, "delete_dataset_item", "delete_dataset"),
    "datasets.*",
    "current.*",
    "search.current",
)


@fault("paging", "paging.items.token-again", "current.items")
async def a_token_is_good_for_one_use(asked: Asked, ask: Ask) -> Told:
    token = re.search("next_page_token=([^&]+)", asked.target)
    if token and asked.operation == "list_dataset_items":
        told = await ask(asked)
        if told.status == 200 and token[1] in _used:
            return _refusal()
        _used.add(token[1])
        return told
    return await ask(asked)


_used: set[str] = set()


@fault("paging", "paging.items.token-again")
async def a_token_keeps_its_limit(asked: Asked, ask: Ask) -> Told:
    token = re.search("next_page_token=([^&]+)", asked.target)
    if token and token[1] in _limits and asked.operation == "list_dataset_items":
        asked = query(asked, lambda pairs: [(k, _limits[token[1]] if k == "limit" else v) for k, v in pairs])
    told = await ask(asked)
    limit = re.search("limit=([0-9]+)", asked.target)
    if _lists(asked, told) and limit and told.json.get("next_page_token"):
        _limits[told.json["next_page_token"]] = limit[1]
    return told


_limits: dict[str, str] = {}


@fault("paging", "paging.items.*")
async def limits_above_fifty_are_refused(asked: Asked, ask: Ask) -> Told:
    limit = re.search(r"[?&]limit=([0-9]+)(?:&|$)", asked.target)
    big = limit and int(limit[1]) > 500 and asked.operation == "list_dataset_items"
    return _refusal() if big else await ask(asked)


@fault("paging", "paging.items.*", "current.items")
async def a_full_last_page_has_a_token_that_is_400(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if "next_page_token=full" in asked.target:
        return _refusal()
    limit = re.search(r"[?&]limit=([0-9]+)", asked.target)
    if _lists(asked, told) and limit and len(told.json["items"]) == int(limit[1]):
        return told.but(json={**told.json, "next_page_token": told.json.get("next_page_token") or "full"})
    return told


statuses("status", "deleted items are 410", "get_dataset_item", 404, 410, "datasets.delete.*", "responses.*")


@fault("state", "names.*")
async def names_count_bytes(asked: Asked, ask: Ask) -> Told:
    try:
        long = asked.operation == "create_dataset" and len(asked.json["name"].encode()) > 255
    except UNREADABLE:
        long = False
    return _refusal() if long else await ask(asked)


@fault("state", "names.*")
async def names_count_utf_16(asked: Asked, ask: Ask) -> Told:
    try:
        long = asked.operation == "create_dataset" and len(asked.json["name"].encode("utf-16-le")) > 510
    except UNREADABLE:
        long = False
    return _refusal() if long else await ask(asked)


@fault("isolation", "isolation.organizations.names")
async def names_are_unique_among_all_organizations(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "create_dataset" and told.status == 201:
        owner = _owners.setdefault(told.json["name"], told.json["organization_id"])
        if owner != told.json["organization_id"]:
            await ask(asked.but(method="DELETE", target=asked.path + told.json["dataset_id"], body=b""))
            return _refusal()
    return told


_owners: dict[str, str] = {}


@fault("error body", "responses.*.error")
async def errors_have_a_null_description(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.but(json={**told.json, "error_description": None}) if told.status == 404 and told.body else told


@fault("headers", "responses.media-type")
async def errors_are_problems(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.header("content-type", "application/problem+json") if told.status >= 400 else told


@fault("bulk", "bulk.*")
async def a_refused_bulk_touches_the_times(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "bulk_update_dataset_item" and told.status == 400:
        try:
            first = asked.json[0]["dataset_item_id"]
            read = asked.reading().but(target=f"{asked.path.rstrip('/')}/{first}")
            old = await ask(read)
            body = {"attributes": old.json["attributes"]}
            await ask(asked.but(target=read.target, json=body))
        except UNREADABLE:
            pass
    return told


@fault("state", "labels.*", "items.*")
async def a_refused_create_leaves_an_item(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "create_dataset_item" and b"no label" in told.body:
        await ask(asked.but(json={"source_data": [{"data_uri": "x"}]}))
    return told


@fault("state", "datasets.delete.*", "items.*")
async def deleted_items_have_a_response_without_attributes(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "delete_dataset_item" and told.status == 200:
        return told.but(json={**told.json, "attributes": {}})
    return told


@fault("state", "bulk.timestamps", "bulk.*")
async def bulk_moves_created_at(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "bulk_update_dataset_item" and told.status == 200:
        return told.but(json=each(told.json, lambda r: {**r, "created_at": r["updated_at"]}))
    return told


requests(
    "validation",
    "a null in a list of labels is passed over",
    "create_dataset_item",
    lambda a: a.but(
        json={
            **a.json,
            "attributes": {
                **a.json["attributes"],
                "classification": [e for e in a.json["attributes"]["classification"] if e is not None],
            },
        }
    ),
    "validation.create_dataset_item.*",
)
requests(
    "validation",
    "booleans are ids of labels",
    "create_dataset_item",
    lambda a: a.but(body=re.sub(rb'"label_id": true', b'"label_id": 1', a.body)),
    "validation.create_dataset_item.*",
)
requests(
    "validation",
    "booleans are ids of categories",
    "update_dataset_item",
    lambda a: a.but(body=re.sub(rb'"category_id": true', b'"category_id": 1', a.body)),
    "validation.update_dataset_item.*",
)


@fault("authentication", "auth.*")
async def organizations_that_nobody_has_are_404(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.but(status=404) if told.status == 401 and asked.operation == "get_dataset_item" else told


@fault("headers", "methods.*", "responses.allow")
async def allow_is_the_same_everywhere(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.header("allow", "GET, POST") if told.status == 405 else told


responses(
    "state",
    "keys of source data sorted in lists alone",
    "list_dataset_items",
    lambda v: each(v, lambda r: {**r, "source_data": [dict(sorted(e.items())) for e in r["source_data"]]}),
    "fidelity.source-data.key-order",
)
responses(
    "state",
    "floats of props as of 32 bits",
    ".*_datasets?",
    putting("props", lambda v: json.loads(json.dumps(v), parse_float=lambda t: float(f"{float(t):.7g}"))),
    "fidelity.props.*",
)
responses(
    "state",
    "emoji of types are lost",
    ".*_datasets?",
    putting("type", lambda t: re.sub("[^\u0000-\uffff]", "?", t)),
    "datasets.types",
)
