"""Each operation refuses each credential that is not good for the organization, with 401, and changes nothing."""

from collections.abc import Callable
from typing import Any

from abeja_datasets_contract.check.document import Contract
from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.probes.lists.paging import DATASETS, ITEMS
from abeja_datasets_contract.check.registry import Add, Stage
from abeja_datasets_contract.check.resources import UNKNOWN_USER, nothing_changed, shared_filled, subject

from .credentials import ALIKE, ANOTHER_USER, WRONG_SECRET, basic, crossed, spoilt
from .identifiers import BODIES

STAGE = Stage("authentication")
_UNAUTHORIZED = (401,)
_SOURCE = Source.component("responses", "Unauthorized")
_ORGANIZATION = Source.component("parameters", "OrganizationId", "description")
_Credentials = Callable[[Probe], list[str | None]]


def _wrong_secret(p: Probe) -> list[str | None]:
    return [*spoilt(p.party.authorization, WRONG_SECRET, p.wire.redaction)]


def _other_scheme(p: Probe) -> list[str | None]:
    scheme, _, token = p.party.authorization.partition(" ")
    other = "Bearer" if scheme.lower() == "basic" else "Basic"
    return [f"{other} {token}", token]


def _unknown_user(p: Probe) -> list[str | None]:
    more = spoilt(p.party.authorization, ANOTHER_USER, p.wire.redaction) if p.may_write else []
    return [UNKNOWN_USER, *more]


def _malformed(_p: Probe) -> list[str | None]:
    return ["", "Basic", "Bearer", "Basic !!!", basic(":")]


def _other_organization(p: Probe) -> list[str | None]:
    p.skip_unless(p.other, "no second organization was given; --other-organization-id checks it")
    return [p.other.authorization if p.other else None]


_KINDS: dict[str, tuple[str, _Credentials, bool]] = {
    "none": ("a request without a credential", lambda _: [None], True),
    "unknown-user": ("a user who does not exist", _unknown_user, True),
    "wrong-secret": ("a wrong secret", _wrong_secret, False),
    "other-scheme": ("the credential in another scheme", _other_scheme, False),
    "malformed": ("what is not a credential", _malformed, False),
    "other-organization": ("a credential of another organization", _other_organization, False),
}


def _check(operation: str, credentials: _Credentials) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        p.require_understood(operation)
        wrong = credentials(p)
        if p.contract.reads(operation):
            dataset = subject(p) if operation != "list_datasets" else None
            for credential in wrong:
                _refused(p, operation, credential, *(() if dataset is None else (dataset.id, _first(dataset.items))))
            return
        dataset = shared_filled(p, "authentication", 1)
        names = []
        for credential in wrong:
            item = dataset.items[0].id
            body = _body(p, operation, item)
            if operation == "create_dataset":
                names.append(body["json"]["name"])
            _refused(p, operation, credential, dataset.id, item, **body)
        last = p.last
        nothing_changed(p, dataset, names, last)

    return check


def _first(items: list[Any]) -> Any:
    return items[0].id if items else 0


def _body(p: Probe, operation: str, item: Any) -> dict[str, Any]:
    if operation == "create_dataset":
        return {"json": {"name": p.name(), "type": "custom", "props": {}}}
    if operation == "bulk_update_dataset_item":
        return {"json": [{"dataset_item_id": item, "attributes": {"changed": 1}}]}
    if operation == "update_dataset_item":
        return {"json": {"attributes": {"changed": 1}}}
    return {"json": BODIES[operation]} if operation in BODIES else {}


def _refused(p: Probe, operation: str, credential: str | None, *ids: Any, **body: Any) -> None:
    with p.case():
        p.call(operation, *ids, authorization=credential, expect=_UNAUTHORIZED, **body)


@STAGE.of_document
def _register(contract: Contract, add: Add) -> None:
    for kind, (what, credentials, reads) in _KINDS.items():
        for name in contract.secured():
            add(
                f"auth.{kind}.{name}",
                f"{name} refuses {what} with 401, and does nothing.",
                _ORGANIZATION if kind == "other-organization" else _SOURCE,
                _check(name, credentials),
                reads=reads and contract.reads(name),
            )


@STAGE.clause("auth.exact", "A secret and its user are compared exactly, and as a pair.", _SOURCE)
def exact(p: Probe) -> None:
    """Send what is only like the credential."""
    like = spoilt(p.party.authorization, ALIKE, p.wire.redaction)
    if p.other is not None:
        like += crossed(p.party.authorization, p.other.authorization, p.wire.redaction)
    for credential in like:
        _refused(p, "list_datasets", credential)


def _early(contract: Contract) -> dict[str, dict[str, Any]]:
    """Requests that would be refused for another reason too."""
    broken = {"body": b"{", "headers": (("Content-Type", "application/json"),)}
    found: dict[str, dict[str, Any]] = {name: {} for name in contract.secured() if contract.understands(name)}
    return {name: broken if contract.operation(name).request_schema else more for name, more in found.items()}


@STAGE.clause(
    "auth.first",
    "Without a valid credential a response shows neither what exists nor what is wrong with a request.",
    _ORGANIZATION,
)
def first(p: Probe) -> None:
    """Request a dataset that is not there, with bodies that are broken, and with parameters that are."""
    for name, more in _early(p.contract).items():
        ids = (p.run, 0) if name not in ("list_datasets", "create_dataset") else ()
        query = {"limit": "x", "max_results": "x"} if name.startswith("list") else {}
        for credential in (None, UNKNOWN_USER):
            with p.case():
                p.call(name, *ids, query=query, authorization=credential, expect=_UNAUTHORIZED, **more)


@STAGE.clause("auth.parameters", "No query parameter replaces a credential.", _SOURCE)
def parameters(p: Probe) -> None:
    """Send requests that lack the credential alone, with each parameter and a token that is good."""
    dataset = subject(p)
    scopes = {ITEMS: (dataset.id,), DATASETS: ()}
    for listing, scope in scopes.items():
        query: dict[str, Any] = {listing.size: 1}
        token = listing.next(listing.page(p, *scope, **query))
        queries = [query, {listing.token: token, **query}] if token else [query]
        if listing is ITEMS:
            queries.append({"q": "number:1"})
        for good in queries:
            with p.case():
                p.call(listing.operation, *scope, query=good, authorization=None, expect=_UNAUTHORIZED)


@STAGE.clause(
    "auth.scheme-in-any-case",
    "The name of the scheme is accepted in upper and lower case.",
    Source.reference("RFC 9110, section 11.1"),
)
def scheme_case(p: Probe) -> None:
    """Send other spellings of it."""
    scheme, space, token = p.party.authorization.partition(" ")
    p.skip_unless(space, "the credential has no scheme")
    for spelling in (scheme.lower(), scheme.upper()):
        p.call("list_datasets", query={"max_results": 1}, authorization=f"{spelling} {token}")
