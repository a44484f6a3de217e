"""A response with an error status, as the error that it is raised as."""

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from abeja_datasets.calls.headers import Headers
from abeja_datasets.exceptions import HttpError, error_class
from abeja_datasets.transports.wire import Response

_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
# Others of Python's codecs are no charsets, or take minutes for a body made to that end (punycode).
_CHARSETS: Final = frozenset({
    "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "windows-1252",
    "utf-16", "utf-16le", "utf-16be", "shift_jis", "cp932", "euc-jp", "iso-2022-jp",
})  # fmt: skip


def http_error(response: Response, redact: Callable[[str], str], url: str) -> HttpError:
    """Return the error that a response stands for, whatever its body is.

    Args:
        response: its status is an error.
        redact: blanks out the credential, which a server may repeat.
        url: of the request.
    """
    status = response.status
    text, content = _error_body(response, redact)
    if not isinstance(content, dict):
        content = {}
    description = content.get("error_description")
    return error_class(status)(
        str(content.get("error") or redact(response.reason) or _name(status)),
        text if description is None else str(description),
        error_detail=content.get("error_detail"),
        status_code=status,
        url=url,
    )


def redacted_headers(headers: Headers, redact: Callable[[str], str]) -> Headers:
    """Return headers without the credential."""
    pairs = headers.items()
    return Headers([(redact(name).encode("latin-1", "replace"), redact(value).encode()) for name, value in pairs])


def _name(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"


def _error_body(response: Response, redact: Callable[[str], str]) -> tuple[str, Any]:
    """Return the text of an error's body and, where it is JSON, its value.

    A server that repeats the credential must not bring it into a log.
    """
    if response.unread:
        return redact(response.unread), None
    text = _text(response)
    try:
        said = json.loads(text)
        content = _redacted(said, redact)
    except (ValueError, RecursionError):
        return redact(text), None
    # JSON can write a secret in more ways than one.
    return text if content == said else json.dumps(content, ensure_ascii=False), content


def _text(response: Response) -> str:
    declared = _CHARSET.search(response.headers.get("Content-Type", ""))
    charset = declared[1].lower() if declared else ""
    text = response.body.decode(charset if charset in _CHARSETS else "utf-8", "replace")
    return text or response.body.decode("utf-8", "replace")


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(entry, redact) for entry in value]
    if isinstance(value, dict):
        return {redact(key): _redacted(entry, redact) for key, entry in value.items()}
    return value
