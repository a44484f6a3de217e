"""What is the run's own: shown by reads alone, since a response to a create may name anything."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from abeja_datasets_contract.check.document import Contract, Target
from abeja_datasets_contract.check.document.ids import IDS, InvalidIdentifier, path_of, segment
from abeja_datasets_contract.check.document.parameters import headers_of, query_of
from abeja_datasets_contract.check.results import Exchange
from abeja_datasets_contract.check.sending.wire import Call

from .ledger import Ledger

_MOST, _PAGE = 20_000, 1000
_OK = 200
_ABSENT = (404, 410)


class Ownership:
    """Finds out by reads which datasets and items are the run's.

    Args:
        ledger: knows the names that the run gave, and is passed what a read shows.
        run: the run's name, which source data of its items holds.
        send: sends a request.
        credentials: the value of `Authorization` for each organization.
        contract: knows the paths.
    """

    def __init__(
        self,
        ledger: Ledger,
        run: str,
        send: Callable[[Call], Exchange],
        credentials: Mapping[str, str],
        contract: Contract,
    ) -> None:
        self._ledger, self._run, self._send, self.credentials = ledger, run, send, credentials
        self._contract = contract
        self._datasets: set[tuple[str, str]] = set()
        self._items: set[tuple[str, str, str]] = set()
        self.list_problem = ""
        """Why the last list could not be read to its end; empty where it could."""

    def target(self, call: Call) -> Target | None:
        """Return what the path of a request names; None where it is not a path of the API."""
        return self._contract.paths.target(call.target)

    def shown(self, key: tuple[str, str]) -> bool:
        """Return whether a read has shown that a dataset is, or was, the run's."""
        return key in self._datasets

    def why_not(self, key: tuple[str, str]) -> str | None:
        """Return why nothing shows that a dataset is the run's, or None where a read shows it."""
        if key in self._datasets:
            return None
        if key[0] not in self.credentials:
            return f"no credential for organization {key[0]} was given"
        exchange = self._send(self.call("get_dataset", *key))
        verdict = self._read_shows(key, exchange)
        return self._list_shows(key, exchange) if verdict is None else verdict or None

    def _read_shows(self, key: tuple[str, str], exchange: Exchange) -> str | None:
        """Return why a dataset is not the run's, empty where it is, None where the response does not settle it."""
        status, record = _status(exchange), body_of(exchange)
        if status in _ABSENT:
            # Nothing that is not there can be changed; a dataset of the run may be asked for in another organization.
            elsewhere = any(dataset == key[1] and other != key[0] for other, dataset in self._datasets)
            return "" if elsewhere else f"a read of it has status {status}"
        if status != _OK or not isinstance(record, dict) or not isinstance(record.get("name"), str):
            return None
        if not self._is_own(record["name"]):
            return f"a read of it shows the name {record['name'][:80]!r}, which this run gave to none"
        if _text(record.get("dataset_id", key[1])) != key[1]:
            return None
        self._learn(key, record["name"])
        return ""

    def _list_shows(self, key: tuple[str, str], read: Exchange) -> str | None:
        names = [name for dataset, name in self.listed(key[0]) if dataset == key[1]]
        if not names or not all(map(self._is_own, names)):
            return f"neither a read of it (status {_status(read)}) nor the list shows a name that this run gave"
        self._learn(key, names[0])
        return None

    def ask(self, organization: str, **query: Any) -> Exchange:
        """Send a request for a page of the datasets of an organization."""
        return self._send(self.call("list_datasets", organization, query={"max_results": 1, **query}))

    def listed(self, organization: str) -> Iterator[tuple[str, str]]:
        """List the id and the name of each dataset, as far as the list can be read; an invalid id is empty."""
        token: dict[str, str] = {}
        pages = _MOST // min(_PAGE, self._contract.size("list_datasets", _PAGE))
        for _ in range(pages):
            exchange = self.ask(organization, max_results=_PAGE, **token)
            records = body_of(exchange)
            if exchange.received is None or not isinstance(records, list):
                self.list_problem = f"the datasets could not be listed (status {_status(exchange)})"
                return
            for record in records:
                if isinstance(record, dict) and isinstance(record.get("name"), str):
                    yield _text(record.get("dataset_id")), record["name"]
            self.list_problem = ""
            after = next((text for name, text in exchange.received.headers if name.lower() == "x-next-token"), "")
            if not after:
                return
            if not self._contract.operation("list_datasets").has("next_token"):
                self.list_problem = "the document has no parameter to ask for more than one page of datasets"
                return
            token = {"next_token": after}
        self.list_problem = f"the organization has more than {pages} pages of datasets"

    def has_item(self, key: tuple[str, str], item: str) -> bool:
        """Return whether a read shows that an item is the run's."""
        if (*key, item) not in self._items:
            # One list may show many items, and no cache of single ones is filled before a clause looks at them.
            self.list_items(key)
        if (*key, item) not in self._items:
            exchange = self._send(self.call("get_dataset_item", *key, item))
            record = body_of(exchange)
            shown = isinstance(record, dict) and _text(record.get("dataset_item_id", item)) == item
            if _status(exchange) == _OK and shown:
                self._learn_item(key, {**record, "dataset_item_id": item})
        return (*key, item) in self._items

    def list_items(self, key: tuple[str, str]) -> None:
        """Read from the list which items are the run's: each record of such an id has source data of the run."""
        body = body_of(self._send(self.call("list_dataset_items", *key, query={"limit": _PAGE})))
        listed = body["items"] if isinstance(body, dict) and isinstance(body.get("items"), list) else ()
        records = [record for record in listed if isinstance(record, dict)]
        foreign = {_text(record.get("dataset_item_id")) for record in records if not self._has_source(record)}
        for record in records:
            if _text(record.get("dataset_item_id")) not in foreign:
                self._learn_item(key, record)

    def learn(self, target: Target, exchange: Exchange) -> None:
        """Record what the response to a request of the check shows."""
        if target.item and isinstance(record := body_of(exchange), dict):
            if _text(record.get("dataset_item_id")) == target.item:
                self._learn_item(target.key, record)
        elif not target.items and target.key in self._ledger.known.datasets and target.key not in self._datasets:
            self._read_shows(target.key, exchange)

    def _learn(self, key: tuple[str, str], name: str) -> None:
        self._datasets.add(key)
        self._ledger.note(shown=key[1], name=name, organization_id=key[0])

    def _learn_item(self, key: tuple[str, str], record: Mapping[str, Any]) -> None:
        if self._has_source(record):
            self._items.add((*key, _text(record.get("dataset_item_id"))))

    def _has_source(self, record: Mapping[str, Any]) -> bool:
        # A dataset's name may have any form; the run's own name is text that JSON does not escape.
        return self._run in json.dumps(record.get("source_data"))

    def _is_own(self, name: str) -> bool:
        """Return whether the run gave this name; a server that changes case or spaces changes no more of it."""
        return self._run in name.casefold() and any(
            _folded(name) == _folded(given) for _, given in self._ledger.known.names
        )

    def call(
        self,
        operation: str,
        organization: str,
        dataset: str = "",
        item: str = "",
        query: Mapping[str, Any] | None = None,
    ) -> Call:
        """Build a request of the run's own, with the credential of the organization.

        Raises:
            InvalidIdentifier: a path can't hold the id.
        """
        known = self._contract.operation(operation)
        pairs = self._contract.within(operation, (query or {}).items())
        headers = headers_of(known, self._contract.required(operation, "header", ()))
        path = path_of(known.path, dict(zip(IDS, (organization, dataset, item), strict=True)))
        return Call(
            method=known.method,
            target=f"{path}{query_of(known, pairs)}",
            operation=operation,
            headers=(("Authorization", self.credentials[organization]), *headers),
        )


def body_of(exchange: Exchange) -> Any:
    """Read the body of a response; None where it is not JSON, or none came."""
    try:
        return json.loads(exchange.received.body) if exchange.received is not None else None
    except (ValueError, RecursionError):
        return None


def _status(exchange: Exchange) -> int:
    return 0 if exchange.received is None else exchange.received.status


def _text(value: Any) -> str:
    """Write an id of a response as paths have it; empty where it is none."""
    try:
        return unquote(segment(value))
    except InvalidIdentifier:
        return ""


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()
