"""Clean-up: removing what a ledger knows, and nothing else."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .ledger import Ledger, read
from .options import CheckFailed, Options, base_url
from .redaction import Redaction
from .results import Exchange
from .wire import Call, Wire

_PAGES = 100
_PAGE = 1000
_OK, _GONE, _MULTIPLE = 200, 404, 300


def clean_up(
    ledger: Path,
    authorization: str,
    url: str | None = None,
    options: Options = Options(),  # noqa: B008 - frozen
) -> tuple[str, ...]:
    """Remove what a run that ended early has left on a server.

    Args:
        ledger: the file of that run. What is removed is noted in it, so that this can be done again.
        authorization: the value of the `Authorization` header.
        url: where the API is; by default where it was.
        options: how to send (certificates, rate, timeout), and the credential of the second organization, whose
            datasets are otherwise asked for with the first one's. What limits a check does not limit this.

    Returns:
        What is left, each in words.

    Raises:
        OSError: the file can't be read.
        ValueError: it is no ledger, or the URL is none.
        CheckFailed: the server can't be reached, or refuses the credential.
    """
    known = read(ledger)
    written = Ledger(ledger)
    written.known = known
    written.end_line()
    wire = Wire(base_url(url or known.url), options, Redaction(authorization, options.other_authorization), None)
    wire.unlimited = True
    organizations = (known.organization_id, *(owner for owner, _ in known.pending), *known.datasets.values())
    credentials = dict.fromkeys(organizations, authorization)
    if options.other_organization_id in credentials and options.other_authorization is not None:
        credentials[options.other_organization_id] = options.other_authorization
    try:
        cleaner = Cleaner(wire, written, credentials)
        cleaner.greet(known.organization_id)
        return cleaner.clean(look=True)
    finally:
        wire.close()


class Cleaner:
    """Removes the datasets of a ledger.

    Args:
        wire: sends.
        ledger: knows them.
        credentials: by organization.
    """

    def __init__(self, wire: Wire, ledger: Ledger, credentials: Mapping[str, str]) -> None:
        self._wire = wire
        self._ledger = ledger
        self._credentials = credentials

    def greet(self, organization: str) -> None:
        """Look whether the server can be talked to.

        Raises:
            CheckFailed: it can't.
        """
        exchange = self._send("GET", organization, "?max_results=1")
        if exchange.received is None:
            raise CheckFailed(f"{exchange.sent.url}: {exchange.error}")
        if exchange.received.status >= _MULTIPLE:
            raise CheckFailed(f"the server responds with status {exchange.received.status} to this credential")

    def clean(self, *, look: bool) -> tuple[str, ...]:
        """Remove what is known by its id and, where `look`, what can be found by its exact name."""
        left = [problem for organization in self._credentials for problem in self._find(organization, look=look)]
        for dataset, organization in list(self._ledger.known.datasets.items()):
            problem = self._remove(organization, dataset)
            if problem:
                left.append(f"dataset {dataset}: {problem}")
        return tuple(left)

    def _remove(self, organization: str, dataset: str) -> str | None:
        exchange = self._send("DELETE", organization, quote(dataset, safe=""))
        if exchange.received is None:
            return exchange.error
        if exchange.received.status not in (_OK, _GONE):
            return f"the server responded to its deletion with status {exchange.received.status}"
        self._ledger.note(deleted=dataset)
        return None

    def _find(self, organization: str, *, look: bool) -> list[str]:
        """Find datasets by the names of creates that were not seen to succeed."""
        known = self._ledger.known
        names = {name for owner, name in known.pending if owner == organization and known.run in name}
        if not names:
            return []
        if not look:
            return [f"perhaps a dataset named {name!r}" for name in sorted(names)]
        token = None
        for _ in range(_PAGES):
            more = "" if token is None else f"&next_token={quote(token, safe='')}"
            exchange = self._send("GET", organization, f"?max_results={_PAGE}{more}")
            for record in _records(exchange):
                if record.get("name") in names and record.get("dataset_id") not in known.datasets:
                    entry = {"dataset": record["dataset_id"], "name": record["name"]}
                    self._ledger.note(**entry, organization_id=organization)
            headers = exchange.received.headers if exchange.received is not None else ()
            token = next((value for name, value in headers if name.lower() == "x-next-token"), None)
            if exchange.received is None or exchange.received.status != _OK:
                return ["perhaps more: the server's datasets could not be listed"]
            if not token:
                return []
        return [f"perhaps more: the organization has more than {_PAGES * _PAGE} datasets"]

    def _send(self, method: str, organization: str, rest: str) -> Exchange:
        call = Call(
            method=method,
            target=f"/organizations/{quote(organization, safe='')}/datasets/{rest}",
            operation="delete_dataset" if method == "DELETE" else "list_datasets",
            headers=(("Authorization", self._credentials[organization]),),
        )
        return self._wire.send(call)


def _records(exchange: Exchange) -> list[dict[str, Any]]:
    try:
        listed = json.loads(exchange.received.body) if exchange.received is not None else []
    except (ValueError, RecursionError):
        return []
    return [record for record in listed if isinstance(record, dict)] if isinstance(listed, list) else []
