"""Responses, and refusals, which all have the documented `Error` shape."""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

Headers = Sequence[tuple[bytes, bytes]]
_REDIRECT = 300
CLOSE: tuple[bytes, bytes] = (b"connection", b"close")


class Response(NamedTuple):
    """A response: a status, JSON text, and headers other than Content-Type and Content-Length.

    `more` is the rest of a long text, which is sent in turns with other responses.
    """

    status: int
    body: bytes
    headers: Headers = ()
    more: Sequence[bytes] = ()

    @property
    def is_success(self) -> bool:
        """Whether the request was carried out."""
        return self.status < _REDIRECT


class Refusal(Exception):
    """A request that the server does not carry out.

    Args:
        status: the HTTP status.
        error: the short name of the kind of error.
        description: what is wrong and where, for a person to read. It must not hold a secret.
        headers: more headers of the response.
    """

    def __init__(self, status: int, error: str, description: str, headers: Headers = ()) -> None:
        super().__init__(description)
        self.response = Response(status, error_body(error, description), headers)


class StorageFailed(Exception):
    """A change that could not be stored and was undone. The response is 500; the exception's cause is the reason."""


def error_body(error: str, description: str) -> bytes:
    """Write the documented `Error` object. Escapes keep it valid JSON whatever the description quotes."""
    return json.dumps({"error": error, "error_description": description}).encode("ascii")


def bad_request(description: str, headers: Headers = ()) -> Refusal:
    """Build the 400 for a malformed request or one that breaks a rule."""
    return Refusal(400, "bad_request", description, headers)


def not_found(description: str) -> Refusal:
    """Build the 404 for a path that names nothing."""
    return Refusal(404, "not_found", description)


def method_not_allowed(method: str, allowed: Iterable[str]) -> Refusal:
    """Build the 405, with all methods that the resource has."""
    names = ", ".join(sorted(allowed))
    description = f"{method} is not allowed here; the methods are {names}"
    return Refusal(405, "method_not_allowed", description, ((b"allow", names.encode("ascii")),))


INTERNAL_SERVER_ERROR = Response(500, error_body("internal_server_error", "The server failed"))
"""The response to an unexpected exception. The reason is logged, and not sent."""
