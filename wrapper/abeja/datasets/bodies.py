"""JSON bodies, to the wire and from it, without altering a value."""

import json
from collections.abc import Iterator
from typing import Any

from abeja.exceptions import InvalidResponse

# A value that refers to itself would be walked for ever.
_MAX_DEPTH = 1000


def encode(body: Any) -> bytes:
    """Give the JSON text of a body, in UTF-8.

    Raises:
        TypeError: a value in it is of no JSON type; the message says where.
        ValueError: a value in it has no JSON form (NaN, infinity, a lone surrogate, a list inside itself).
    """
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        place = next((path for path in _leaves(body, "", 0) if path is not None), None)
        raise kind(f"not JSON: {place or error}") from error


def decode(content: bytes, description: str) -> Any:
    """Give what the JSON text of an answer says.

    Args:
        content: the body of the answer.
        description: what answered how, for the error.

    Raises:
        InvalidResponse: it is not JSON.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        start = content[:80].decode("utf-8", "replace")
        raise InvalidResponse(f"{description}: the body is not JSON: {start!r}") from error


def check_text(name: str, value: object) -> None:
    """Raise ValueError if `value` is text that has no UTF-8 form, and so can't be sent."""
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{name}: {value!r} holds a lone surrogate, which is not Unicode text") from None


def _leaves(value: Any, path: str, depth: int) -> Iterator[str | None]:
    """Walk a body; yield a sentence for each place in it that JSON can't hold, None for the rest."""
    if depth > _MAX_DEPTH:
        yield f"{path[:60]}… is nested too deeply, or holds itself"
    elif isinstance(value, dict):
        for key, child in value.items():
            if not isinstance(key, str | int | float | None):
                yield f"{path or 'the body'} has a key of type {type(key).__name__}; keys are str"
            yield from _leaves(child, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield from _leaves(child, f"{path}[{index}]", depth + 1)
    else:
        problem = _problem(value)
        yield problem and f"{path or 'the body'} {problem}"


def _problem(value: Any) -> str | None:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return "holds a lone surrogate, which is not Unicode text"
        return None
    if isinstance(value, float):
        return None if value - value == 0 else f"is {value}, which JSON has no form for"
    return None if value is None or isinstance(value, int) else f"is of type {type(value).__name__}"
