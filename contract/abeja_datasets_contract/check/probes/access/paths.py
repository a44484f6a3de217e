"""Paths: methods that nobody documented, and collections spelled with and without a slash at the end."""

import re
from collections.abc import Callable, Mapping

from abeja_datasets_contract.check.document import KNOWN, Contract
from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.probes.lists.paging import alike
from abeja_datasets_contract.check.registry import Add, Stage
from abeja_datasets_contract.check.resources import filled, nothing_changed, shared_filled, source, subject
from abeja_datasets_contract.check.results import Mode

STAGE = Stage("paths")
_ALLOW = Source.reference("RFC 9110, section 15.5.6")
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_NOT_ALLOWED = (405,)
_TAKEN = range(200, 300)


def _paths(contract: Contract) -> Mapping[str, dict[str, str]]:
    """List each documented path, with its operations by method."""
    found: dict[str, dict[str, str]] = {}
    for name, operation in contract.operations.items():
        found.setdefault(operation.path, {})[operation.method] = name
    return found


def _twin(path: str) -> str | None:
    """Return the other spelling of a collection's path; one that ends in an id has none."""
    if path.endswith("}"):
        return None
    return path[:-1] if path.endswith("/") else f"{path}/"


def _spellings(contract: Contract) -> dict[str, str]:
    """List both spellings of each path of operations that the check knows, with a name for each."""
    found = {}
    for path in (path for path, names in _paths(contract).items() if KNOWN.intersection(names.values())):
        for spelling in filter(None, (path, _twin(path))):
            short = re.sub(r"\{[^}]*\}", "ID", spelling.partition("}")[2] or spelling)
            name = short.strip("/").replace("/", "-") + ("-slash" if short[-1] == "/" else "")
            found[name] = spelling
    return found


def _documented(contract: Contract, path: str) -> dict[str, str]:
    """List the operations of a path in both of its spellings, by method."""
    return {**_paths(contract).get(_twin(path) or "", {}), **_paths(contract).get(path, {})}


def _undeclared(path: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        declared, here = _documented(p.contract, path), _paths(p.contract).get(path, {})
        anyone = next(iter(declared.values()))
        changes_all = path.count("{") < 2  # noqa: PLR2004 - no id of a dataset
        p.skip_unless(
            not changes_all or p.options.mode is Mode.DISPOSABLE,
            "it may change any data; --allow-writes --disposable checks it",
        )
        dataset = shared_filled(p, "paths", 2)
        for method in (name for name in _METHODS if name not in declared):
            with p.case():
                call = p.request(anyone, dataset.id, dataset.items[0].id, method=method, path=path, json={})
                response = p.send(call)
                if not here and response.status in (404, 307, 308):
                    continue  # this spelling is not documented at all
                p.expect(response, _NOT_ALLOWED, f"{method} is not allowed here")
                allowed = {word.strip().upper() for word in (response.header("allow") or "").split(",")}
                known = sorted(word for word, name in here.items() if name in KNOWN)
                p.require(
                    allowed.issuperset(known),
                    f"Allow names {', '.join(known)}",
                    f"Allow: {response.header('allow')}",
                    response,
                )
                p.require(
                    method not in allowed, f"Allow does not name {method}", f"{response.header('allow')}", response
                )
        nothing_changed(p, dataset, [])

    return check


@STAGE.of_document
def _register(contract: Contract, add: Add) -> None:
    for name, path in _spellings(contract).items():
        add(
            f"methods.{name}",
            f"A method that is documented for no spelling of {path} is 405, with Allow naming those that are.",
            _ALLOW,
            _undeclared(path),
        )


@STAGE.clause(
    "spellings.datasets",
    "If the list of datasets is accepted without its slash, it is the same.",
    Source.schema("Dataset"),
    reads=True,
)
def datasets(p: Probe) -> None:
    """Read both."""
    _same(p, "list_datasets", "")


@STAGE.clause(
    "spellings.items",
    "If a list of items is accepted without its slash, it is the same.",
    Source.schema("DatasetItem"),
    reads=True,
)
def items(p: Probe) -> None:
    """Read both."""
    _same(p, "list_dataset_items", subject(p).id)


def _same(p: Probe, operation: str, dataset: str) -> None:
    path = p.contract.operation(operation).path
    response = p.send(p.request(operation, dataset, method="GET", path=_twin(path)))
    if response.status not in _TAKEN:
        p.expect(response, (307, 308, 404, 405), "accepted, or refused as a path that is not documented")
        p.skip_unless(holds=False, reason=f"the server does not accept it there (status {response.status})")
    alike(
        p,
        lambda: p.call(operation, dataset),
        lambda: p.send(p.request(operation, dataset, method="GET", path=_twin(path))),
        lambda response: response.at(),
        "the same as with the slash",
    )


@STAGE.clause(
    "spellings.writes",
    "If a write is accepted at the other spelling of its path, it does the same.",
    Source.schema("DatasetItem"),
)
def writes(p: Probe) -> None:
    """Create an item, and update in bulk."""
    dataset = filled(p, 2)
    body = {"source_data": source(p), "attributes": {"spelled": "otherwise"}}
    path = _twin(p.contract.operation("create_dataset_item").path)
    response = p.send(p.request("create_dataset_item", dataset.id, method="POST", path=path, json=body))
    taken = response.status in _TAKEN
    if taken:
        p.same(body, p.call("get_dataset_item", dataset.id, response.id("dataset_item_id")), "the item as given")
        p.call("delete_dataset_item", dataset.id, response.id("dataset_item_id"))
    else:
        p.expect(response, (307, 308, 404, 405), "accepted, or refused as a path that is not documented")
    path = _twin(p.contract.operation("bulk_update_dataset_item").path)
    bulk = p.send(p.request("bulk_update_dataset_item", dataset.id, method="PUT", path=path, json=[]))
    if bulk.status in _TAKEN:
        p.equal([], bulk.at(), "an empty list", bulk)
    else:
        p.expect(bulk, (307, 308, 404, 405), "accepted, or refused as a path that is not documented")
    nothing_changed(p, dataset, [])
    p.skip_unless(taken or bulk.status in _TAKEN, "the server accepts none of them there")


@STAGE.clause(
    "methods.head-and-options",
    "HEAD and OPTIONS, where they are accepted, show no more than the documented methods do.",
    Source.reference("RFC 9110, sections 9.3.2 and 9.3.7"),
)
def head_and_options(p: Probe) -> None:
    """Send each with the credential and without one."""
    dataset = shared_filled(p, "paths", 2)
    for operation in ("list_datasets", "get_dataset", "list_dataset_items", "get_dataset_item"):
        ids = (dataset.id, dataset.items[0].id)
        for credential, heads in ((p.party.authorization, (200, *_NOT_ALLOWED)), (None, (401, *_NOT_ALLOWED))):
            with p.case():
                head = p.send(p.request(operation, *ids, method="HEAD", authorization=credential))
                p.expect(head, heads, "what GET returns, without its body, or not allowed")
        with p.case():
            options = p.send(p.request(operation, *ids, method="OPTIONS"))
            p.expect(options, (200, 204, *_NOT_ALLOWED), "the options, or not allowed")
            same = options.status not in _NOT_ALLOWED and options.exchange.received
            p.require(not same or dataset.id.encode() not in same.body, "nothing of the dataset", str(options), options)
    nothing_changed(p, dataset, [])


@STAGE.clause(
    "paths.unknown",
    "A path that the API does not have is 404.",
    Source.reference("RFC 9110, section 15.5.5"),
    reads=True,
)
def unknown(p: Probe) -> None:
    """Request some."""
    listed = p.contract.operation("list_datasets").path.rstrip("/")
    above, _, last = listed.rpartition("/")
    for path in (
        f"{above}/contract-check",
        f"{p.contract.prefix}/contract-check",
        f"{listed}/x/y",
        f"{above}/{last.capitalize()}/",
    ):
        with p.case():
            p.expect(p.send(p.request("list_datasets", method="GET", path=path)), (404,))
