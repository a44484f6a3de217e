"""Before anything else: is there a server that can be checked?"""

import httpx

from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.judging.reading import Response, header
from abeja_datasets_contract.check.report.printable import one_line

from .options import CheckFailed, Lost, Skip, Stopped
from .probe import Probe
from .registry import Stage
from .resources import UNKNOWN_USER

STAGE = Stage("preflight")
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _REDIRECT, _ERROR = 401, 403, 404, 300, 400


def preflight(p: Probe) -> None:
    """Check that the server is one that can be checked.

    Raises:
        CheckFailed: it is not.
    """
    p.wire.stage = "preflight"
    try:
        _look(p)
    except Lost:
        raise
    except (Stopped, Skip) as reason:
        raise CheckFailed(str(reason)) from None


def _look(p: Probe) -> None:
    response = p.send(p.request("list_datasets", query={"max_results": 1}))
    received = response.exchange.received
    if received is None:
        raise CheckFailed(f"{response.exchange.sent.url}: {response.exchange.error}")
    if response.status in (_UNAUTHORIZED, _FORBIDDEN):
        raise CheckFailed(
            f"the server refuses the credential for organization {p.party.organization_id}: {_refusal(response)}"
        )
    if _REDIRECT <= response.status < _ERROR and not _to_other_spelling(response):
        raise CheckFailed(f"the server redirects to {header(received, 'location')}; is that its URL?")
    other = "get_dataset" if "get_dataset" in p.contract.operations else "list_datasets"
    if _is_html(response) and _is_html(p.send(p.request(other, p.run))):
        raise CheckFailed("the server responds with HTML; is the URL that of the API?")
    if response.status == _NOT_FOUND:
        raise CheckFailed(
            f"the server knows no organization {p.party.organization_id}, or has no such API (status 404)"
        )


def _refusal(response: Response) -> str:
    """Return what a refusal says. A server names there the credential that it takes instead, such as an API key."""
    challenge = response.header("www-authenticate")
    return one_line(f"{response}, WWW-Authenticate: {challenge}" if challenge else str(response))


def _to_other_spelling(response: Response) -> bool:
    """Return whether a redirect only adds or takes the slash at the end, which is a broken promise, not a wrong URL."""
    asked = httpx.URL(response.exchange.sent.url)
    try:
        target = asked.join(response.header("location") or "")
    except (httpx.InvalidURL, ValueError):
        return False
    same = (target.scheme, target.host, target.port) == (asked.scheme, asked.host, asked.port)
    return same and target.path != asked.path and target.path.rstrip("/") == asked.path.rstrip("/")


def _is_html(response: Response) -> bool:
    received = response.exchange.received
    return received is not None and "html" in (header(received, "content-type") or "").lower()


@STAGE.clause(
    "preflight.credential",
    "The server accepts the credential that the check is given.",
    Source.operation("list_datasets", "responses", "200"),
    reads=True,
)
def credential(p: Probe) -> None:
    """Request a list."""
    p.call("list_datasets", query={"max_results": 1})


@STAGE.clause(
    "preflight.unauthorized",
    "The server refuses a user who does not exist, with 401.",
    Source.component("responses", "Unauthorized"),
    reads=True,
)
def unauthorized(p: Probe) -> None:
    """Send the credential of another user."""
    p.call("list_datasets", authorization=UNKNOWN_USER, expect=(_UNAUTHORIZED,))
