"""Nothing is visible, or can be changed, through the path of another dataset or another organization."""

from collections.abc import Callable
from typing import Any

from abeja_datasets_contract.check.document import KNOWN, Contract
from abeja_datasets_contract.check.document.sources import INFO, Source
from abeja_datasets_contract.check.probe import Party, Probe
from abeja_datasets_contract.check.registry import Add, Stage
from abeja_datasets_contract.check.resources import (
    Dataset,
    filled,
    new_dataset,
    new_item,
    nothing_changed,
    shared_filled,
    walk_datasets,
)

from .identifiers import body_for

STAGE = Stage("isolation")
_NOT_FOUND, _REFUSED, _UNAUTHORIZED = (404,), (400,), (401,)


def _pair(p: Probe) -> tuple[Dataset, Dataset, Any]:
    """Return two datasets, and an id that only the first has."""
    owner, stranger = shared_filled(p, "isolation owner", 3), shared_filled(p, "isolation stranger", 1)
    taken = {item.id for item in stranger.items}
    own = [item.id for item in owner.items if item.id not in taken]
    p.skip_unless(own, "each item of the one dataset has the id of an item of the other")
    return owner, stranger, own[0]


def _through_dataset(operation: str, statuses: tuple[int, ...]) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        owner, stranger, item = _pair(p)
        response = p.call(operation, stranger.id, item, expect=statuses, **body_for(operation, item))
        nothing_changed(p, owner, [], response)
        nothing_changed(p, stranger, [], response)

    return check


def _same_number(operation: str) -> Callable[[Probe], None]:
    """Change an item of one dataset; one of another dataset may have the same number."""

    def check(p: Probe) -> None:
        one, other = filled(p, 1), shared_filled(p, "isolation other", 2)
        item = one.items[0].id
        response = p.call(operation, one.id, item, **body_for(operation, item))
        nothing_changed(p, other, [], response)

    return check


def _register_datasets() -> None:
    for operation, statuses in (
        ("get_dataset_item", _NOT_FOUND),
        ("update_dataset_item", _NOT_FOUND),
        ("delete_dataset_item", _NOT_FOUND),
        ("bulk_update_dataset_item", _REFUSED),
    ):
        STAGE.add(
            f"isolation.datasets.{operation}",
            f"{operation} does not reach an item through another dataset.",
            INFO,
            _through_dataset(operation, statuses),
        )
    for operation in ("update_dataset_item", "delete_dataset_item", "bulk_update_dataset_item"):
        STAGE.add(
            f"isolation.same-number.{operation}",
            f"{operation} changes nothing in other datasets.",
            INFO,
            _same_number(operation),
        )


_register_datasets()


@STAGE.clause("isolation.datasets.list_dataset_items", "A list has only the items of its own dataset.", INFO)
def listing(p: Probe) -> None:
    """List the one without, in both ways, and the one with."""
    owner, stranger = filled(p, 3), new_dataset(p)
    found = p.call("list_dataset_items", owner.id, query={"q": "number:1"})
    for query in ({}, {"q": "number:1"}, {"q": "NOT number:1"}):
        response = p.call("list_dataset_items", stranger.id, query=query)
        p.equal([], response.at("items"), "no items", response)
        p.equal(0, response.number("total_count"), "total_count 0", response)
    new_item(p, stranger, {"number": 1})
    response = p.call("list_dataset_items", owner.id, query={"q": "number:1"})
    count = found.number("total_count")
    p.equal(count, response.number("total_count"), f"total_count {count}, as before", found, response)
    response = p.call("get_dataset", owner.id)
    p.equal(3, response.number("total_count"), "total_count 3", response)


def _other(p: Probe) -> Party:
    p.skip_unless(p.other, "no second organization was given; --other-organization-id checks it")
    return p.other or p.party


def _through_organization(operation: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        other = _other(p)
        dataset = shared_filled(p, "isolation", 1)
        item = dataset.items[0].id
        statuses = _NOT_FOUND if operation.startswith(("get", "list", "delete")) else (400, 404)
        p.call(
            operation,
            dataset.id,
            item,
            organization=other.organization_id,
            authorization=other.authorization,
            expect=_REFUSED if operation == "create_dataset_item" else statuses,
            **body_for(operation, item),
        )
        nothing_changed(p, dataset, [])

    return check


def _own_credential(operation: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        other = _other(p)
        p.require_understood(operation)
        dataset = shared_filled(p, "isolation", 1)
        item = dataset.items[0].id
        body: dict[str, Any] = body_for(operation, item)
        if operation == "create_dataset":
            body = {"json": {"name": p.name(), "type": "custom", "props": {}}}
        p.call(operation, dataset.id, item, organization=other.organization_id, expect=_UNAUTHORIZED, **body)

    return check


@STAGE.of_document
def _register_organizations(contract: Contract, add: Add) -> None:
    for operation in contract.secured():
        # What another organization is told by an operation that the check does not know, nothing says.
        if operation in KNOWN - {"create_dataset", "list_datasets"}:
            add(
                f"isolation.organizations.{operation}",
                f"{operation} does not reach a dataset through another organization.",
                INFO,
                _through_organization(operation),
            )
        add(
            f"isolation.credential.{operation}",
            f"{operation} refuses the credential for another organization than its own, with 401.",
            Source.component("parameters", "OrganizationId", "description"),
            _own_credential(operation),
        )


@STAGE.clause("isolation.organizations.list_datasets", "A list has only the datasets of its own organization.", INFO)
def organizations_list(p: Probe) -> None:
    """List the other's."""
    other, dataset = _other(p), new_dataset(p)
    party = {"organization": other.organization_id, "authorization": other.authorization}
    found = [record.id("dataset_id") for record in walk_datasets(p, party=party)]
    p.require(dataset.id not in found, "no dataset of the first", "it stands there", p.last)


@STAGE.clause(
    "isolation.organizations.exact",
    "Nothing is visible through an id that only looks like the organization's.",
    INFO,
)
def organizations_exact(p: Probe) -> None:
    """Request a dataset there, and for all; the credential may be good for any organization."""
    dataset, organization = shared_filled(p, "isolation", 1), p.party.organization_id
    for like in (f"{organization} ", f"0{organization}", f"{organization}x"):
        with p.case():
            p.call("get_dataset", dataset.id, organization=like, expect=(401, 404))
            listed = p.call("list_datasets", organization=like, expect=(200, 401, 404))
            records = listed.parts() if p.is_one_of(listed, (200,)) else []
            found = [record.id("dataset_id") for record in records if record.id("dataset_id") == dataset.id]
            p.require(not found, "no dataset of the organization", "it stands there", listed)


@STAGE.clause(
    "isolation.organizations.names",
    "A name is unique within its organization; another may have a dataset of the same name.",
    Source.operation("create_dataset", "description"),
)
def organizations_names(p: Probe) -> None:
    """Create a dataset of the same name in both."""
    other, name = _other(p), p.name("-both")
    body = {"name": name, "type": "custom", "props": {}}
    first = p.call("create_dataset", json=body)
    p.passing.append(first.id("dataset_id"))
    more: dict[str, Any] = {"organization": other.organization_id, "authorization": other.authorization}
    second = p.call("create_dataset", json=body, **more)
    p.same({"organization_id": other.organization_id, "name": name}, second, "the other organization's dataset")
    p.call("delete_dataset", second.id("dataset_id"), **more)
    p.same({"name": name}, p.call("get_dataset", first.id("dataset_id")), "the first stays")
