"""What the traffic of a run made: which request created a dataset or an item, or brought a page token."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from abeja_datasets_contract.check.document import Target, contract_of
from abeja_datasets_contract.check.results import Exchange, Report

_ITEM_ID = re.compile(rb'"dataset_item_id"\s*:\s*"?([^\s",}\]]+)')
_SUCCESS = range(200, 300)
_TOKENS = ("next_page_token", "next_token")


class Traffic:
    """The requests of a report, to be asked what made what.

    Args:
        report: its exchanges.
    """

    def __init__(self, report: Report) -> None:
        self.run = report.run
        self._url, self._paths = report.url, contract_of(report.document).paths
        self.creates: dict[str, Exchange] = {}
        """By the id of a dataset, the request that created it."""
        self.item_creates: dict[tuple[str, str], Exchange] = {}
        """By the ids of a dataset and an item."""
        self.writes: dict[str, list[Exchange]] = {}
        """By the id of a dataset, all requests below it that may have changed it, in order."""
        self.tokens: dict[str, Exchange] = {}
        """By a page token, the request that brought it first."""
        for exchange in report.exchanges:
            self._take(exchange)

    def _take(self, exchange: Exchange) -> None:
        received = exchange.received
        if received is None or received.status not in _SUCCESS:
            return
        at = self.place(exchange)
        if exchange.sent.method != "GET" and at.dataset:
            self.writes.setdefault(at.dataset, []).append(exchange)
        if exchange.sent.method == "POST":
            self._created(exchange, at)
        elif exchange.sent.method == "GET":
            for token in _brought(exchange):
                self.tokens.setdefault(token, exchange)

    def _created(self, exchange: Exchange, at: Target) -> None:
        made = response_json(exchange)
        if not isinstance(made, dict):
            return
        if not at.dataset:
            for identifier in _identifiers(made.get("dataset_id")):
                self.creates.setdefault(identifier, exchange)
        elif at.items and not at.item:
            for identifier in _identifiers(made.get("dataset_item_id")):
                self.item_creates.setdefault((at.dataset, identifier), exchange)

    def place(self, exchange: Exchange) -> Target:
        """Return what a request is about, by its path."""
        return self._paths.target(exchange.sent.url.removeprefix(self._url)) or Target()

    def named_items(self, exchange: Exchange) -> set[str]:
        """Return the ids of items that the path or the body of a request names."""
        found = {match.decode() for match in _ITEM_ID.findall(exchange.sent.body or b"")}
        item = self.place(exchange).item
        return {*found, item} if item else found


def token_of(exchange: Exchange) -> tuple[str, str] | None:
    """Return the name and the value of the page token that a request sends."""
    query = parse_qsl(urlsplit(exchange.sent.url).query)
    return next(((name, value) for name, value in query if name in _TOKENS), None)


def response_json(exchange: Exchange) -> Any:
    """Return the body of a response; None where it is not JSON."""
    try:
        return json.loads(exchange.received.body) if exchange.received else None
    except (ValueError, RecursionError):
        return None


def in_header(exchange: Exchange) -> str | None:
    """Return the page token that a response has in its header."""
    headers = exchange.received.headers if exchange.received else ()
    return next((value for name, value in headers if name.lower() == "x-next-token"), None)


def _brought(exchange: Exchange) -> Iterator[str]:
    if (exchange.operation or "").startswith("list_"):
        found = response_json(exchange)
        for token in (in_header(exchange), found.get("next_page_token") if isinstance(found, dict) else None):
            if isinstance(token, str) and token:
                yield token


def _identifiers(value: Any) -> Iterator[str]:
    if isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)
