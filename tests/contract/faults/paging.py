"""Both kinds of paging."""

import json
from urllib.parse import parse_qsl

from tests.contract.faults.kit import (
    ERROR,
    dropping,
    fault,
    query,
    requests,
    responses,
)
from tests.contract.faulty import Ask, Asked, Told


@fault("paging", "paging.items.size")
async def limit_is_one_more(asked: Asked, ask: Ask) -> Told:
    if asked.operation == "list_dataset_items":
        asked = query(
            asked,
            lambda pairs: [
                (k, str(int(v) + 1) if k == "limit" and v.isdecimal() and 0 < int(v) < 1000 else v) for k, v in pairs
            ],
        )
    return await ask(asked)


responses(
    "paging",
    "items newest first",
    "list_dataset_items",
    lambda v: {**v, "items": v["items"][::-1]},
    "paging.items.order",
)
responses("paging", "datasets newest first", "list_datasets", lambda v: v[::-1], "paging.datasets.order")
responses(
    "paging",
    "no token ever for items",
    "list_dataset_items",
    lambda v: {k: x for k, x in v.items() if k != "next_page_token"},
    "paging.items.none-missing",
)
responses(
    "paging",
    "the last item of a page is dropped",
    "list_dataset_items",
    lambda v: {**v, "items": v["items"][:-1]} if "next_page_token" in v else v,
    "paging.items.none-missing",
)
responses(
    "paging",
    "total_count is that of the page",
    "list_dataset_items",
    lambda v: {**v, "total_count": len(v["items"])},
    "paging.items.total-count",
    "datasets.total-count.items",
)
requests("paging", "limit 0 is taken", "list_dataset_items", dropping("limit", "0"), "paging.items.beyond-bounds")
requests(
    "paging",
    "limit 1001 is cut",
    "list_dataset_items",
    lambda a: query(a, lambda ps: [(k, "1000" if (k, v) == ("limit", "1001") else v) for k, v in ps]),
    "paging.items.beyond-bounds",
)
requests(
    "paging",
    "max_results 0 is taken",
    "list_datasets",
    lambda a: query(a, lambda ps: [(k, v) for k, v in ps if (k, v) != ("max_results", "0")]),
    "paging.datasets.beyond-bounds",
)
requests(
    "paging",
    "repeated limit is taken",
    "list_dataset_items",
    lambda a: query(a, lambda ps: list(dict(ps).items())),
    "paging.items.repeated-parameter",
)


@fault("paging", "paging.items.token-garbage")
async def garbage_tokens_are_the_first_page(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "list_dataset_items" and told.status == 400 and b"not a page token" in told.body:
        return await ask(dropping("next_page_token")(asked))
    return told


@fault("paging", "paging.items.unknown-parameter")
async def unknown_parameters_are_refused(asked: Asked, ask: Ask) -> Told:
    known = {"limit", "q", "next_page_token", "max_results", "next_token"}
    names = {name for name, _ in parse_qsl(asked.target.partition("?")[2], keep_blank_values=True)}
    if asked.operation == "list_dataset_items" and names - known:
        return Told(400, [("content-type", "application/json")], json.dumps(ERROR).encode())
    return await ask(asked)


@fault("paging", "paging.datasets.*", "responses.next-token")
async def datasets_without_a_token(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.header("x-next-token", None) if asked.operation == "list_datasets" else told


@fault("paging", "paging.items.empty-page")
async def a_token_on_an_empty_page(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    # The first page of an empty dataset, whose token leads to an empty last page.
    if asked.operation == "list_dataset_items" and told.status == 200 and not told.json["items"]:
        return told.but(json={**told.json, "next_page_token": "end"})
    if "next_page_token=end" in asked.target:
        return Told(200, [("content-type", "application/json")], json.dumps({"items": [], "total_count": 0}).encode())
    return told


@fault("paging", "paging.items.end")
async def tokens_for_ever(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "list_dataset_items" and "next_page_token=" in asked.target and told.status == 200:
        return told.but(json={"next_page_token": "end", **told.json})
    if "next_page_token=end" in asked.target:
        body = {"items": [], "total_count": 0, "next_page_token": "end"}
        return Told(200, [("content-type", "application/json")], json.dumps(body).encode())
    return told


@fault("paging", "paging.items.token-carries-query")
async def tokens_need_their_query(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if "next_page_token=" in asked.target and "q=" not in asked.target and _carries(asked):
        return Told(400, [("content-type", "application/json")], json.dumps(ERROR).encode())
    return told


@fault("paging", "paging.items.token-carries-query")
async def tokens_forget_their_query(asked: Asked, ask: Ask) -> Told:
    if "next_page_token=" in asked.target and "q=" not in asked.target and _carries(asked):
        return await ask(dropping("next_page_token")(asked))
    return await ask(asked)


def _carries(asked: Asked) -> bool:
    """Whether a token of the mock server holds a query."""
    pairs = dict(parse_qsl(asked.target.partition("?")[2], keep_blank_values=True))
    return pairs.get("next_page_token", "").count("-") > 1


@fault("paging", "paging.items.order-after-update", "paging.items.update-meanwhile")
async def ordered_by_update(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "list_dataset_items" and told.status == 200:
        body = told.json
        return told.but(json={**body, "items": sorted(body["items"], key=lambda r: r["updated_at"])})
    return told


@fault("paging", "paging.items.deletion-meanwhile")
async def tokens_are_offsets(asked: Asked, ask: Ask) -> Told:
    if asked.operation != "list_dataset_items":
        return await ask(asked)
    pairs = dict(parse_qsl(asked.target.partition("?")[2], keep_blank_values=True))
    token = pairs.get("next_page_token", "")
    told = await ask(asked)
    if told.status != 200 or not pairs.get("limit", "").isdecimal():
        return told
    if token in _offsets:
        everything = (
            await ask(query(asked, lambda ps: [(k, v) for k, v in ps if k not in ("next_page_token", "limit")]))
        ).json
        start, size = _offsets[token], int(pairs["limit"])
        body = {**told.json, "items": everything["items"][start : start + size]}
        if start + size >= len(everything["items"]):
            body.pop("next_page_token", None)
        told = told.but(json=body)
    if "next_page_token" in told.json:
        _offsets[told.json["next_page_token"]] = _offsets.get(token, 0) + len(told.json["items"])
    return told


_offsets: dict[str, int] = {}


responses(
    "paging", "datasets by name", "list_datasets", lambda v: sorted(v, key=lambda r: r["name"]), "paging.datasets.order"
)
requests(
    "paging",
    "limit is ignored beside q",
    "list_dataset_items",
    lambda a: dropping("limit")(a) if "q=" in a.target else a,
    "paging.items.query",
)
