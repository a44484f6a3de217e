"""A response that faults in the server change before it is sent."""

import json
from collections.abc import Iterator
from typing import Any

Headers = list[tuple[bytes, bytes]]
_NO_BODY = (204, 304)


class Response:
    """A response.

    Attributes:
        status: the HTTP status.
        headers: all but the length of the body.
        body: the bytes of the body.
    """

    def __init__(self, status: int = 200, headers: Headers | None = None, body: bytes = b"") -> None:
        self.status = status
        self.headers = headers or []
        self.body = body

    def set_body(self, body: bytes, content_type: bytes) -> None:
        """Replace the body; a status that allows none keeps an empty one (RFC 9110, sections 15.3.5 and 15.4.5)."""
        self.headers = [header for header in self.headers if header[0] != b"content-type"]
        self.body = b""
        if self.status not in _NO_BODY:
            self.body = body
            self.headers.append((b"content-type", content_type))

    def resources(self) -> Iterator[dict[str, Any]]:
        """Yield each object that the document describes, and take over what the caller does to it.

        These are a page and its items, the elements of a list, or the one object. A body that is not JSON has none.
        """
        try:
            value = json.loads(self.body)
        except ValueError:
            return
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, dict):
                yield element
                if "total_count" in element:
                    yield from objects(element.get("items"))
        self.body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects in a list; what is not a list has none."""
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))
