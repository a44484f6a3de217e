"""JSON text: parsed more strictly than Python does, and written in the form in which the server stores it."""

import contextlib
import json
import math
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NoReturn

from .errors import Refusal, bad_request
from .large import TooDeep, encoding, parsing, releasing
from .turns import in_turns

MAX_DEPTH = 500
"""Levels of objects and arrays in a body. Python's parser takes under 1,000, counted together with the calls around it:
clients written in Python must be able to read what is stored, too."""

_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NOT_A_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^"\[\]{}]++', re.DOTALL)


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
    """Parse JSON text as `parse_json` does, in turns with other requests.

    Raises:
        Refusal: 400, with the reason.
    """
    with _refusing():
        value = await in_turns(parsing(_text(body), _DECODER, MAX_DEPTH))
    # Looking for one byte is twenty times faster than looking for two.
    if b"\\" in body and (b"\\ud" in body or b"\\uD" in body):
        try:
            await encode_large_json(value)
        except Refusal:
            await in_turns(releasing(value))
            raise
    return value


def _text(body: bytes) -> str:
    if not body:
        raise bad_request("body: missing; a JSON body is required")
    return body.decode("utf-8")


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Raise the refusal for each exception of a parser."""
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
        # This is Python's limit for the digits of an integer, which guards against quadratic time.
        raise bad_request("body: an integer has too many digits") from None


def encode_json(value: Any) -> bytes:
    """Write JSON text in the form in which the server stores it: no spaces, no escapes that JSON does not need.

    Raises:
        Refusal: 400 for an unpaired surrogate.
    """
    return _utf8(_ENCODER.encode(value))


async def encode_large_json(value: Any) -> bytes:
    """Write JSON text as `encode_json` does, in turns with other requests.

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
    return bad_request(f"body: nested too deeply; at most {MAX_DEPTH} levels are allowed")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise bad_request("body: a number is too large for a double")
    return value


def _constant(name: str) -> NoReturn:
    raise bad_request(f"body: {name} is not JSON; a number must be finite")


_DECODER = json.JSONDecoder(parse_float=_float, parse_constant=_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))
