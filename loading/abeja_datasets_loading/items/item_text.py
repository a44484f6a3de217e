"""Input items as text for the journal, also those that are invalid."""

import json
import reprlib
from collections.abc import Mapping
from typing import Any, Final

from abeja_datasets_loading.items.plain import plain

_LEVELS: Final = 10
"""Levels of an invalid item of which the valid parts are kept."""

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def item_text(item: object) -> str:
    """Return an item as JSON text, in the order given: never raises.

    What JSON has no form for stands as text that describes it.
    """
    try:
        return _encode(plain(item))
    except Exception:  # noqa: BLE001 - an object of the caller's may raise anything when it is read
        return _encode(_in_part(item, _LEVELS))


def _in_part(value: object, levels: int) -> Any:
    try:
        return plain(value, levels)
    except Exception:  # noqa: BLE001 - as above
        return _in_parts(value, levels) if levels else _as_text(value)


def _in_parts(value: object, levels: int) -> Any:
    try:
        if isinstance(value, Mapping):
            return {_key(key): _in_part(child, levels - 1) for key, child in value.items()}
        if isinstance(value, list | tuple):
            return [_in_part(child, levels - 1) for child in value]
    except Exception:  # noqa: BLE001, S110 - as above: its repr may still say more
        pass
    return _as_text(value)


def _key(key: object) -> str:
    return key.encode("utf-8", "backslashreplace").decode() if isinstance(key, str) else _as_text(key)


def _as_text(value: object) -> str:
    try:
        return reprlib.repr(value).encode("utf-8", "backslashreplace").decode()
    except Exception:  # noqa: BLE001 - as above
        return f"a {type(value).__name__}"
