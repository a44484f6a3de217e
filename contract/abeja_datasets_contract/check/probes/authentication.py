"""Each operation refuses each credential that is not good for the organization, with 401, and changes nothing."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from abeja_datasets_contract.check.document import operations
from abeja_datasets_contract.check.probe import Answer, Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import UNKNOWN_USER, nothing_changed, shared_filled, subject

from .identifiers import BODIES

STAGE = Stage("authentication")
_UNAUTHORIZED = (401,)
_SOURCE = "#/components/responses/Unauthorized"
_ORGANIZATION = "#/components/parameters/OrganizationId/description"
_Credentials = Callable[[Probe], list[str | None]]


def _wrong_secret(p: Probe) -> list[str | None]:
    """Make the right user's credential with another secret, or a token that is almost the right one."""
    scheme, _, token = p.party.authorization.partition(" ")
    user, secret = _decoded(token)
    if scheme.lower() != "basic" or not user:
        return [f"{scheme} {wrong}" for wrong in (token + "x", token[:-1] + ("a" if token[-1:] != "a" else "b"))]
    wrong_secrets = (secret + "x", "")
    return [_basic(user, wrong) for wrong in wrong_secrets if wrong != secret]


def _other_scheme(p: Probe) -> list[str | None]:
    scheme, _, token = p.party.authorization.partition(" ")
    other = "Bearer" if scheme.lower() == "basic" else "Basic"
    return [f"{other} {token}", token]


def _unknown_user(p: Probe) -> list[str | None]:
    _, secret = _decoded(p.party.authorization.rpartition(" ")[2])
    found: list[str | None] = [UNKNOWN_USER]
    if p.may_write and secret:
        found.append(_basic("user-contract-check", secret))
    return found


def _malformed(_p: Probe) -> list[str | None]:
    return ["", "Basic", "Bearer", "Basic !!!", _basic("", "")]


def _other_organization(p: Probe) -> list[str | None]:
    p.skip_unless(p.other, "no second organization was given")
    return [p.other.authorization if p.other else None]


def _basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def _decoded(token: str) -> tuple[str, str]:
    try:
        user, _, secret = base64.b64decode(token + "=" * (-len(token) % 4), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, secret


_KINDS: dict[str, tuple[str, _Credentials, bool]] = {
    "none": ("a request without a credential", lambda _: [None], True),
    "unknown-user": ("a user who does not exist", _unknown_user, True),
    "wrong-secret": ("a wrong secret", _wrong_secret, False),
    "other-scheme": ("the credential in another scheme", _other_scheme, False),
    "malformed": ("what is no credential", _malformed, False),
    "other-organization": ("a credential of another organization", _other_organization, False),
}


def _check(operation: str, credentials: _Credentials) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        wrong = credentials(p)
        if operations()[operation].method == "GET":
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
        last = Answer(p.wire.exchanges[-1])
        nothing_changed(p, dataset, names, last)

    return check


def _first(items: list[Any]) -> int:
    return items[0].id if items else 0


def _body(p: Probe, operation: str, item: int) -> dict[str, Any]:
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


def _register() -> None:
    for kind, (what, credentials, reads) in _KINDS.items():
        for name, operation in operations().items():
            STAGE.add(
                f"auth.{kind}.{name}",
                f"{name} refuses {what} with 401, and does nothing.",
                _ORGANIZATION if kind == "other-organization" else _SOURCE,
                _check(name, credentials),
                reads=reads and operation.method == "GET",
            )


_register()


@STAGE.clause(
    "auth.scheme-in-any-case", "The name of the scheme is taken in any case.", "reference: RFC 9110, section 11.1"
)
def scheme_case(p: Probe) -> None:
    """Spell it otherwise."""
    scheme, space, token = p.party.authorization.partition(" ")
    p.skip_unless(space, "the credential has no scheme")
    for spelling in (scheme.lower(), scheme.upper()):
        p.call("list_datasets", query={"max_results": 1}, authorization=f"{spelling} {token}")
