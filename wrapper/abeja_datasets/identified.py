"""What datasets and their items have in common: they compare by their ids, and are made from a response."""

from typing import Any

from abeja_datasets.exceptions import InvalidResponse, shortened


class Identified:
    """Compares by ids, so that what was loaded twice is one entry of a set."""

    def _ids(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {' '.join(map(repr, self._ids()))}>"

    def _key(self) -> tuple[str, ...]:
        # An organization that a program gives may be an int, where the server sends text.
        return tuple(map(str, self._ids()))


def unusable(raw: object, needed: str) -> InvalidResponse:
    """Build the error for a response that can't be used.

    Args:
        raw: what the server sent.
        needed: what it should have sent, for the message.
    """
    return InvalidResponse(f"the response is not {needed}: {shortened(f'{raw!r:.200}')}")
