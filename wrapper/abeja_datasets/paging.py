"""Walking all pages of a list, without any I/O, in memory that does not grow with their number.

A walk ends at a page without a token, or with null. By the contract only the last page may be empty, and has no token:
the historical clients stop there whatever its token. A server that gives one nevertheless is asked once more, so that
nothing behind a single empty page is lost. A second empty page in a row ends the walk, and so does an empty page whose
token was used before.
"""

import re
from collections.abc import Callable
from typing import Any

from abeja_datasets.calls.exchange import Answer
from abeja_datasets.operations import Call

NEXT_TOKEN_HEADER = "X-Next-Token"

_REMEMBERED = 1024
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Walk:
    """A walk over the pages of a list: the call that is due, until there is none.

    Args:
        first: the call for the first page.
        parameter: the query parameter that takes the token of the next page.
        read: takes a page's answer apart, into its entries and the token of the next page.
    """

    def __init__(
        self, first: Call, parameter: str, read: Callable[[Answer], tuple[list[dict[str, Any]], str | None]]
    ) -> None:
        self.call: Call | None = first
        self._parameter = parameter
        self._read = read
        token = first.params.get(parameter)
        self._guard = _RepetitionGuard(token if isinstance(token, str) else None)
        self._was_empty = False

    def receive(self, answer: Answer) -> list[dict[str, Any]]:
        """Return the entries of the response to `call`, and go on to the next page. After an error `call` is the same.

        Raises:
            InvalidResponse: the page is malformed, its token can't stand in a URL, or its entries come with a token
                that was used before.
        """
        entries, token = self._read(answer)
        self.call = self._following(answer, token, is_empty=not entries)
        self._was_empty = not entries
        return entries

    def _following(self, answer: Answer, token: str | None, *, is_empty: bool) -> Call | None:
        if self.call is None or not token or (is_empty and self._was_empty):
            return None
        following = self.call._replace(params={**self.call.params, self._parameter: token})
        if _CONTROL.search(token) or not answer.is_sendable(following):
            raise answer.unusable("with a page token that can't stand in a URL")
        if not self._guard.is_repeated(token):
            return following
        if not is_empty:
            raise answer.unusable("with a page token that came before")
        return None


def read_datasets(answer: Answer) -> tuple[list[dict[str, Any]], str | None]:
    """Take a page of datasets apart: a bare array, with the token in a header."""
    if not isinstance(answer.body, list):
        raise answer.unusable("without a list of datasets")
    return answer.body, answer.headers.get(NEXT_TOKEN_HEADER)


def read_items(answer: Answer) -> tuple[list[dict[str, Any]], str | None]:
    """Return the `items` of a page and its `next_page_token`, which the last page has not, or has as null."""
    items = answer.body.get("items") if isinstance(answer.body, dict) else None
    if not isinstance(items, list):
        raise answer.unusable("without a list of `items`")
    token = answer.body.get("next_page_token")
    if token is not None and not isinstance(token, str):
        raise answer.unusable(f"with a `next_page_token` that is no text, but {type(token).__name__}")
    return items, token


class _RepetitionGuard:
    """Detects a token that comes again, in constant memory.

    The latest tokens are remembered, so that a repetition among them is told at once. A cycle longer than those is
    told within three rounds of it: one token is held against all that follow, and moves on each time the distance has
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
