"""Page tokens: where a list goes on, bound to that list, and kept nowhere."""

import hashlib
import hmac
import json
import re

from .errors import Refusal, bad_request

_TOKEN = re.compile("([0-9a-f]{1,16})-([0-9a-f]{32})")
_DIGEST_BYTES = 16


class Tokens:
    """Makes and reads page tokens.

    Args:
        key: makes them this database's own; a token made with another key is refused.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, last_id: int, *listing: str) -> str:
        """Make the token that continues after `last_id` in the list that `listing` describes."""
        return f"{last_id:x}-{self._digest(last_id, listing)}"

    def read(self, name: str, token: str, *listing: str) -> int:
        """Tell the id after which the parameter `name` says to continue.

        Raises:
            Refusal: 400 for what `make` did not give for this list.
        """
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise _foreign(name)
        last_id = int(match[1], 16)
        if not hmac.compare_digest(self._digest(last_id, listing), match[2]):
            raise _foreign(name)
        return last_id

    def _digest(self, last_id: int, listing: tuple[str, ...]) -> str:
        text = json.dumps([last_id, *listing]).encode("ascii")
        return hashlib.blake2b(text, key=self._key, digest_size=_DIGEST_BYTES).hexdigest()


def _foreign(name: str) -> Refusal:
    return bad_request(f"{name}: not a token that this list has given")
