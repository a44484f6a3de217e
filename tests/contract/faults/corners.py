"""What is only like the right thing: ids, secrets, names, parameters, paths."""

import base64
import json
import re
import unicodedata
from collections.abc import Callable

from tests.contract.faults.access import signed
from tests.contract.faults.kit import ERROR, FAULTS, UNREADABLE, Fault, each, fault, putting, query, requests, responses
from tests.contract.faulty import AUTHORIZATION, OTHER_SECRET, SECRET, Ask, Asked, Told

_JSON = [("content-type", "application/json")]


def _refusal(status: int = 400) -> Told:
    return Told(status, list(_JSON), json.dumps(ERROR).encode())


def _pair(asked: Asked) -> tuple[str, str]:
    if not asked.headers["authorization"].startswith("Basic "):
        return "", ""
    user, _, secret = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode().partition(":")
    return user, secret


def _compared(name: str, same: Callable[[str, str], bool]) -> None:
    requests("authentication", name, ".*", lambda a: signed(a) if same(*_pair(a)) else a, "auth.exact")


_compared("a prefix of the secret is enough", lambda u, s: u == "user-1" and len(s) > 3 and SECRET.startswith(s))
_compared("secrets in any case", lambda u, s: u == "user-1" and s.lower() == SECRET.lower())
_compared("secrets are trimmed", lambda u, s: u == "user-1" and s.strip() == SECRET)
_compared("any secret that anybody has", lambda u, s: u == "user-1" and s in (SECRET, OTHER_SECRET))
_compared("data sources are users", lambda u, s: u == "datasource-1" and s == SECRET)


@fault("authentication", "auth.first")
async def unknown_is_told_before_unauthorized(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if told.status == 401 and asked.operation == "get_dataset":
        known = await ask(signed(asked))
        return known if known.status == 404 else told
    return told


@fault("authentication", "auth.first")
async def bodies_are_read_before_credentials(asked: Asked, ask: Ask) -> Told:
    return _refusal() if asked.body == b"{" else await ask(asked)


@fault("headers", "responses.challenge")
async def the_challenge_names_another_scheme(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.header("www-authenticate", 'Negotiate realm="basically"') if told.status == 401 else told


@fault("headers", "responses.secrets")
async def the_wrong_credential_is_echoed(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    given = asked.headers.get("authorization", "")
    return (
        told.but(json={**told.json, "error_detail": given}) if told.status == 401 and given != AUTHORIZATION else told
    )


@fault("headers", "responses.media-type")
async def another_character_set(asked: Asked, ask: Ask) -> Told:
    return (await ask(asked)).header("content-type", "application/json; charset=iso-8859-1")


def _path(edit: Callable[[str], str]) -> Callable[[Asked], Asked]:
    return lambda asked: asked.but(target=edit(asked.path) + asked.target[len(asked.path) :])


requests(
    "isolation",
    "organizations are trimmed",
    "get_dataset|list_datasets",
    _path(lambda p: re.sub(r"^(/organizations/\d+)%20/", r"\1/", p)),
    "isolation.organizations.exact",
)
requests(
    "isolation",
    "dataset ids are trimmed",
    "get_dataset",
    _path(lambda p: p.removesuffix("%20")),
    "identifiers.malformed-dataset.get_dataset",
)
requests(
    "isolation",
    "dataset ids are numbers",
    "list_dataset_items",
    _path(lambda p: re.sub(r"/datasets/0+(\d)", r"/datasets/\1", p)),
    "identifiers.malformed-dataset.*",
)
requests(
    "isolation",
    "ids have a format",
    "get_dataset|get_dataset_item",
    _path(lambda p: p.removesuffix(".json")),
    "identifiers.malformed-*",
)
requests("isolation", "encoded slashes part segments", ".*", _path(lambda p: p.replace("%2F", "/")), "identifiers.*")
requests("status", "paths in any case", ".*|", _path(lambda p: p.replace("/Datasets", "/datasets")), "paths.unknown")


@fault("error body", "paths.unknown", "responses.undocumented.error")
async def unknown_paths_have_another_error(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.but(json={"detail": "Not Found"}) if told.status == 404 and asked.operation is None else told


@fault("state", "identifiers.unknown-item.update_dataset_item")
async def an_unknown_item_is_created(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "update_dataset_item" and told.status == 404 and b"no item" in told.body:
        body = {"source_data": [{"data_uri": "x"}]}
        await ask(asked.but(method="POST", target=f"{asked.path.rpartition('/')[0]}/", json=body))
    return told


@fault("state", "datasets.create.ignores-unknown")
async def unknown_properties_are_answered(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return (
        told.but(json={**asked.json, **told.json})
        if asked.operation == "create_dataset" and told.status == 201
        else told
    )


@fault("state", "items.create.ignores-unknown")
async def created_at_may_be_given(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "create_dataset_item" and told.status == 201:
        return told.but(json={**told.json, **{k: v for k, v in asked.json.items() if k == "created_at"}})
    return told


responses(
    "state",
    "the time of Japan",
    ".*",
    lambda v: each(
        v,
        lambda r: {
            k: re.sub(r"T(\d\d)", lambda m: f"T{(int(m[1]) + 9) % 24:02}", x)
            if k in ("created_at", "updated_at")
            else x
            for k, x in r.items()
        },
    ),
    "datasets.timestamps",
    "items.update.updated-at-moves",
)
responses(
    "state",
    "the dataset counts to 100",
    "get_dataset",
    putting("total_count", lambda n: min(n, 100)),
    "paging.items.many",
)
responses(
    "paging",
    "the list counts to 100",
    "list_dataset_items",
    lambda v: {**v, "total_count": min(100, v["total_count"])},
    "paging.items.many",
)
responses(
    "paging",
    "items in the order of their ids as text",
    "list_dataset_items",
    lambda v: {**v, "items": sorted(v["items"], key=lambda r: str(r["dataset_item_id"]))},
    "paging.items.many",
    "search.*",
    "paging.items.*",
)


def _name(edit: Callable[[str], str]) -> Callable[[Asked], Asked]:
    return lambda asked: asked.but(json={**asked.json, "name": edit(asked.json["name"])})


requests("state", "names end at a NUL", "create_dataset", _name(lambda n: n.partition("\0")[0]), "names.text.null")
requests(
    "state",
    "names are normalized",
    "create_dataset",
    _name(lambda n: unicodedata.normalize("NFC", n)),
    "names.text.combining",
)


@fault("paging", "paging.items.entries", "current.items")
async def later_pages_are_poor(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "list_dataset_items" and told.status == 200 and "next_page_token=" in asked.target:
        return told.but(json=putting("attributes", lambda _: {})(told.json))
    return told


@fault("paging", "paging.datasets.entries")
async def later_pages_of_datasets_are_poor(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "list_datasets" and told.status == 200 and "next_token=" in asked.target:
        return told.but(json=putting("type", lambda t: f"{t}?")(told.json))
    return told


requests(
    "paging",
    "parameters in any case",
    "list_dataset_items",
    lambda a: query(a, lambda ps: [(k.lower(), v) for k, v in ps]),
    "paging.items.unknown-parameter",
)
requests(
    "paging",
    "limits as Python reads them",
    "list_dataset_items",
    lambda a: query(a, lambda ps: [(k, str(int(v)) if k == "limit" else v) for k, v in ps]),
    "paging.items.beyond-bounds",
    "paging.items.repeated*",
)


@fault("paging", "paging.datasets.token-repeated")
async def the_last_of_two_tokens(asked: Asked, ask: Ask) -> Told:
    return await ask(asked.but(target=re.sub("next_token=[^&]*&(?=next_token=)", "", asked.target)))


_given: dict[str, str] = {}


def _tokens(name: str, fits: Callable[[str, str], bool], *first: str) -> None:
    """Add a fault that follows the token of another list from its beginning."""

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        found = re.search("next(?:_page)?_token=([^&]+)", asked.target)
        foreign = told.status == 400 and b"_token: " in told.body
        if foreign and found and found[1] in _given and fits(_given[found[1]], asked.target):
            return await ask(asked.but(target=re.sub("&?next(_page)?_token=[^&]*", "", asked.target)))
        token = dict(told.headers).get("x-next-token") or (
            told.json.get("next_page_token") if asked.operation == "list_dataset_items" and told.status == 200 else None
        )
        if token:
            _given[token] = asked.target
        return told

    FAULTS.append(Fault("paging", name, first, wrap))


_tokens(
    "tokens of another dataset",
    lambda old, new: "/items" in old and "/items" in new and "q=" not in old + new,
    "paging.items.token-of-another-dataset",
)
_tokens(
    "tokens of another query",
    lambda old, new: old.partition("?")[0] == new.partition("?")[0],
    "paging.items.token-of-another-query",
)
_tokens(
    "tokens of items for datasets",
    lambda old, new: "/items" in old and "/items" not in new,
    "paging.datasets.token-of-items",
)


def _asking(name: str, edit: Callable[[str], str], *first: str) -> None:
    requests(
        "search",
        name,
        "list_dataset_items",
        lambda a: query(a, lambda ps: [(k, edit(v) if k == "q" else v) for k, v in ps]),
        *first,
    )


_asking("values in any case", lambda q: re.sub(r"^tag:[aA]$", "tag:a OR tag:A", q), "search.term", "search.exact")
_asking("numbers with zeros", lambda q: re.sub(r":0+(\d)", r":\1", q), "search.numbers")
_asking("operators inside words", lambda q: re.sub(r"\b(NOT|AND|OR)(?=[A-Z])", r"\1 ", q), "search.words")
_asking(
    "operators inside quotes",
    lambda q: re.sub(r'"(\w+) AND (\w+)"', r'"\1" AND text:"\2"', q),
    "search.phrase-operators",
)
_asking("big numbers through a double", lambda q: q.replace("9007199254740993", "9007199254740992"), "search.numbers")
_asking("values in parts", lambda q: re.sub(r"^text:words$", 'text:"two words" OR text:"words two"', q), "search.whole")


@fault("search", "search.refuses.not-utf-8")
async def broken_text_is_replaced(asked: Asked, ask: Ask) -> Told:
    return await ask(asked.but(target=re.sub("%FF|%E9|%ED%A0%80", "%EF%BF%BD", asked.target)))


@fault("search", "search.entries")
async def what_is_found_is_poor(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "list_dataset_items" and told.status == 200 and "q=" in asked.target:
        return told.but(json=putting("source_data", lambda v: [{"data_uri": v[0]["data_uri"]}])(told.json))
    return told


@fault("validation", "labels.other-keys-free")
async def other_keys_are_checked(asked: Asked, ask: Ask) -> Told:
    return _refusal() if b'"segmentation": [{"category_id": 99' in asked.body else await ask(asked)


def _as_doubles(asked: Asked) -> Asked:
    return asked.but(body=re.sub(rb'("label_id": )9007199254740992\b', rb"\g<1>9007199254740993", asked.body))


requests("validation", "label ids through a double", "create_dataset_item", _as_doubles, "labels.of-one-category-twice")


@fault("validation", "labels.create.detection.*")
async def one_key_of_labels_is_checked(asked: Asked, ask: Ask) -> Told:
    try:
        attributes = asked.json["attributes"]
        if asked.operation == "create_dataset_item" and {"classification", "detection"} <= set(attributes):
            told = await ask(asked)
            kept = {k: v for k, v in attributes.items() if k != "detection"}
            return await ask(asked.but(json={**asked.json, "attributes": kept})) if b"no label" in told.body else told
    except UNREADABLE:
        pass
    return await ask(asked)


@fault("headers", "methods.*")
async def allow_names_what_is_refused(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.header("allow", "GET, POST, PUT, DELETE, PATCH") if told.status == 405 else told


@fault("authentication", "methods.head-and-options")
async def head_needs_no_credential(asked: Asked, ask: Ask) -> Told:
    return Told(200, list(_JSON)) if asked.method == "HEAD" else await ask(asked)


@fault("authentication", "methods.head-and-options")
async def options_responses_as_get(asked: Asked, ask: Ask) -> Told:
    return await ask(asked.reading()) if asked.method == "OPTIONS" else await ask(asked)


@fault("paging", "requests.unknown-parameter")
async def reading_takes_no_parameters(asked: Asked, ask: Ask) -> Told:
    return _refusal(404) if asked.operation == "get_dataset" and "?" in asked.target else await ask(asked)


requests(
    "validation",
    "numbers as JavaScript reads them",
    "create_dataset_item",
    lambda a: a.but(body=re.sub(rb": 01\b", b": 1", a.body)),
    "requests.json-alone",
)
requests(
    "validation",
    "surrogates where they are ignored",
    "create_dataset",
    lambda a: a.but(body=re.sub(rb', "contract_check": "\\ud800"', b"", a.body)),
    "requests.create_dataset.not-unicode",
)
requests(
    "validation",
    "kinds of JSON are JSON",
    "create_dataset_item",
    lambda a: a.but(headers={**a.headers, "content-type": a.headers["content-type"].replace("vnd.api+", "")}),
    "requests.create_dataset_item.media-type",
)


@fault("status", "requests.extremes")
async def what_is_too_large_is_500(asked: Asked, ask: Ask) -> Told:
    return _refusal(500) if b"1e400" in asked.body else await ask(asked)


@fault("status", "bulk.all-or-nothing.large-id")
async def large_ids_are_500(asked: Asked, ask: Ask) -> Told:
    return _refusal(500) if str(2**63).encode() in asked.body else await ask(asked)


@fault("bulk", "bulk.many")
async def bulk_updates_a_hundred(asked: Asked, ask: Ask) -> Told:
    if asked.operation == "bulk_update_dataset_item":
        try:
            return await ask(asked.but(json=asked.json[:100])) if len(asked.json) > 100 else await ask(asked)
        except UNREADABLE:
            pass
    return await ask(asked)
