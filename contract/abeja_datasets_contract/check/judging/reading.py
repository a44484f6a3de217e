"""Reading of responses: by their place, so that what can't be read is named, and never ends a run."""

import datetime as dt
import functools
import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from abeja_datasets_contract.check.results import Exchange, Received

from . import timestamps
from .compare import shown, whole

Place = tuple[str | int, ...]
"""Where a value stands in a body, such as `("items", 0, "dataset_item_id")`; empty for the body itself."""
_SHOWN = 200
_LONE_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}|\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_NUMBER = re.compile("0|-?[1-9][0-9]{0,99}")


class NotJson(ValueError):
    """A body that is not JSON."""


class Unreadable(Exception):
    """A response lacks what a clause needs of it, or has something else there.

    Attributes:
        exchange: the request and its response.
        place: where in the body.
        came: what was there.
        clause: the clause whose failure this is already; empty where there is none.
    """

    def __init__(self, exchange: Exchange, place: Place, came: str, clause: str = "") -> None:
        super().__init__(f"{written(place)}: {came}")
        self.exchange, self.place, self.came, self.clause = exchange, place, came, clause


class Part:
    """A value in the body of a response.

    Args:
        exchange: the request and its response.
        value: the value.
        place: where it stands in the body.
        wrong: places of this body that a clause about its schema found wrong, with that clause.
    """

    def __init__(self, exchange: Exchange, value: Any, place: Place, wrong: Mapping[Place, str]) -> None:
        self.exchange = exchange
        self.place = place
        self.wrong = wrong
        self._value = value

    @property
    def value(self) -> Any:
        """The value as it came."""
        return self._value

    def at(self, *path: str | int) -> Any:
        """Return the value at a path.

        Raises:
            Unreadable: it is missing, or the document has another one there or in it.
        """
        part = self.part(*path)
        for place, clause in self.wrong.items():
            if place[: len(part.place)] == part.place:
                raise Unreadable(self.exchange, place, "not what the document has there", clause)
        return part.value

    def part(self, *path: str | int) -> "Part":
        """Return the part at a path, whatever stands in it.

        Raises:
            Unreadable: it is missing, or the document has another type there.
        """
        value, place = self.value, self.place
        for key in path:
            place = (*place, key)
            try:
                if isinstance(value, dict if isinstance(key, str) else list):
                    value = value[key]  # type: ignore[index]  # a list's key is an integer here
                    continue
            except LookupError:
                pass
            self._fail(place, "missing" if isinstance(value, dict | list) else f"not in {shown(value)}")
        for length in range(len(place) + 1):
            if place[:length] in self.wrong:
                self._fail(place, shown(value))
        return Part(self.exchange, value, place, self.wrong)

    def parts(self, *path: str | int) -> list["Part"]:
        """Return the elements of the list at a path.

        Raises:
            Unreadable: there is no list.
        """
        part = self.part(*path)
        if not isinstance(part.value, list):
            self._fail(part.place, f"{shown(part.value)}, not a list")
        return [Part(self.exchange, value, (*part.place, n), self.wrong) for n, value in enumerate(part.value)]

    def get(self, name: str) -> Any:
        """Return the value of an optional property; None where it is missing.

        Raises:
            Unreadable: the document has another type there, or the part is not an object.
        """
        self.part()
        if isinstance(self.value, dict) and name not in self.value:
            return None
        return self.at(name)

    def has(self, name: str) -> bool:
        """Return whether there is such a property."""
        return isinstance(self.value, dict) and name in self.value

    def id(self, name: str) -> Any:
        """Return an id: text as it came, and a number as one, even where it came as text.

        Raises:
            Unreadable: it is missing, or neither text nor an integer.
        """
        value = whole(self.value.get(name)) if isinstance(self.value, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
            self._fail((*self.place, name), shown(value) if self.has(name) else "missing")
        if name == "dataset_item_id":
            return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
        return str(value)

    def number(self, name: str) -> Any:
        """Return a number; an integer that came with a fraction of zero, as JSON Schema allows, is an integer.

        Raises:
            Unreadable: it is missing, or not what the document has there.
        """
        return whole(self.at(name))

    def moment(self, name: str) -> dt.datetime:
        """Return a timestamp.

        Raises:
            Unreadable: it is missing, or no timestamp.
        """
        text = self.at(name)
        try:
            return timestamps.parse(text)
        except (ValueError, OverflowError):
            self._fail((*self.place, name), f"{shown(text)}, not a timestamp")

    def record(self) -> "Record":
        """Return the dataset or the item that stands here, without what the document has otherwise."""
        return Record(readable(self, tuple(self.value) if isinstance(self.value, dict) else ()), self)

    def _fail(self, place: Place, came: str) -> NoReturn:
        clauses = [self.wrong[other] for other in self.wrong if related(other, place)]
        raise Unreadable(self.exchange, place, came, clauses[0] if clauses else "")


class Response(Part):
    """A response, for reading.

    Args:
        exchange: the request and its response.
        wrong: as of a part.
    """

    def __init__(self, exchange: Exchange, wrong: Mapping[Place, str]) -> None:
        super().__init__(exchange, None, (), wrong)

    @property
    def status(self) -> int:
        """The status; 0 where no response came."""
        return 0 if self.exchange.received is None else self.exchange.received.status

    @functools.cached_property
    def value(self) -> Any:
        """The body.

        Raises:
            Unreadable: it is not JSON.
        """
        if self.exchange.received is None:
            self._fail((), "no response")
        try:
            return parse_json(self.exchange.received.body)
        except NotJson as error:
            self._fail((), str(error))

    def header(self, name: str) -> str | None:
        """Return the value of a header; None where there is none."""
        return None if self.exchange.received is None else header(self.exchange.received, name)

    def __str__(self) -> str:
        received = self.exchange.received
        if received is None:
            return self.exchange.error or "no response"
        body = received.body.decode("utf-8", "replace")
        return f"status {received.status}: {body[:_SHOWN]}{'…' if len(body) > _SHOWN else ''}"


class Record(dict[str, Any]):
    """A dataset or an item as it should be: the properties that are known, from the responses of a server.

    Args:
        known: the properties.
        source: the part of a response that should have had the others.
    """

    def __init__(self, known: Mapping[str, Any], source: Part) -> None:
        super().__init__(known)
        self.source = source

    def __missing__(self, name: str) -> Any:
        """Raise Unreadable: the response that should have had it did not."""
        return self.source.at(name)

    def moment(self, name: str) -> dt.datetime:
        """Return a timestamp.

        Raises:
            Unreadable: it is not known.
        """
        if name not in self:
            return self.source.moment(name)
        return Part(self.source.exchange, dict(self), self.source.place, {}).moment(name)

    def but(self, source: Part, *names: str, **known: Any) -> "Record":
        """Return the record after a change: with new properties, and with those of these names as a response has them.

        Args:
            source: the response.
            names: properties that only the server knows.
            known: properties that are known from the request.
        """
        kept = {name: value for name, value in self.items() if name not in names}
        return Record({**kept, **known, **readable(source, names)}, source if names else self.source)


def readable(part: Part, names: tuple[str, ...]) -> dict[str, Any]:
    """Return those of some properties that are there and not wrong."""
    value = part.value if isinstance(part.value, dict) else {}
    depth = len(part.place)
    wrong = {place[depth] for place in part.wrong if len(place) > depth and place[:depth] == part.place}
    return {name: value[name] for name in names if name in value and name not in wrong}


def related(place: Place, other: Place) -> bool:
    """Return whether one of two places is in the other."""
    return all(one == another for one, another in zip(place, other, strict=False))


def written(place: Place) -> str:
    """Write a place, such as `items/0/dataset_item_id`."""
    return "/".join(map(str, place)) or "the body"


def general(place: Place) -> Place:
    """Return a place without the positions in lists, the same for each of their elements."""
    return tuple("*" if isinstance(part, int) else part for part in place)


def count_values(body: bytes) -> int:
    """Return about how many values a body of JSON has, without reading it; a comma in a text counts too."""
    return sum(map(body.count, (b",", b"[", b"{")))


def parse_json(body: bytes) -> Any:
    """Read a body strictly.

    Raises:
        NotJson: it is not JSON text in UTF-8.
    """
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        if _LONE_SURROGATE.search(body):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number


def header(received: Received, name: str) -> str | None:
    """Return the value of a header, whatever the case of its name; None where there is none."""
    return next((value for key, value in received.headers if key.lower() == name.lower()), None)
