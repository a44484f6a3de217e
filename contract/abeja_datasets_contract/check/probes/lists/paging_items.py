"""Paging through the items of a dataset."""

from typing import Any

from abeja_datasets_contract.check.document.sources import INFO, Source
from abeja_datasets_contract.check.judging.reading import Response
from abeja_datasets_contract.check.options import Skip
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.probes.bulk import many
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import (
    Dataset,
    filled,
    new_dataset,
    new_item,
    shared_filled,
    subject,
    walk_items,
)

from .paging import DATASETS, ITEMS, Walk, register_parameters, register_walks, token_where_more_follow, walk

STAGE = Stage("paging of items")
_LIST = "list_dataset_items"
_ORDER = Source.operation(_LIST, "description")
_TOKEN = Source.parameter(_LIST, "next_page_token")
_LIMIT = Source.parameter(_LIST, "limit")
_COUNT = Source.schema("DatasetItemPage", "properties", "total_count")
_REFUSED = (400,)
_K = 3


def _walks(p: Probe) -> list[Walk]:
    """Walk a dataset while it grows from nothing to 2k+1 items, and once more with pages of one."""
    found = p.shared.get("walks of items")
    if found is None:
        dataset, found = new_dataset(p), []
        for count in range(2 * _K + 2):
            if count:
                new_item(p, dataset, {"number": count})
            sizes = (_K,) if count <= 2 * _K else (_K, 1, 2 * _K + 1)
            for size in dict.fromkeys(ITEMS.within(p, each) for each in sizes):
                done = walk(p, ITEMS, size, dataset.id)
                done.expected = dataset.ids
                done.records = {item.id: item.record for item in dataset.items}
                found.append(done)
        p.shared["walks of items"] = found
    walks: list[Walk] = found
    return walks


register_walks(STAGE, ITEMS, INFO, _walks)


@STAGE.clause("paging.items.total-count", "total_count is that of all items that match, whatever the page.", _COUNT)
def total_count(p: Probe) -> None:
    """Compare total_count on each page."""
    for done in _walks(p):
        for page in done.pages:
            p.equal(len(done.expected), page.number("total_count"), f"total_count {len(done.expected)}", page)


@STAGE.clause("paging.items.empty-page", "An empty page is the last: it has no token.", _ORDER)
def empty_page(p: Probe) -> None:
    """Check each page of the walks."""
    for done in _walks(p):
        for page in done.pages:
            token = ITEMS.next(page)
            p.require(ITEMS.ids(page) or not token, "no token on an empty page", f"{token!r}", page)


register_parameters(STAGE, ITEMS, {"limit": _LIMIT, "next_page_token": _TOKEN, "": INFO}, lambda p: subject(p).id)


@STAGE.clause("paging.items.default-limit", "Without limit a page has at most the documented default.", _LIMIT)
def default_limit(p: Probe) -> None:
    """Request one, of a dataset that has more."""
    default = ITEMS.bounds(p).default
    if default is None:
        raise Skip("the document has no default of limit")
    dataset = many(p)
    p.skip_unless(
        default < len(dataset.items), f"the default is {default}, and a check makes {len(dataset.items)} items"
    )
    response = p.call(_LIST, dataset.id)
    ids = ITEMS.ids(response)
    p.require(len(ids) <= default, f"at most {default}", f"{len(ids)}", response)
    rest = walk_items(p, dataset.id, next_page_token=_token(p, response))
    ids += [record.id("dataset_item_id") for record in rest]
    last = p.last
    p.require(len(ids) == len(dataset.items), "the rest behind the token", f"{len(rest)}", response, last)


@STAGE.clause("paging.items.order-after-update", "An update moves nothing to another place.", INFO)
def order_after_update(p: Probe) -> None:
    """Update in another order."""
    dataset = filled(p, 4)
    ids = [item.id for item in dataset.items]
    for number in (2, 0, 3):
        p.call("update_dataset_item", dataset.id, ids[number], json={"attributes": {"number": -number}})
    p.call("bulk_update_dataset_item", dataset.id, json=[{"dataset_item_id": ids[1], "attributes": {}}])
    listed = [record.id("dataset_item_id") for record in walk_items(p, dataset.id)]
    p.equal(ids, listed, "the order of creation", p.last)


def _first_page(p: Probe, count: int = 0) -> tuple[Dataset, Response, str]:
    """Read the first page of a new dataset, or of a shared one that stays as it is."""
    dataset = filled(p, count) if count else shared_filled(p, "pages", 4)
    response = ITEMS.page(p, dataset.id, limit=2)
    return dataset, response, _token(p, response)


@STAGE.clause("paging.items.token-given", "Where more items follow, the page has next_page_token.", _TOKEN)
def token_given(p: Probe) -> None:
    """Read the first page of many."""
    _first_page(p)


def _token(p: Probe, response: Response) -> str:
    token = ITEMS.next(response)
    p.require(token, "a token, since more follow", "none", response, clause="paging.items.token-given")
    return str(token)


@STAGE.clause("paging.items.token-again", "A token leads to the same page again, whatever the limit.", _TOKEN)
def token_again(p: Probe) -> None:
    """Send it twice, and with other limits."""
    dataset, first, token = _first_page(p)
    rest = [item.id for item in dataset.items if item.id not in ITEMS.ids(first)]
    for limit in (2, 2, 1, 1000):
        response = ITEMS.page(p, dataset.id, token, limit=limit)
        ids = ITEMS.ids(response)
        p.require(ids and ids == rest[: len(ids)], f"ids from {rest[:1]} on", f"{ids}", first, response)
        p.require(len(ids) <= limit, f"at most {limit}", f"{len(ids)}", first, response)


@STAGE.clause("paging.items.token-of-another-dataset", "A token of another dataset is 400.", _TOKEN)
def token_of_another_dataset(p: Probe) -> None:
    """Send one there."""
    _, _, token = _first_page(p)
    other = shared_filled(p, "other pages", 3)
    p.call(_LIST, other.id, query={"next_page_token": token, "limit": 2}, expect=_REFUSED)


@STAGE.clause("paging.items.token-of-another-query", "A token of another query is 400.", _TOKEN)
def token_of_another_query(p: Probe) -> None:
    """Send one with another q, and one of no q with a q."""
    dataset, _, token = _first_page(p)
    p.call(_LIST, dataset.id, query={"next_page_token": token, "q": "number:3"}, expect=_REFUSED)
    response = ITEMS.page(p, dataset.id, limit=1, q="NOT number:9")
    token = _token(p, response)
    p.call(_LIST, dataset.id, query={"next_page_token": token, "q": "NOT number:8"}, expect=_REFUSED)


@STAGE.clause("paging.items.token-carries-query", "A token carries its query, and may be sent without q.", _TOKEN)
def token_carries_query(p: Probe) -> None:
    """Walk what matches, among others, with q on the first page alone."""
    dataset = shared_filled(p, "pages", 4)
    q = "kept:1 OR kept:3"
    first = ITEMS.page(p, dataset.id, limit=1, q=q)
    token = _token(p, first)
    response = ITEMS.page(p, dataset.id, token, limit=3)
    p.equal([dataset.items[3].id], ITEMS.ids(response), f"the rest of what {q} finds", first, response)
    p.equal(2, response.number("total_count"), f"total_count of {q}", first, response)
    again = ITEMS.page(p, dataset.id, token, limit=3, q=q)
    p.equal(ITEMS.ids(response), ITEMS.ids(again), "the same page with q as without", first, response, again)


@STAGE.clause("paging.items.token-of-datasets", "A token of the list of datasets is 400.", _TOKEN)
def token_of_datasets(p: Probe) -> None:
    """Send one here."""
    dataset = filled(p, 2)
    new_dataset(p)
    response = DATASETS.page(p, max_results=1)
    token = DATASETS.next(response)
    p.skip_unless(token, "the list of datasets returned no token")
    p.call(_LIST, dataset.id, query={"next_page_token": token}, expect=_REFUSED)


@STAGE.clause("paging.items.token-altered", "A token that was altered is 400.", _TOKEN)
def token_altered(p: Probe) -> None:
    """Change it at its ends and in the middle."""
    dataset, _, token = _first_page(p)
    middle = len(token) // 2
    other = "0" if token[middle] != "0" else "1"
    for altered in (token + "0", "0" + token, token[:middle] + other + token[middle + 1 :]):
        with p.case():
            response = p.send(p.request(_LIST, dataset.id, query={"next_page_token": altered, "limit": 2}))
            followed = response.status == 200 and ITEMS.ids(response) == [i.id for i in dataset.items[2:]]  # noqa: PLR2004
            # A server may read a token more loosely than it writes it, as Base64 does; not to another place.
            p.expect(response, (200, 400) if followed else _REFUSED)


@STAGE.clause("paging.items.token-repeated", "A token, or a query, given twice is 400.", INFO)
def token_repeated(p: Probe) -> None:
    """Send a token and a query twice."""
    dataset, _, token = _first_page(p)
    p.call(_LIST, dataset.id, query=[("next_page_token", token)] * 2, expect=_REFUSED)
    p.call(_LIST, dataset.id, query=[("q", "number:1")] * 2, expect=_REFUSED)
    p.call(_LIST, dataset.id, query=[("q", "number:1"), ("limit", 1), ("q", "number:2")], expect=_REFUSED)


@STAGE.clause(
    "paging.items.deletion-meanwhile", "What is deleted during a walk makes no other come twice or be skipped.", INFO
)
def deletion_meanwhile(p: Probe) -> None:
    """Delete what came, the last that came, and what is to come."""
    for doomed in ((1,), (0, 1), (1, 3), (2, 3, 4)):
        dataset, first, token = _first_page(p, 5)
        seen = ITEMS.ids(first)
        for number in doomed:
            p.call("delete_dataset_item", dataset.id, dataset.items[number].id)
        rest = _rest(p, dataset, token)
        wanted = [item.id for n, item in enumerate(dataset.items) if n not in doomed and item.id not in seen]
        p.equal(wanted, rest, "each of the others, once", first, p.last)


@STAGE.clause(
    "paging.items.creation-meanwhile", "What is created during a walk makes no other come twice or be skipped.", INFO
)
def creation_meanwhile(p: Probe) -> None:
    """Create some between two pages."""
    dataset, first, token = _first_page(p, 4)
    old = [item.id for item in dataset.items if item.id not in ITEMS.ids(first)]
    new = [new_item(p, dataset).id for _ in range(2)]
    rest = _rest(p, dataset, token)
    last = p.last
    p.equal(old, [number for number in rest if number not in new], "each of the old ones, once", first, last)
    p.require(len(rest) == len(set(rest)), "none twice", f"{rest}", first, last)


@STAGE.clause(
    "paging.items.update-meanwhile", "What is updated during a walk is neither skipped nor given twice.", INFO
)
def update_meanwhile(p: Probe) -> None:
    """Update what came and what is to come."""
    dataset, first, token = _first_page(p, 5)
    for number in (0, 3):
        p.call("update_dataset_item", dataset.id, dataset.items[number].id, json={"attributes": {"n": 1}})
    wanted = [item.id for item in dataset.items if item.id not in ITEMS.ids(first)]
    p.equal(wanted, _rest(p, dataset, token), "each of the rest, once", first, p.last)


@STAGE.clause("paging.items.query", "A walk with q returns what matches, and counts it.", _ORDER)
def query(p: Probe) -> None:
    """Walk what matches, among others."""
    dataset = new_dataset(p)
    for number in range(8):
        new_item(p, dataset, {"kind": "odd" if number % 2 else "even", "number": number})
    wanted = [item.id for item in dataset.items if item.attributes["kind"] == "even"]
    for size in (1, 2, 4):
        done = walk(p, ITEMS, size, dataset.id, q="kind:even")
        token_where_more_follow(p, ITEMS, wanted, done.ids, size)
        p.equal(wanted, done.ids, "the items that match, in order", *done.pages)
        for page in done.pages:
            p.require(len(ITEMS.records(page)) <= size, f"at most {size}", f"{len(ITEMS.records(page))}", page)
            p.equal(len(wanted), page.number("total_count"), f"total_count {len(wanted)}", page)


@STAGE.clause("paging.items.many", "More than a page of items is counted whole, and in the order of creation.", INFO)
def more_than_a_page(p: Probe) -> None:
    """Walk 101, with the default limit, and count them in each way."""
    dataset, default = many(p), ITEMS.bounds(p).default or 0
    wanted = [item.id for item in dataset.items]
    counted = p.call("get_dataset", dataset.id)
    p.equal(len(wanted), counted.number("total_count"), f"total_count {len(wanted)} of the dataset", counted)
    for q in ({}, {"q": "NOT nowhere:x"}):
        ids, token = [], None
        for _ in range(len(wanted)):
            response = ITEMS.page(p, dataset.id, token, **q)
            p.equal(len(wanted), response.number("total_count"), f"total_count {len(wanted)}", response)
            ids += ITEMS.ids(response)
            token = ITEMS.next(response)
            if not token:
                break
        token_where_more_follow(p, ITEMS, wanted, ids, default)
        p.equal(wanted, ids, "all, in the order of creation", response)


def _rest(p: Probe, dataset: Dataset, token: Any) -> list[Any]:
    found: list[Any] = []
    for _ in range(9):
        if not token:
            break
        response = ITEMS.page(p, dataset.id, token, limit=2)
        found.extend(ITEMS.ids(response))
        token = ITEMS.next(response)
    return found
