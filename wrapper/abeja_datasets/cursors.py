"""Cursors: where an iteration over a list stands, as JSON, so that another process can go on from there."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from abeja_datasets.calls import targets
from abeja_datasets.operations import Call

CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no page token may hold."""
_VERSION: Final = 1
_LONGEST_NUMBER: Final = 40

Id = str | int | None
"""The id of an entry; None where it has none that can be compared."""


class Position(NamedTuple):
    """A place in a list: behind this many entries, counted from a page token."""

    token: str | None
    """None for the first page."""
    offset: int = 0
    after: Id = None
    """The id of the last of those entries."""

    def seen(self, ids: list[Id]) -> int:
        """Return how many entries at the start of a page are before this place.

        Entries may have been deleted since. Then the page of the token begins with fewer of those that were seen, and
        ends with others. So the id decides, and the offset only bounds where it can be.

        Args:
            ids: of the entries of the page, which is the token's, or follows it.
        """
        if self.after is None:
            return min(self.offset, len(ids))
        if self.after in ids[: self.offset]:
            return ids.index(self.after) + 1
        numbers, last = [_number(one) for one in ids], _number(self.after)
        known = [number for number in numbers if number is not None]
        # Lists come in the order of creation, and ids grow. Where they do not, it is better to repeat than to lose.
        if last is None or len(known) < len(ids) or known != sorted(known):
            return 0
        return sum(number <= last for number in known[: self.offset])

    def following(self, seen: int, ids: list[Id], token: str | None) -> "Position":
        """Return the place on the next page, after a page of which this many entries were before this place."""
        is_all_seen = seen == len(ids) and self.after not in ids
        left = self.offset - seen if is_all_seen else 0
        return Position(token, left, self.after) if left > 0 else Position(token)


def ids_of(entries: list[Any], key: str) -> list[Id]:
    """Return the id of each entry of a page."""
    found = [entry.get(key) if type(entry) is dict else None for entry in entries]
    return found if set(map(type, found)) <= {int, str} else [_id(one) for one in found]


def cursor(call: Call, ignored: tuple[str, ...], position: Position) -> dict[str, Any]:
    """Return the cursor of a place in a list.

    Args:
        call: for any page of the list.
        ignored: the parameters that differ from page to page, or may differ.
        position: the place.
    """
    return {"version": _VERSION, "list": call.url, "params": _params(call, ignored), **position._asdict()}


def position(start: object, call: Call, ignored: tuple[str, ...], parameter: str) -> Position:
    """Return the place that a cursor names.

    Args:
        start: the cursor.
        call: for the first page of the list.
        ignored: as for `cursor`.
        parameter: the query parameter that takes the token.

    Raises:
        ValueError: it is not a cursor, or one of another list.
    """
    if not isinstance(start, Mapping):
        raise ValueError(  # noqa: TRY004 - one error for all that is not a cursor
            f"start: a cursor is needed, as `checkpoint()` returns it, not {type(start).__name__}"
        )
    if (version := start.get("version")) != _VERSION or isinstance(version, bool):
        raise ValueError(f"start: a cursor of version {_VERSION} is needed, not of version {version!r:.80}")
    found = Position(*(_field(start, name) for name in Position._fields))
    _check_list(start, call, _params(call, ignored))
    if found.token is not None:
        try:
            targets.target(call.url, {**call.params, parameter: found.token})
        except ValueError as error:
            raise ValueError(f"start: its token can't be sent: {error}") from None
    return found


def _check_list(start: Mapping[str, Any], call: Call, params: dict[str, Any]) -> None:
    given, theirs = _field(start, "list"), _field(start, "params")
    if given != call.url:
        raise ValueError(f"start: this cursor is of the list {given!r:.200}, and not of {call.url!r:.200}")
    # Their values are not shown: a query is nobody's business in a log.
    if names := sorted(name for name in {*params, *theirs} if params.get(name) != theirs.get(name)):
        raise ValueError(
            f"start: this cursor is of the same list with another {', '.join(names):.200}; iterate with the parameters "
            "that it was made with, or without `start`"
        )


def _params(call: Call, ignored: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in call.params.items() if name not in ignored}


_FIELDS: Final[dict[str, tuple[str, Any]]] = {
    "token": ("a page token or null", lambda value: value is None or _is_token(value)),
    "offset": ("a whole number from 0", lambda value: type(value) is int and value >= 0),
    "after": ("an id or null", lambda value: value is None or type(value) in (int, str)),
    "list": ("a path", lambda value: type(value) is str),
    "params": ("an object", lambda value: isinstance(value, Mapping) and all(type(name) is str for name in value)),
}
"""The fields of a cursor beside its version: what each must be, and whether a value is that."""


def _field(start: Mapping[str, Any], name: str) -> Any:
    needed, is_valid = _FIELDS[name]
    if name not in start:
        raise ValueError(f"start: the cursor has no {name!r}; pass one as `checkpoint()` returned it")
    value = start[name]
    if not is_valid(value):
        raise ValueError(f"start: {name!r} of the cursor is {needed}, not {value!r:.80}")
    return value


def _is_token(value: object) -> bool:
    return isinstance(value, str) and value != "" and not CONTROL.search(value)


def _id(value: object) -> Id:
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _number(value: Id) -> int | None:
    if not isinstance(value, str):
        return value
    return int(value) if value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER else None
