"""JSON values of a caller, copied as plain values: the caller may go on to change what it gave."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from types import NoneType
from typing import Any, Final

MAX_DEPTH: Final = 500
"""Levels of objects and arrays in an item. Python's parsers of JSON take under 1,000, counted together with the calls
around them: programs in Python must be able to read back what is sent."""

_SAFE_INTEGER: Final = 1 << 63
_SHOWN: Final = 60
_LONGEST_PATH: Final = 200
_PLAIN_NAME = re.compile(r"[\w-]+").fullmatch
_FIXES: Final = {
    "Decimal": "float(…) or str(…) of it",
    "datetime": "its .isoformat()",
    "date": "its .isoformat()",
    "time": "its .isoformat()",
    "UUID": "str(…) of it",
    "PurePath": "str(…) of it",
    "bytes": "text, such as its .decode()",
    "bytearray": "text, such as its .decode()",
    "set": "a list of it",
    "frozenset": "a list of it",
    "NAType": "null (None)",
    "NaTType": "null (None)",
}


class Misfit(Exception):
    """A value that can't be sent, with its place: each level that the exception passes adds its key or index."""

    def __init__(self, problem: str, *path: str | int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.inner_first = [*path]

    @property
    def place(self) -> str:
        """The place as text: `attributes.detection[0].rect.xmax`."""
        return path_text(reversed(self.inner_first))


def plain(value: object, levels: int = MAX_DEPTH) -> Any:
    """Return a copy of a JSON value that consists of dict, list, str, int, float, bool and None alone.

    An enum becomes its value, and a tuple a list. The order of keys stays.

    Args:
        value: what to copy.
        levels: how many levels of objects and arrays it may have.

    Raises:
        Misfit: JSON has no form for a value in it.
    """
    return _READERS.get(type(value), _other)(value, levels)


def path_text(path: Iterable[str | int]) -> str:
    """Return a place inside an item for a person to read; the middle of a long one is left out."""
    text = ""
    for part in path:
        if isinstance(part, str) and _PLAIN_NAME(part):
            text += f".{part}" if text else part
        else:
            text += f"[{shown(part)}]"
    return text if len(text) <= _LONGEST_PATH else f"{text[:100]}…{text[-60:]}"


def shown(value: object) -> str:
    """Return the start of a JSON value for a message, on one line."""
    if isinstance(value, str):
        return _cut(repr(value[: _SHOWN + 1]))
    if isinstance(value, int) and not -_SAFE_INTEGER < value < _SAFE_INTEGER:
        return f"an integer of {value.bit_length()} bits"
    if value is None or isinstance(value, int | float):
        return json.dumps(value)
    if type(value) is dict:
        return "an object"
    return "an array" if type(value) is list else f"of type {_type_name(value)}"


def described(error: BaseException) -> str:
    """Return the type and the message of an exception, for a message, on one line."""
    try:
        text = repr(str(error)[:200])[1:-1]
    except Exception:  # noqa: BLE001 - an exception of the caller's may raise when it is written, too
        text = ""
    return f"{type(error).__name__}: {text}".rstrip(": ")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _same(value: Any, levels: int) -> Any:  # noqa: ARG001 - all readers are called alike
    return value


def _text(value: str, levels: int) -> str:  # noqa: ARG001 - as above
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Misfit("holds a lone surrogate, which is not Unicode text") from None
    return value


def _integer(value: int, levels: int) -> int:  # noqa: ARG001 - as above
    if not -_SAFE_INTEGER < value < _SAFE_INTEGER:
        try:
            int.__repr__(value)
        except ValueError:
            raise Misfit("is an integer of more digits than Python writes") from None
    return value


def _float(value: float, levels: int) -> float:  # noqa: ARG001 - as above
    if not math.isfinite(value):
        raise Misfit(f"is {value}, which JSON has no form for; pass null, or leave it out")
    return value


def _array(value: Iterable[Any], levels: int) -> list[Any]:
    if not levels:
        raise _too_deep()
    copy: list[Any] = []
    for child in value:
        try:
            copy.append(_READERS.get(type(child), _other)(child, levels - 1))
        except Misfit as misfit:
            misfit.inner_first.append(len(copy))
            raise
    return copy


def _object(value: Mapping[Any, Any], levels: int) -> dict[str, Any]:
    if not levels:
        raise _too_deep()
    copy: dict[str, Any] = {}
    for key, child in value.items():
        name = key if type(key) is str and key.isascii() else _name(key)
        try:
            copy[name] = _READERS.get(type(child), _other)(child, levels - 1)
        except Misfit as misfit:
            misfit.inner_first.append(name)
            raise
    if len(copy) != len(value):
        raise Misfit("has two keys that are the same in JSON")
    return copy


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise Misfit(f"has a key of type {_type_name(key)}; a key is a str")
    return _text(str.__str__(key), 0)


def _other(value: Any, levels: int) -> Any:
    """Copy a value of another type than JSON's own, where it stands for one of those."""
    if hasattr(value, "dtype"):
        # To convert without being asked would send another number than a float32 prints.
        raise Misfit(f"is of type {_type_name(value)}; pass its .item() or .tolist()")
    if isinstance(value, Enum):
        return plain(value.value, levels)
    for kind, read in _KINDS.items():
        if isinstance(value, kind):
            return read(value, levels)
    raise Misfit(f"is of type {_type_name(value)}, which JSON has no form for{_fix(value)}")


def _fix(value: object) -> str:
    if hasattr(value, "to_dict"):
        return "; pass its .to_dict()"
    fixes = (_FIXES[kind.__name__] for kind in type(value).__mro__ if kind.__name__ in _FIXES)
    fix = next(fixes, None)
    return f"; pass {fix}" if fix else ""


def _type_name(value: object) -> str:
    kind = type(value)
    module = kind.__module__.partition(".")[0]
    return kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"


def _too_deep() -> Misfit:
    return Misfit(f"is nested too deeply, or contains itself; at most {MAX_DEPTH} levels are allowed")


_READERS: dict[type, Callable[[Any, int], Any]] = {
    str: _text,
    int: _integer,
    float: _float,
    bool: _same,
    NoneType: _same,
    dict: _object,
    list: _array,
    tuple: _array,
}
_KINDS: dict[type, Callable[[Any, int], Any]] = {
    str: lambda value, levels: _text(str.__str__(value), levels),
    int: lambda value, levels: _integer(int.__int__(value), levels),
    float: lambda value, levels: _float(float.__float__(value), levels),
    Mapping: _object,
    list: _array,
    tuple: _array,
}
