"""Safety on a live server: nothing is sent that could change what this run has not made, and what it makes is noted."""

import json
import re
from typing import Any
from urllib.parse import unquote

from .ledger import Ledger
from .results import Exchange, Mode
from .wire import Call

_PATH = re.compile(r"/organizations/(?P<organization>[^/?]*)/datasets(?:/(?P<dataset>[^/?]+))?(?P<rest>[^?]*)")
_FIRST_ERROR = 300


class Guard:
    """Looks at each request before it is sent, and at its response.

    Args:
        ledger: knows what is ours.
        run: the run's name, which made-up ids hold.
        mode: what is allowed.
    """

    def __init__(self, ledger: Ledger, run: str, mode: Mode) -> None:
        self._ledger = ledger
        self._run = run
        self._mode = mode

    def before(self, call: Call) -> None:
        """Note a dataset about to be created.

        Raises:
            RuntimeError: the request is not safe. It is a defect of the check to have made it.
        """
        if call.method in ("GET", "HEAD", "OPTIONS"):
            if self._mode is Mode.READ_ONLY and call.method != "GET":
                raise RuntimeError(f"{call.method} is not for a read-only check")
            return
        if self._mode is Mode.READ_ONLY:
            raise RuntimeError(f"{call.method} {call.target}: a read-only check does not write")
        organization, dataset = _parts(call)
        if dataset:
            known = self._ledger.known
            if dataset not in known.datasets and dataset not in known.gone and self._run not in dataset:
                raise RuntimeError(f"{call.method} {call.target}: the dataset is not one of this run")
        elif call.method != "POST":
            if self._mode is not Mode.DISPOSABLE:
                raise RuntimeError(f"{call.method} {call.target}: only for a server that may be spoilt")
        else:
            name = _named(call.body)
            if name is not None:
                self._ledger.note(creating=name, organization_id=organization)

    def after(self, call: Call, exchange: Exchange) -> None:
        """Note what a response gave or took."""
        if call.method not in ("POST", "DELETE", "PUT", "PATCH") or exchange.received is None:
            return
        organization, dataset = _parts(call)
        answered = _body(exchange) if exchange.received.status < _FIRST_ERROR else None
        if call.method == "POST" and not dataset:
            self._created(call, organization, answered)
        elif call.method == "POST" and isinstance(answered, dict):
            self._ledger.note(item=answered.get("dataset_item_id"), of=dataset)
        elif call.operation == "delete_dataset" and exchange.received.status < _FIRST_ERROR:
            self._ledger.note(deleted=dataset)

    def _created(self, call: Call, organization: str, answered: Any) -> None:
        name = _named(call.body)
        if isinstance(answered, dict) and "dataset_id" in answered:
            self._ledger.note(dataset=str(answered["dataset_id"]), organization_id=organization, name=name)


def _parts(call: Call) -> tuple[str, str]:
    match = _PATH.match(call.target)
    if match is None:
        raise RuntimeError(f"{call.method} {call.target}: not a path of the API")
    return unquote(match["organization"]), unquote(match["dataset"] or "")


def _named(body: bytes | None) -> str | None:
    """Read the name out of a body that may be anything."""
    try:
        value = json.loads(body or b"")
    except (ValueError, RecursionError):
        return None
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else None


def _body(exchange: Exchange) -> Any:
    try:
        return json.loads(exchange.received.body) if exchange.received is not None else None
    except (ValueError, RecursionError):
        return None
