"""Safety on a live server: nothing is sent that could change what this run has not made, and what it makes is noted."""

import json
import re
from collections.abc import Iterable
from typing import Any

from abeja_datasets_contract.check.document import Target
from abeja_datasets_contract.check.document.ids import InvalidIdentifier, segment
from abeja_datasets_contract.check.options import Skip
from abeja_datasets_contract.check.results import Exchange, Mode
from abeja_datasets_contract.check.sending.wire import Call

from .ledger import Ledger
from .ownership import Ownership, body_of

_FIRST_ERROR = 300
_ITEM = re.compile(rb"dataset_item_id\W+([\w-]+)", re.ASCII)
_READS = ("GET", "HEAD", "OPTIONS")


class NotOurs(Skip, RuntimeError):
    """A request was not sent: no read shows that what it would change is the run's."""


class Guard:
    """Looks at each request before it is sent, and at its response.

    Args:
        ledger: notes what is created.
        run: the run's name, which made-up ids begin with.
        mode: what is allowed.
        ownership: finds out what is the run's.
    """

    def __init__(self, ledger: Ledger, run: str, mode: Mode, ownership: Ownership) -> None:
        self.ledger = ledger
        self._run = run
        self._mode = mode
        self.ownership = ownership

    def before(self, call: Call) -> None:
        """Record a dataset about to be created; check that what a request would change is the run's.

        Raises:
            NotOurs: nothing shows that.
            RuntimeError: the request is not safe. It is a defect of the check to have made it.
        """
        if call.method in _READS:
            if self._mode is Mode.READ_ONLY and call.method != "GET":
                raise RuntimeError(f"{call.method} is not for a read-only check")
            return
        if self._mode is Mode.READ_ONLY:
            raise RuntimeError(f"{call.method} {call.target}: a read-only check does not write")
        target = self.ownership.target(call)
        if target is None:
            raise RuntimeError(f"{call.method} {call.target}: not a path of the API")
        if target.dataset:
            self._require_ours(call, target)
        elif call.method != "POST":
            if self._mode is not Mode.DISPOSABLE:
                raise RuntimeError(f"{call.method} {call.target}: only for a server whose data may be lost")
        elif (name := _named(call.body)) is not None:
            self.ledger.note(creating=name, organization_id=target.organization)

    def _require_ours(self, call: Call, target: Target) -> None:
        if target.dataset.startswith(self._run) or target.key in self.ledger.known.gone:
            return  # the dataset is made up, or was the run's
        problem = self.ownership.why_not(target.key)
        if problem is not None:
            raise NotOurs(f"{call.method}: nothing shows that dataset {target.dataset!r} is this run's: {problem}")
        self._require_items(call, target, {target.item} if target.item else _items_in(call) if target.items else ())

    def _require_items(self, call: Call, target: Target, items: Iterable[str]) -> None:
        """Check that items are the run's; an id that no response gave is made up, and changes nothing of others."""
        given = {item: self.ledger.known.items[item] for item in items if item in self.ledger.known.items}
        for item, datasets in given.items():
            places = {target.key} if target.key in datasets else datasets
            if not any(self.ownership.has_item(place, item) for place in places):
                raise NotOurs(f"{call.method}: no read shows source data of this run in item {item!r}")

    def after(self, call: Call, exchange: Exchange) -> None:
        """Record what a response gave, took or showed."""
        target = self.ownership.target(call)
        if target is None or exchange.received is None or exchange.received.status >= _FIRST_ERROR:
            return
        if call.operation in ("get_dataset", "get_dataset_item"):
            self.ownership.learn(target, exchange)
        elif call.method not in _READS:
            self._note(call, target, body_of(exchange))

    def _note(self, call: Call, target: Target, body: Any) -> None:
        if call.method == "POST" and isinstance(body, dict):
            if not target.dataset:
                self._created(call, target.organization, body.get("dataset_id"))
            elif (item := _id(body.get("dataset_item_id"))) is not None:
                self.ledger.note(item=item, of=target.dataset, organization_id=target.organization)
        elif call.method == "DELETE" and not target.items and self.ownership.shown(target.key):
            self.ledger.note(deleted=target.dataset, organization_id=target.organization)

    def _created(self, call: Call, organization: str, dataset: Any) -> None:
        known = _id(dataset)
        if known is not None:
            self.ledger.note(dataset=known, organization_id=organization, name=_named(call.body))


def _id(value: Any) -> str | None:
    """Write an id that a path can hold as text; None where a response gave something else."""
    try:
        segment(value)
    except InvalidIdentifier:
        return None
    return str(value)


def _named(body: bytes | None) -> str | None:
    """Read the name out of a body that may be anything."""
    value = _json(body)
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else None


def _items_in(call: Call) -> set[str]:
    """Read the ids out of the body of a bulk update that may be anything, JSON or not: a lenient server may read it."""
    if call.method == "POST":
        return set()
    body = _json(call.body)
    entries = body if isinstance(body, list) else []
    found = {_id(entry.get("dataset_item_id")) for entry in entries if isinstance(entry, dict)}
    found |= {name.decode() for name in _ITEM.findall((call.body or b"").replace(b"\0", b""))}
    return {item for item in found if item is not None}


def _json(body: bytes | None) -> Any:
    try:
        return json.loads(body or b"")
    except (ValueError, RecursionError):
        return None
