"""JSON bodies, to the wire and from it, without altering a value."""

import json
import math
from collections.abc import Iterator
from typing import Any

# A value that refers to itself would be walked for ever.
_MAX_DEPTH = 1000


def encode(body: Any) -> bytes:
    """Return the JSON text of a body, in UTF-8.

    Raises:
        TypeError: a value in it is of no JSON type; the message says where.
        ValueError: a value in it has no JSON form (NaN, infinity, a lone surrogate, a list inside itself).
    """
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"not JSON: {_misfit(body) or error}") from error


def check_text(name: str, value: object) -> None:
    """Raise ValueError if `value` is text, or a list of it, that has no UTF-8 form, and so can't be sent."""
    for text in value if isinstance(value, list | tuple) else (value,):
        if isinstance(text, str) and not _is_unicode(text):
            raise ValueError(f"{name}: {text!r} holds a lone surrogate, which is not Unicode text")


def _misfit(body: Any) -> str | None:
    """Return what JSON can't hold in a body and where, for the first such place; None if there is none."""
    # One iterator for each level, so that neither depth nor breadth takes a stack or much memory.
    levels = [iter([("", body)])]
    while levels:
        for path, value in levels[-1]:
            if problem := _problem(value):
                return f"{path or 'the body'} {problem}"
            if isinstance(value, dict | list | tuple):
                if len(levels) > _MAX_DEPTH:
                    return f"{path[:60]}… is nested too deeply, or holds itself"
                levels.append(_children(path, value))
                break
        else:
            levels.pop()
    return None


def _children(path: str, value: dict[Any, Any] | list[Any] | tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"{path}.{key}" if path else str(key), child) for key, child in value.items())
    else:
        yield from ((f"{path}[{index}]", child) for index, child in enumerate(value))


def _problem(value: Any) -> str | None:
    problem = None
    if isinstance(value, dict):
        problem = next(filter(None, map(_key_problem, value)), None)
    elif isinstance(value, str):
        problem = None if _is_unicode(value) else "holds a lone surrogate, which is not Unicode text"
    elif isinstance(value, float):
        problem = None if math.isfinite(value) else f"is {value}, which JSON has no form for"
    elif not isinstance(value, int | list | tuple | None):
        problem = f"is of type {type(value).__name__}"
    return problem


def _key_problem(key: Any) -> str | None:
    if not isinstance(key, str | int | float | None):
        return f"has a key of type {type(key).__name__}; keys are str"
    problem = _problem(key)
    return problem and f"has the key {key!r}, which {problem}"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
