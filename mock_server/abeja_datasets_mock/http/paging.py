"""Page tokens: the place where a list goes on, bound to that list and its query. The server stores none."""

import base64
import hashlib
import hmac
import json
import re

from abeja_datasets_mock.errors import Refusal, bad_request

_TOKEN = re.compile("([0-9a-f]{1,16})-[0-9a-f]{32}(?:-([A-Za-z0-9_-]+))?")
_DIGEST_BYTES = 16


class Tokens:
    """Page tokens of one database.

    Args:
        key: the database's own; a token made with another key is refused.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, last_id: int, *listing: str, query: str = "") -> str:
        """Build the token that continues after `last_id` in the list that `listing` and `query` describe."""
        carried = base64.urlsafe_b64encode(query.encode("utf-8")).rstrip(b"=").decode("ascii")
        return f"{last_id:x}-{self._digest(last_id, listing, query)}" + (f"-{carried}" if query else "")

    def read(self, name: str, token: str, *listing: str) -> tuple[int, str]:
        """Return the id after which the parameter `name` continues, and the query that the token carries.

        Raises:
            Refusal: 400 for a token that `make` did not build for this list.
        """
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise _foreign(name)
        last_id, query = int(match[1], 16), _decoded(match[2] or "")
        if not hmac.compare_digest(self.make(last_id, *listing, query=query), token):
            raise _foreign(name)
        return last_id, query

    def resume(self, token: str, q: str | None, *listing: str) -> tuple[int, str]:
        """Return the id after which a page of items begins, and its query.

        Raises:
            Refusal: 400 for a token of another list, or of another query than `q`, where that is given too.
        """
        last_id, query = self.read("next_page_token", token, *listing)
        if q not in (None, query):
            raise bad_request("next_page_token: a token of another q; send it with the same q, or without q")
        return last_id, query

    def _digest(self, last_id: int, listing: tuple[str, ...], query: str) -> str:
        text = json.dumps([last_id, *listing, query]).encode("ascii")
        return hashlib.blake2b(text, key=self._key, digest_size=_DIGEST_BYTES).hexdigest()


def _decoded(text: str) -> str:
    """Decode a query. Replacement characters for bytes that are not UTF-8 change the digest, which is then refused."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("utf-8", "replace")
    except ValueError:
        return ""


def _foreign(name: str) -> Refusal:
    return bad_request(f"{name}: not a page token that this list has returned")
