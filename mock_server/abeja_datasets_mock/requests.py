"""What a request says: its query parameters and its JSON body, checked against the document."""

import contextlib
import json
import math
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from itertools import accumulate
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from .document import Operation
from .errors import CLOSE, Refusal, bad_request
from .large import TooDeep, encoding, parsing
from .turns import in_turns

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Headers = Sequence[tuple[bytes, bytes]]
MAX_DEPTH = 500
"""Levels of objects and arrays in a body. Python's parser takes under 1,000, counted together with the calls around it:
what is kept must be readable to clients written in Python too."""

_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NOT_A_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^"\[\]{}]++', re.DOTALL)
_DIGITS = re.compile("[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_BOOLEANS = {"true": True, "false": False}


class ClientGone(Exception):
    """The client closed the connection before its request was whole: nobody waits for an answer."""


def parse_query(query: bytes, operation: Operation) -> dict[str, Any]:
    """Read the documented parameters; others are ignored. An absent one is its default, or None.

    Raises:
        Refusal: 400 for one that is not valid or is repeated, and for text that is not UTF-8.
    """
    values: dict[str, Any] = {}
    for part in query.split(b"&") if query else ():
        name, _, value = (_unquoted(piece) for piece in part.partition(b"="))
        parameter = operation.query.get(name)
        if parameter is None:
            continue
        if parameter.kind == "array":
            values.setdefault(name, []).append(_parsed(parameter.item_kind, name, value))
        elif name in values:
            raise bad_request(f"{name}: given more than once; give it once")
        else:
            values[name] = _parsed(parameter.kind, name, value)
    for name, parameter in operation.query.items():
        if name in values:
            parameter.schema.check(values[name], name)
        elif parameter.required:
            raise bad_request(f"{name}: missing; this query parameter is required")
        else:
            values[name] = parameter.default
    return values


def _unquoted(text: bytes) -> str:
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise bad_request("query: not UTF-8; percent-encode each parameter as UTF-8") from None


def _parsed(kind: str, name: str, text: str) -> Any:
    """Read a parameter's text as a JSON type."""
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
    """Tell how long the body is declared to be: None where it comes in chunks, 0 where there is none."""
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
    """Raise the 400 unless the body is declared as `application/json`, with whatever parameters."""
    types = [value for name, value in headers if name == b"content-type"]
    if len(types) != 1 or types[0].partition(b";")[0].strip().lower() != b"application/json":
        raise bad_request("Content-Type: the body must be declared as application/json")


def parse_json(body: bytes) -> Any:
    """Parse JSON text (RFC 8259), more strictly than Python does: no NaN, no infinity, no text that is not Unicode.

    Raises:
        Refusal: 400, with the reason.
    """
    with _refusing():
        value = _DECODER.decode(_text(body))
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise _too_deep()
    if b"\\u" in body:
        # Only an escape can bring in an unpaired surrogate: UTF-8 has none.
        encode_json(value)
    return value


async def parse_large_json(body: bytes) -> Any:
    """Do as `parse_json` does, in turns with other requests.

    Raises:
        Refusal: 400, with the reason.
    """
    with _refusing():
        value = await in_turns(parsing(_text(body), _DECODER, MAX_DEPTH))
    if b"\\ud" in body or b"\\uD" in body:
        await encode_large_json(value)
    return value


def _text(body: bytes) -> str:
    if not body:
        raise bad_request("body: missing; a JSON body is required")
    return body.decode("utf-8")


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Turn what is wrong with a text into a refusal."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise bad_request(f"body: not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise bad_request(f"body: not valid JSON: {error.msg} at {place}") from None
    except (RecursionError, TooDeep):
        raise _too_deep() from None
    except ValueError:
        # What is left is Python's limit for the digits of an integer, which guards against quadratic time.
        raise bad_request("body: an integer has too many digits") from None


def encode_json(value: Any) -> bytes:
    """Write JSON text in the one form in which the server keeps it: no spaces, characters as they are.

    Raises:
        Refusal: 400 for an unpaired surrogate.
    """
    return _utf8(_ENCODER.encode(value))


async def encode_large_json(value: Any) -> bytes:
    """Do as `encode_json` does, in turns with other requests.

    Raises:
        Refusal: 400 for an unpaired surrogate.
    """
    return _utf8(await in_turns(encoding(value, _ENCODER)))


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise bad_request("body: holds an unpaired surrogate (such as \\ud800), which is not Unicode text") from None


def _depth(body: bytes) -> int:
    """Count the levels of objects and arrays in valid JSON text."""
    brackets = _NOT_A_BRACKET.sub(b"", body)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _too_deep() -> Refusal:
    return bad_request(f"body: nested too deeply; {MAX_DEPTH} levels are the most")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise bad_request("body: a number is too large for a double")
    return value


def _constant(name: str) -> NoReturn:
    raise bad_request(f"body: {name} is not JSON; a number must be finite")


_DECODER = json.JSONDecoder(parse_float=_float, parse_constant=_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))
