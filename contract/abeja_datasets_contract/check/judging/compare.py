"""Comparing JSON values: what differs, and where, in words."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_SHOWN = 120


def shown(value: Any) -> str:
    """Write a value as JSON, shortened."""
    text = json.dumps(value, ensure_ascii=True, default=repr)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def difference(expected: Any, got: Any, place: str = "") -> str | None:
    """Return the first difference, or None. Types count (1 is neither true nor 1.0); the order of keys does not."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        return _of_objects(expected, got, place)
    if _is_list(expected) and _is_list(got):
        for index, (one, other) in enumerate(zip(expected, got, strict=False)):
            found = difference(one, other, f"{place}[{index}]")
            if found:
                return found
        if len(expected) != len(got):
            return f"{place or 'the list'} has {len(got)} elements, not {len(expected)}"
        return None
    if type(expected) is type(got) and expected == got:
        return None
    return f"{place or 'the value'} is {shown(got)}, not {shown(expected)}"


def _of_objects(expected: Mapping[str, Any], got: Mapping[str, Any], place: str) -> str | None:
    for key, value in expected.items():
        where = f"{place}.{key}" if place else key
        if key not in got:
            return f"{where} is missing"
        found = difference(value, got[key], where)
        if found:
            return found
    extra = [key for key in got if key not in expected]
    return f"{place or 'the object'} has a key {shown(extra[0])} that was never given" if extra else None


def order_of_keys(value: Any) -> list[str]:
    """List all keys of a value, depth first, in the order in which they stand."""
    if isinstance(value, Mapping):
        return [name for key, inner in value.items() for name in (key, *order_of_keys(inner))]
    if _is_list(value):
        return [name for inner in value for name in order_of_keys(inner)]
    return []


def record_difference(expected: Mapping[str, Any], got: Any, may_lack: Callable[[str], bool]) -> str | None:
    """Return the first difference of a dataset or an item in a response; more properties than expected are allowed.

    A property that a response `may_lack` may be missing; the oracle judges by the schema which one may. The
    document lets `attributes.classification` come back as a single label where one was given.
    """
    if not isinstance(got, Mapping):
        return f"the response is {shown(got)}, not an object"
    for key, value in expected.items():
        if key not in got:
            if may_lack(key):
                continue
            return f"{key} is missing"
        came = whole(got[key]) if type(value) is int else got[key]
        found = difference(value, _as_list(value, came) if key == "attributes" else came, key)
        if found:
            return found
    return None


def whole(value: Any) -> Any:
    """Return a number without a fraction as an integer, and any other value as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_list(expected: Any, got: Any) -> Any:
    if not isinstance(got, Mapping) or not isinstance(expected, Mapping):
        return got
    given = expected.get("classification")
    if isinstance(given, list) and len(given) == 1 and isinstance(got.get("classification"), Mapping):
        return {**got, "classification": [got["classification"]]}
    return got


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
