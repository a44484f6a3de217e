"""JSON bodies, to the wire and from it, without altering a value."""

import contextlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from abeja_datasets.calls.json_text import writer
from abeja_datasets.calls.values import is_unicode

# A value that refers to itself would be walked for ever.
_MAX_DEPTH = 1000


def encode(body: Any) -> bytes:
    """Return the JSON text of a body, in UTF-8. An enum is sent as its value.

    Raises:
        TypeError: a value in it is of no JSON type; the message says where.
        ValueError: a value in it has no JSON form (NaN, infinity, a lone surrogate, a list inside itself), or a dict
            has two keys that are the same in JSON, as 1 and "1" are.
    """
    try:
        encoded = _write(body).encode()
    except (TypeError, ValueError, RecursionError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"not JSON: {_misfit(body) or error}") from error
    if _has_other_keys(body) and (misfit := _misfit(body)):
        raise ValueError(f"not JSON: {misfit}")
    return encoded


def decode(body: bytes, faster: Callable[[bytes], Any] | None = None) -> Any:
    """Return the value of a JSON text in UTF-8, UTF-16 or UTF-32.

    Args:
        body: the text.
        faster: a function that is tried first. It may refuse what JSON allows, such as half a surrogate pair.

    Raises:
        ValueError: it is not JSON, or it has a number that is too large for a float. NaN and infinity are no JSON
            (RFC 8259, section 6). None of these could be sent back.
        RecursionError: it is nested too deeply.
    """
    if faster is not None:
        with contextlib.suppress(ValueError, RecursionError):
            return faster(body)
    return _decoder.decode(body.decode(json.detect_encoding(body), "surrogatepass"))


def text(body: bytes, headers: Mapping[str, str]) -> str:
    """Return a body that is text, in the charset that its `Content-Type` names: UTF-8 where it names none.

    Raises:
        ValueError: it is not text of that charset, or Python does not know the charset.
    """
    _, _, charset = headers.get("Content-Type", "").lower().partition("charset=")
    name = charset.partition(";")[0].strip().strip('"') or "utf-8"
    try:
        return body.decode(name)
    except LookupError as error:
        raise ValueError(f"the charset {name:.40} is not known") from error


def without_document(misfit: Exception, redact: Callable[[str], str]) -> Exception:
    """Return the error for a text that is not JSON without the text, which may repeat the credential."""
    if not isinstance(misfit, json.JSONDecodeError):
        kind = RecursionError if isinstance(misfit, RecursionError) else ValueError
        return kind(redact(str(misfit)))
    copy = json.JSONDecodeError(misfit.msg, "", misfit.pos)
    copy.args = (str(misfit),)
    return copy


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number - number:  # NaN where it is infinite; the cheapest test, which each float of a page goes through
        raise ValueError(f"{text:.40} is too large for a float")
    return number


_decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def _of_enum(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"a value of type {type(value).__name__}")


_write = writer(json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_of_enum))
_PLAIN_KEYS = frozenset({str})
_SCALARS = frozenset({str, int, float, bool, type(None)})


def _has_other_keys(body: Any) -> bool:
    """Return whether a dict in a body, which JSON can hold, has keys that are no plain str: most bodies have none."""
    left = [body]
    for value in left:  # which grows
        children: Iterable[Any] = ()
        if isinstance(value, dict):
            if not _PLAIN_KEYS.issuperset(map(type, value)):
                return True
            children = value.values()
        elif isinstance(value, list | tuple):
            children = value
        for child in children:  # a comprehension takes twice the time
            if type(child) not in _SCALARS:
                left.append(child)  # noqa: PERF401 - as above
    return False


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
                    return f"{path[:60]}… is nested too deeply, or contains itself"
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
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, dict):
        problem = next(filter(None, map(_key_problem, value)), None) or _collision(value)
    elif isinstance(value, str):
        problem = None if is_unicode(value) else "holds a lone surrogate, which is not Unicode text"
    elif isinstance(value, float):
        problem = None if math.isfinite(value) else f"is {value}, which JSON has no form for"
    elif isinstance(value, int):
        problem = _digits_problem(value)
    elif not isinstance(value, list | tuple | None):
        problem = _type_problem(value)
    return problem


def _type_problem(value: object) -> str:
    problem = f"is of type {type(value).__name__}"
    if isinstance(value, Mapping):
        return f"{problem}; pass dict(…) of it"
    if hasattr(value, "dtype"):
        # To convert without being asked would send another number than a float32 prints.
        return f"{problem}; pass its .item() or .tolist()"
    return problem


def _digits_problem(number: int) -> str | None:
    try:
        int.__repr__(number)
    except ValueError as error:  # thousands of digits
        return f"can't be written: {error}"
    return None


def _collision(value: dict[Any, Any]) -> str | None:
    seen: dict[str, Any] = {}
    for key in value:
        text = str.__str__(key) if isinstance(key, str) else json.dumps(key)
        if text in seen:
            return f"has the keys {seen[text]!r:.80} and {key!r:.80}, which are the same in JSON"
        seen[text] = key
    return None


def _key_problem(key: Any) -> str | None:
    if not isinstance(key, str | int | float | None):
        return f"has a key of type {type(key).__name__}; keys are str"
    problem = _problem(key)
    return problem and f"has the key {key!r}, which {problem}"
