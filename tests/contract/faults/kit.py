"""What faults are made of, and the list of them. Nothing of the check is in here."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.contract.faulty import Ask, Asked, Told, Wrap

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""How a fault that reads a body fails on one that is not as usual; the request then goes on as it is."""
ERROR = {"error": "x", "error_description": "x"}


@dataclass(frozen=True)
class Fault:
    """One way in which a server breaks the contract."""

    family: str
    name: str
    first: tuple[str, ...]
    """Patterns of clauses; the first that fails must fit one."""
    wrap: Wrap
    concurrency: int = 1


FAULTS: list[Fault] = []
_BYTES = "surrogateescape"


def fault(family: str, *first: str, concurrency: int = 1) -> Callable[[Wrap], Wrap]:
    def register(wrap: Wrap) -> Wrap:
        FAULTS.append(Fault(family, wrap.__name__, first, wrap, concurrency))
        return wrap

    return register


def responses(family: str, name: str, operation: str, edit: Callable[[Any], Any], *first: str) -> None:
    """Add a fault that edits the successes of an operation, where `edit` returns something."""

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        if told.status < 300 and re.fullmatch(operation, asked.operation or ""):
            return told.but(json=edit(told.json))
        return told

    FAULTS.append(Fault(family, name, first, wrap))


def statuses(family: str, name: str, operation: str, when: int, status: int, *first: str) -> None:
    """Add a fault that responds with another status."""

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        fits = told.status == when and re.fullmatch(operation, asked.operation or "")
        return told.but(status=status) if fits else told

    FAULTS.append(Fault(family, name, first, wrap))


def requests(family: str, name: str, operation: str, edit: Callable[[Asked], Asked], *first: str) -> None:
    """Add a fault that reads another request than was sent."""

    async def wrap(asked: Asked, ask: Ask) -> Told:
        if re.fullmatch(operation, asked.operation or ""):
            try:
                asked = edit(asked)
            except UNREADABLE:
                return await ask(asked)
        return await ask(asked)

    FAULTS.append(Fault(family, name, first, wrap))


def each(records: Any, edit: Callable[[Any], Any]) -> Any:
    """Edit each record of a response, whatever its form."""
    if isinstance(records, list):
        return [edit(record) for record in records]
    if isinstance(records, dict) and isinstance(records.get("items"), list):
        return {**records, "items": [edit(record) for record in records["items"]]}
    return edit(records)


def without(key: str) -> Callable[[Any], Any]:
    return lambda value: each(value, lambda record: {k: v for k, v in record.items() if k != key})


def putting(key: str, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: each(value, lambda record: {**record, key: make(record.get(key))})


def query(asked: Asked, edit: Callable[[list[tuple[str, str]]], Any]) -> Asked:
    pairs = edit(parse_qsl(asked.target.partition("?")[2], keep_blank_values=True, errors=_BYTES))
    return asked.but(target=f"{asked.path}?{urlencode(pairs, errors=_BYTES)}" if pairs else asked.path)


def dropping(name: str, value: str = "") -> Callable[[Asked], Asked]:
    return lambda asked: query(asked, lambda pairs: [(k, v) for k, v in pairs if k != name or (value and v != value)])
