"""Strict JSON: no NaN, and no key twice."""

import json
import math
import re
from typing import Any, Final

import msgspec

from abeja_datasets_loading.formats.model import Invalid

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_TOO_DEEP: Final = "is nested too deeply"


class Twice(Exception):
    """An object has a key twice."""


class _NoNumber(Exception):
    """NaN or Infinity."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # to add returns None
        raise Twice(twice)
    return value


def _constant(text: str) -> Any:
    raise _NoNumber(text)


def _long_integer(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Invalid(f"{text[:40]} is greater than any number that programs read from JSON")
    return value


_decode: Final = msgspec.json.Decoder().decode
_fast = json.JSONDecoder(parse_constant=_constant)
_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
_patient = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=_long_integer)
_exact = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)
_is_suspicious: Final = re.compile(r"[eE]\+?[0-9]{3}|[0-9]{300}").search
"""Finds each number that no program may read (and perhaps the like in a string)."""
_CONTAINERS: Final = frozenset((dict, list))
_spaced_colon: Final = re.compile(r'"[ \t\r\n]+:').search


def decode(text: str, start: int) -> tuple[Any, int]:
    """Decode a value. Integers that are too long become text: `check` finds them in the text of the value."""
    try:
        value, end = _fast.raw_decode(text, start)
        return (value, end) if _has_each_key_once(value, text, start, end) else _decoder.raw_decode(text, start)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return _patient.raw_decode(text, start)


def _has_each_key_once(value: Any, text: str, start: int, end: int) -> bool:
    """Return True where no key of a decoded value stands in its text twice; False where that is not known.

    A colon follows each key: where there are as many colons as keys in the value, no key was lost. A colon may stand in
    a string too, but only where it follows a quote at once is it taken for that of a key.
    """
    if text.count(":", start, end) == _keys(value):
        return True
    return text.count('":', start, end) == _all_keys(value) and not _spaced_colon(text, start, end)


def _keys(value: Any) -> int:
    """Return the number of keys of an object, or of the objects in an array."""
    if type(value) is dict:
        return len(value)
    return sum([len(each) for each in value if type(each) is dict]) if type(value) is list else 0


def _all_keys(value: Any) -> int:
    """Return the number of keys in a value; less where an array begins with something else than objects or arrays."""
    if type(value) is dict:
        return len(value) + sum([_all_keys(each) for each in value.values() if type(each) in _CONTAINERS])
    if type(value) is list and value and type(value[0]) in _CONTAINERS:
        return sum(map(_all_keys, value))
    return 0


def refusal(error: Exception) -> str:
    """Return what one of `FAILURES` says is wrong."""
    if isinstance(error, Twice):
        return f"an object has the key {json.dumps(str(error)[:60])} twice"
    if isinstance(error, _NoNumber):
        return f"{error} is not a JSON value; pass null, or leave it out"
    if isinstance(error, RecursionError):
        return _TOO_DEEP
    return f"not JSON: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)


FAILURES: Final = (json.JSONDecodeError, Twice, _NoNumber, RecursionError)


def parse(text: str) -> Any:
    """Return the one JSON value of a text.

    Raises:
        Invalid: it is not JSON, or has a number that no program reads.
    """
    try:
        return again(text)
    except json.JSONDecodeError as error:
        raise Invalid(f"{refusal(error)} (column {error.colno})") from None
    except FAILURES as error:
        raise Invalid(refusal(error)) from None


def again(text: str) -> Any:
    """Return the one JSON value of a text.

    Raises:
        Invalid: it has a number that no program reads.
        Exception: one of `FAILURES`: it is not JSON, or an object has a key twice.
    """
    try:
        value = _decode(text)
    except (ValueError, RecursionError):
        return _patiently(text)
    return value if _has_each_key_once(value, text, 0, len(text)) else _patiently(text)


def _patiently(text: str) -> Any:
    start = space_end(text, 0)
    try:
        value, end = (_exact if _is_suspicious(text) else _decoder).raw_decode(text, start)
    except json.JSONDecodeError:
        raise
    except ValueError:
        raise Invalid("an integer has more digits than Python converts (4,300)") from None
    end = space_end(text, end)
    if end != len(text):
        raise Invalid(f"not JSON: more follows the value (column {end + 1})")
    return value


def escaped(text: str) -> str:
    """Return JSON text in which half a surrogate pair, which UTF-8 has no form for, is escaped."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def check(text: str) -> None:
    """Check that a value whose text `JsonFile` returned has only numbers that programs read.

    Raises:
        Invalid: it has another one.
    """
    if _is_suspicious(text):
        parse(text)


def space_end(text: str, start: int) -> int:
    """Return where white space that begins at a position ends."""
    match = _SPACE.match(text, start)
    assert match is not None  # noqa: S101 - it matches nothing, too
    return match.end()
