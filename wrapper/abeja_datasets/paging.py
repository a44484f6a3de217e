"""Walking all pages of a list, without any I/O, in memory that does not grow with their number.

A walk ends at a page without a token, or with null. By the contract only the last page may be empty, and has no token:
the historical clients stop there whatever its token. A server that gives one nevertheless is asked once more, so that
nothing behind a single empty page is lost. A second empty page in a row ends the walk, and so does an empty page whose
token was used before.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from abeja_datasets.calls.exchange import Result
from abeja_datasets.cursors import CONTROL, Id, Position, cursor, ids_of, position
from abeja_datasets.operations import Call

NEXT_TOKEN_HEADER = "X-Next-Token"

_REMEMBERED = 1024


class Walk:
    """A walk over the pages of a list: the call that is due, until there is none.

    Args:
        first: the call for the first page.
        pages: how the list is paged.
        start: a cursor to start from, instead of the first page.

    Raises:
        ValueError: `start` is not a cursor of this list.
    """

    def __init__(self, first: Call, pages: "Pages", start: object = None) -> None:
        self._pages = pages
        self._first = first
        token = first.params.get(pages.parameter)
        self._due = Position(token if isinstance(token, str) else None)
        self.call: Call | None = first
        if start is not None:
            self._due = position(start, first, pages.ignored, pages.parameter)
            self.call = self._with(self._due.token)
        self._token = self._due.token
        self._ids: list[Id] = []
        self._guard = _RepetitionGuard(self._token)
        self._was_empty = False

    def receive(self, result: Result) -> list[dict[str, Any]]:
        """Return the entries of the response to `call` behind the start, and go on to the next page.

        After an error `call` is the same.

        Raises:
            InvalidResponse: the page is malformed, its token can't stand in a URL, or its entries come with a token
                that was used before.
        """
        entries, token = self._pages.read(result)
        following = self._following(result, token, is_empty=not entries)
        ids = ids_of(entries, self._pages.id)
        due = self._due
        seen = due.seen(ids) if due.offset else 0
        self.call, self._was_empty = following, not entries
        self._token, self._ids, self._due = due.token, ids, due.following(seen, ids, token)
        return entries[seen:] if seen else entries

    def checkpoint(self, left: int) -> dict[str, Any]:
        """Return the cursor of where the caller stands.

        Args:
            left: how many entries of the last page the caller has not taken.
        """
        offset = len(self._ids) - left
        if not left and self.call is not None:
            here = self._due
        else:
            here = Position(self._token, offset, self._ids[offset - 1] if offset else None)
        return cursor(self._first, self._pages.ignored, here)

    def _with(self, token: str | None) -> Call:
        params = {name: value for name, value in self._first.params.items() if name != self._pages.parameter}
        return self._first._replace(params=params if token is None else {**params, self._pages.parameter: token})

    def _following(self, result: Result, token: str | None, *, is_empty: bool) -> Call | None:
        if self.call is None or not token or (is_empty and self._was_empty):
            return None
        following = self._with(token)
        if CONTROL.search(token) or not result.is_sendable(following):
            raise result.unusable("with a page token that can't stand in a URL")
        if not self._guard.is_repeated(token):
            return following
        if not is_empty:
            raise result.unusable("with a page token that came before")
        return None


def is_ahead(ahead: object) -> bool:
    """Return whether the next page is to be loaded while the caller works on one.

    Raises:
        ValueError: `ahead` is neither 0 nor 1.
    """
    if type(ahead) is not int or ahead not in (0, 1):
        raise ValueError(f"ahead: 0 or 1 is needed, not {ahead!r:.80}")
    return ahead == 1


def read_datasets(result: Result) -> tuple[list[dict[str, Any]], str | None]:
    """Take a page of datasets apart: a bare array, with the token in a header."""
    if not isinstance(result.body, list):
        raise result.unusable("without a list of datasets")
    return result.body, result.headers.get(NEXT_TOKEN_HEADER)


def read_items(result: Result) -> tuple[list[dict[str, Any]], str | None]:
    """Return the `items` of a page and its `next_page_token`, which the last page has not, or has as null."""
    items = result.body.get("items") if isinstance(result.body, dict) else None
    if not isinstance(items, list):
        raise result.unusable("without a list of `items`")
    token = result.body.get("next_page_token")
    if token is not None and not isinstance(token, str):
        raise result.unusable(f"with a `next_page_token` that is not text, but {type(token).__name__}")
    return items, token


class Pages(NamedTuple):
    """How a list is paged."""

    parameter: str
    """The query parameter that takes the token of the next page."""
    size: str
    """The one that takes the largest number of entries of a page."""
    id: str
    """The field of an entry that holds its id."""
    read: Callable[[Result], tuple[list[dict[str, Any]], str | None]]
    """Takes a page's response apart, into its entries and the token of the next page."""

    @property
    def ignored(self) -> tuple[str, ...]:
        """The parameters that may be others when a list is gone on with."""
        return self.parameter, self.size


DATASETS: Final = Pages("next_token", "max_results", "dataset_id", read_datasets)
ITEMS: Final = Pages("next_page_token", "limit", "dataset_item_id", read_items)


class _RepetitionGuard:
    """Detects a token that comes again, in constant memory.

    The latest tokens are remembered, so that a repetition among them is noticed at once. A cycle longer than those is
    noticed within three rounds: one token is held against all that follow, and moves on each time the distance has
    doubled (Brent's algorithm).
    """

    def __init__(self, first: str | None) -> None:
        self._recent = {first}
        self._held = first
        self._steps = 0
        self._next_hold = 1

    def is_repeated(self, token: str) -> bool:
        if token in self._recent or token == self._held:
            return True
        if len(self._recent) == _REMEMBERED:
            self._recent.clear()
        self._recent.add(token)
        self._steps += 1
        if self._steps == self._next_hold:
            self._held, self._next_hold = token, self._next_hold * 2
        return False
