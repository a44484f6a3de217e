"""The parts of a request: parameters, the length and type of a body, and the body itself."""

import re
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from abeja_datasets_mock.errors import CLOSE, Refusal, bad_request
from abeja_datasets_mock.json_text import parse_json
from abeja_datasets_mock.openapi.document import Operation, Parameter

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Headers = Sequence[tuple[bytes, bytes]]
_DIGITS = re.compile("[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_BOOLEANS = {"true": True, "false": False}


class ClientGone(Exception):
    """The client closed the connection before its request was complete, so there is no response."""


def parse_query(query: bytes, operation: Operation) -> dict[str, Any]:
    """Parse the documented parameters; others are ignored. An absent one is its default, or None.

    Raises:
        Refusal: 400 for one that is not valid or is repeated, and for text that is not UTF-8.
    """
    values: dict[str, Any] = {}
    for part in query.split(b"&") if query else ():
        name, _, value = (_unquoted(piece) for piece in part.partition(b"="))
        if name.endswith("]") and name not in operation.query:
            name, _, key = name.removesuffix("]").partition("[")
            if operation.query.get(name) and operation.query[name].kind == "object":
                held = values.setdefault(name, {})  # style: deepObject
                if not isinstance(held, dict):
                    raise _repeated(name)
                held[key] = value
            continue
        parameter = operation.query.get(name)
        if parameter is None:
            continue
        if parameter.kind == "array" and not parameter.separator and not parameter.is_json:
            values.setdefault(name, []).append(_parsed(parameter.item_kind, name, value))
        elif name in values:
            raise _repeated(name)
        else:
            values[name] = _value(parameter, value)
    return _checked(values, operation.query, "query parameter")


def parse_head(headers: Headers, operation: Operation) -> dict[str, Any]:
    """Parse the documented parameters of the head and of cookies, by their names in the document.

    Raises:
        Refusal: 400 for one that is not valid, or is required and missing.
    """
    if not operation.headers and not operation.cookies:
        return {}
    values = {}
    for raw, value in headers:
        parameter = operation.headers.get(raw.decode("latin-1"))
        if parameter is not None:
            values[parameter.name] = _value(parameter, value.decode("latin-1").strip())
    cookies = b"; ".join(value for raw, value in headers if raw == b"cookie").decode("latin-1")
    for pair in cookies.split("; "):
        name, _, text = pair.partition("=")
        if name in operation.cookies:
            values[name] = _value(operation.cookies[name], text)
    known = {one.name: one for one in (*operation.headers.values(), *operation.cookies.values())}
    return _checked(values, known, "header or cookie")


def _checked(values: dict[str, Any], known: Mapping[str, Parameter], what: str) -> dict[str, Any]:
    """Check the values that were given, and add the others."""
    for name, parameter in known.items():
        if name in values:
            parameter.schema.check(values[name], name)
        elif parameter.required:
            raise bad_request(f"{name}: missing; this {what} is required")
        else:
            values[name] = parameter.default
    return values


def _value(parameter: Parameter, text: str) -> Any:
    if parameter.is_json:
        try:
            return parse_json(text.encode("utf-8"))
        except Refusal:  # which speaks of the body
            raise bad_request(f"{parameter.name}: not valid JSON; write it as RFC 8259 does") from None
    if parameter.kind == "array":
        return [_parsed(parameter.item_kind, parameter.name, one) for one in text.split(parameter.separator)]
    return _parsed(parameter.kind, parameter.name, text)


def _repeated(name: str) -> Refusal:
    return bad_request(f"{name}: sent more than once; send it once")


def _unquoted(text: bytes) -> str:
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise bad_request("query: not UTF-8; percent-encode each parameter as UTF-8") from None


def _parsed(kind: str, name: str, text: str) -> Any:
    """Parse a parameter's text as a JSON type."""
    if kind == "integer":
        if not _DIGITS.fullmatch(text):
            raise bad_request(f"{name}: not an integer that is allowed here; write it in decimal digits")
        return int(text)
    if kind == "number":
        if not _NUMBER.fullmatch(text):
            raise bad_request(f"{name}: not a number; write it as JSON does")
        return float(text)
    if kind == "boolean":
        if text not in _BOOLEANS:
            raise bad_request(f"{name}: not a boolean; write true or false")
        return _BOOLEANS[text]
    return text


def content_length(headers: Headers) -> int | None:
    """Return the declared length of the body: None where it comes in chunks, 0 where there is none."""
    length = 0
    for name, value in headers:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            # A length of so many digits that int() refuses it is over any limit.
            length = int(value) if _DIGITS.fullmatch(value.decode("latin-1")) else sys.maxsize
    return length


async def read_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """Read the body of at most `limit` bytes; one declared longer is not read at all.

    Raises:
        Refusal: 400 for a body over the limit. The connection is then closed, since the rest of the body is on its way.
        ClientGone: the connection was closed before the end of the body.
    """
    if (content_length(headers) or 0) > limit:
        raise _too_large(limit)
    message = await receive()
    chunks, size = [], 0
    while message["type"] == "http.request":
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
        message = await receive()
    raise ClientGone


def _too_large(limit: int) -> Refusal:
    return bad_request(f"body: input data exceeded the max limit of {limit} bytes", (CLOSE,))


def check_media_type(headers: Headers) -> None:
    """Raise the 400 unless the body is declared as `application/json`; parameters are ignored."""
    types = [value for name, value in headers if name == b"content-type"]
    if len(types) != 1 or types[0].partition(b";")[0].strip().lower() != b"application/json":
        raise bad_request("Content-Type: the body must be declared as application/json")
