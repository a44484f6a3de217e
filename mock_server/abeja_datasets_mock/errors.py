"""Answers, and the refusals among them, which all have the documented `Error` shape."""

import json
from collections.abc import Sequence
from typing import NamedTuple

Headers = Sequence[tuple[bytes, bytes]]
CLOSE: tuple[bytes, bytes] = (b"connection", b"close")


class Answer(NamedTuple):
    """What goes back over the wire: a status, JSON text, and headers beside Content-Type and Content-Length."""

    status: int
    body: bytes
    headers: Headers = ()


class Refusal(Exception):
    """A request that is not carried out.

    Args:
        status: the HTTP status.
        error: the short name of the kind of error.
        description: what is wrong and where, in words for a person. It must not hold a secret.
        headers: more headers for the answer.
    """

    def __init__(self, status: int, error: str, description: str, headers: Headers = ()) -> None:
        super().__init__(description)
        self.answer = Answer(status, error_body(error, description), headers)


class StorageFailed(Exception):
    """What was asked could not be stored, and was undone. It is answered with 500; its cause says why."""


def error_body(error: str, description: str) -> bytes:
    """Write the documented `Error` object. Escapes keep it valid JSON whatever the description quotes."""
    return json.dumps({"error": error, "error_description": description}).encode("ascii")


def bad_request(description: str, headers: Headers = ()) -> Refusal:
    """Make the refusal of what is malformed or breaks a rule."""
    return Refusal(400, "bad_request", description, headers)


def not_found(description: str) -> Refusal:
    """Make the refusal of a path that leads to nothing."""
    return Refusal(404, "not_found", description)


INTERNAL_SERVER_ERROR = Answer(500, error_body("internal_server_error", "The server failed"))
"""The answer to what should never happen. It says nothing of the reason, which is logged."""
