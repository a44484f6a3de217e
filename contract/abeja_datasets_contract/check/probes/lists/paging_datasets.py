"""Paging through the datasets of an organization, among those that others have there."""

from typing import Any

from abeja_datasets_contract.check.document.sources import INFO, Source
from abeja_datasets_contract.check.judging.reading import Response
from abeja_datasets_contract.check.options import Skip
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import (
    Dataset,
    new_dataset,
    new_item,
    shared,
    subject,
    walk_datasets,
)

from .paging import DATASETS, ITEMS, TRIES, Listing, Walk, register_parameters, register_walks, walk

STAGE = Stage("paging of datasets")
_LIST = "list_datasets"
_TOKEN = Source.parameter(_LIST, "next_token")
_SIZE = Source.parameter(_LIST, "max_results")
_HEADER = Source.operation(_LIST, "responses", "200", "headers", "X-Next-Token")
_REFUSED = (400,)
_K, _MADE, _LARGEST = 2, 4, 1000
_FEW = 60
"""Datasets that an organization may have for its list to be walked in small pages."""
_PAGES = 20
_FIRST = 5
_SMALL = 5


def _walks(p: Probe) -> list[Walk]:
    """Walk the list while it grows; with larger pages where others have many there, who may change it meanwhile."""
    found: list[Walk] | None = p.shared.get("walks of datasets")
    if found is not None:
        return found
    before = [record.id("dataset_id") for record in walk_datasets(p)]
    if len(before) > _FEW * _PAGES:
        raise Skip(f"the organization has {len(before)} datasets; walks in small pages would take too many requests")
    found, made = [], list[Dataset]()
    for count in range(_MADE + 1):
        if count:
            made.append(new_dataset(p))
        total = len(before) + count
        last = (total - 1, total, total + 1) if count == _MADE else ()
        sizes = [DATASETS.within(p, max(1, size)) for size in (max(_K, total // _SMALL), *last)]
        # Smaller pages than these are alike, however many datasets there are.
        alike = max(sizes) < _K and count < _MADE
        for size in dict.fromkeys(sizes) if count != 1 and not alike else ():
            done = walk(p, DATASETS, size)
            done.expected = [dataset.id for dataset in made]
            done.to_nothing = done.to_nothing and _always_to_nothing(p, done)
            found.append(done)
    after = [record.id("dataset_id") for record in walk_datasets(p)]
    others = frozenset((*before, *after))
    stayed = [number for number in before if number in after]
    for done in found:
        done.expected = [*stayed, *done.expected]
        done.others = others
        done.records = {dataset.id: dataset.record for dataset in made}
    p.shared["walks of datasets"] = found
    return found


def _always_to_nothing(p: Probe, done: Walk) -> bool:
    """Request the last page but one, and where that leads, again: others may have deleted what the token was for."""
    for _ in range(TRIES):
        token = DATASETS.next(DATASETS.page(p, "", done.tokens[-2], max_results=done.size))
        if not token or DATASETS.ids(DATASETS.page(p, "", token, max_results=done.size)):
            return False
    return True


register_walks(STAGE, DATASETS, INFO, _walks)
register_parameters(STAGE, DATASETS, {"max_results": _SIZE, "next_token": _TOKEN, "": INFO}, lambda _: "")


def _first_pages(p: Probe, listing: Listing, scope: Any = "") -> tuple[list[Response], list[Any]]:
    """Walk the first pages of what is there, and return them with all their ids."""
    pages, seen = list[Response](), list[Any]()
    token: Any = None
    for _ in range(_FIRST):
        pages.append(listing.page(p, scope, token, **{listing.size: _K}))
        ids = listing.ids(pages[-1])
        p.require(len(ids) <= _K, f"at most {_K}", f"{len(ids)}", pages[-1])
        p.require(not set(ids) & set(seen), "none that came before", f"{ids}", pages[-1])
        seen.extend(ids)
        token = listing.next(pages[-1])
        if not token:
            break
    return pages, seen


@STAGE.clause(
    "paging.datasets.bounded-walk",
    "Consecutive pages repeat nothing, and have no more than was asked for.",
    INFO,
    reads=True,
)
def bounded_walk(p: Probe) -> None:
    """Walk the first pages of what is there."""
    _first_pages(p, DATASETS)


@STAGE.clause(
    "paging.items.bounded-walk",
    "Consecutive pages repeat nothing, and have no more than was asked for.",
    INFO,
    reads=True,
)
def bounded_walk_of_items(p: Probe) -> None:
    """Walk the first pages of what is there."""
    pages, seen = _first_pages(p, ITEMS, subject(p).id)
    first, last = (page.number("total_count") for page in (pages[0], pages[-1]))
    if not ITEMS.next(pages[-1]):
        p.require(last != first or len(seen) <= last, "no more than total_count", f"{len(seen)}", pages[-1])


def _token(p: Probe) -> tuple[list[Dataset], Response, str]:
    made = [shared(p, f"behind {number}") for number in range(2)]
    response = DATASETS.page(p, max_results=1)
    token = DATASETS.next(response)
    p.require(token, "X-Next-Token, since more follow", "none", response, clause="paging.datasets.token-given")
    return made, response, str(token)


@STAGE.clause("paging.datasets.token-given", "Where more datasets follow, the response carries X-Next-Token.", _HEADER)
def token_given(p: Probe) -> None:
    """Request one of many."""
    _token(p)


@STAGE.clause("paging.datasets.token-again", "A token leads to the same page again, whatever max_results.", _TOKEN)
def token_again(p: Probe) -> None:
    """Send it twice, and with another size."""
    _, first, token = _token(p)
    for _ in range(TRIES):
        pages = [DATASETS.page(p, "", token, max_results=size) for size in (1, 2, _LARGEST, 1)]
        ids = [DATASETS.ids(page) for page in pages]
        if ids[0] == ids[-1]:
            break  # nobody came between
    p.require(all(found and found[:1] == ids[0][:1] for found in ids), "the same page", f"{ids[:2]}", first, *pages)
    again = [came for came in DATASETS.ids(first) if any(came in found for found in ids)]
    p.require(not again, "nothing of the page before", f"{again} again", first, *pages)


@STAGE.clause("paging.datasets.token-of-items", "A token of a list of items is 400.", _TOKEN)
def token_of_items(p: Probe) -> None:
    """Send one here."""
    dataset = new_dataset(p)
    for _ in range(2):
        new_item(p, dataset)
    response = ITEMS.page(p, dataset.id, limit=1)
    token = ITEMS.next(response)
    p.skip_unless(token, "the list of items returned no token")
    p.call(_LIST, query={"next_token": token}, expect=_REFUSED)


@STAGE.clause("paging.datasets.token-repeated", "A token given twice is 400.", INFO)
def token_repeated(p: Probe) -> None:
    """Send a token twice."""
    _, _, token = _token(p)
    p.call(_LIST, query=[("next_token", token)] * 2, expect=_REFUSED)


@STAGE.clause("paging.datasets.token-of-another-organization", "A token of another organization's list is 400.", _TOKEN)
def token_of_another_organization(p: Probe) -> None:
    """Send one there."""
    p.skip_unless(p.other, "no second organization was given; --other-organization-id checks it")
    other = p.other or p.party
    _, _, token = _token(p)
    more = {"organization": other.organization_id, "authorization": other.authorization}
    p.call(_LIST, query={"next_token": token}, expect=_REFUSED, **more)


@STAGE.clause(
    "paging.datasets.changes-meanwhile",
    "What is created or deleted during a walk makes no other dataset come twice or be skipped.",
    INFO,
)
def changes_meanwhile(p: Probe) -> None:
    """Stand behind the last but four, of which some go, and others come."""
    before = len(walk_datasets(p))
    for doomed in ((1,), (0, 2)):
        made = [new_dataset(p) for _ in range(4)]
        response = DATASETS.page(p, max_results=min(before + 2, _LARGEST))
        token, seen = DATASETS.next(response), DATASETS.ids(response)
        cut = made[1].id in seen and made[3].id not in seen and token
        p.skip_unless(cut, "the pages are shorter than was asked, or others have many there")
        for number in doomed:
            p.call("delete_dataset", made[number].id)
        new = new_dataset(p)
        rest = _rest(p, token)
        wanted = [dataset.id for n, dataset in enumerate(made) if dataset.id not in seen and n not in doomed]
        last = p.last
        got = [number for number in rest if number in [dataset.id for dataset in made]]
        p.equal(wanted, got, "each of the others, once", response, last)
        for dataset in (*(made[n] for n in range(4) if n not in doomed), new):
            p.call("delete_dataset", dataset.id)


def _rest(p: Probe, token: Any) -> list[Any]:
    found: list[Any] = []
    for _ in range(_FEW):
        if not token:
            break
        response = DATASETS.page(p, "", token, max_results=_K)
        ids = DATASETS.ids(response)
        p.require(len(ids) <= _K, f"at most {_K}", f"{len(ids)}", response)
        found.extend(ids)
        token = DATASETS.next(response)
    return found
