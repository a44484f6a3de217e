"""The check of a JSON value against a schema of the document, with a message that names the place and the fix."""

import contextlib
import functools
import logging
import operator
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

import jsonschema_rs

from abeja_datasets_mock.errors import Refusal, bad_request

from .long_integers import may_have_long_integers, put_back, set_aside
from .narrowing import Narrowed, narrowing

_logger = logging.getLogger("abeja_datasets_mock")
_SUBJECT = "the value"
"""Stands for the value in messages, which would otherwise repeat up to megabytes of it."""


class Schema:
    """A schema of the document, compiled.

    The validator copies the failing part into an error, which holds the interpreter for long where that has millions of
    members. So a large value is first made smaller; to find whether a value is valid copies nothing.

    Args:
        schema: the schema; its references point into the document.
        document: the document. Where a schema can't be compiled, any value is valid, and the log says so.
    """

    __slots__ = ("_is_valid", "_names", "_validator")

    def __init__(self, schema: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        root = {**schema, "components": _around(document)}
        try:
            self._validator = jsonschema_rs.Draft202012Validator(_ending_early(root), mask=_SUBJECT)
        except ValueError as error:
            try:
                whole = {**schema, **{key: document[key] for key in ("components", "paths") if key in document}}
                self._validator = jsonschema_rs.Draft202012Validator(whole, mask=_SUBJECT)
            except ValueError:
                reason = str(error).partition("\n")[0]
                _logger.warning("a schema of the document is not checked, since it can't be compiled: %s", reason)
                self._validator = jsonschema_rs.Draft202012Validator({})
        self._is_valid = self._validator.is_valid
        self._names = frozenset(_strings(root))

    def check(self, value: Any, name: str) -> None:
        """Raise the refusal of `value` unless it is valid; `name` is its name in the message."""
        if not self._is_valid(value):
            with _refusing(name):
                error = self._error(value)
                raise _refusal(error, error.instance_path, name)

    def checking(self, value: Any, name: str, text: bytes) -> Generator[None, None, None]:
        """Check a value of any size as `check` does, in turns with other requests.

        Args:
            value: the value.
            name: its name in the message.
            text: the JSON text that it is from.

        Raises:
            Refusal: it is not valid. The message has no place where no part of the value shows the error alone.
        """
        aside = (yield from set_aside(value)) if may_have_long_integers(text) else []
        if not self._is_valid(value):
            yield
            yield from self._refusing_large(value, name)
        put_back(aside)

    def _refusing_large(self, value: Any, name: str) -> Generator[None, None, None]:
        narrowed = yield from narrowing(value, self._is_valid, self._names)
        with _refusing(name):
            error = narrowed and self._error(narrowed.value)
            if not (narrowed and error and _is_real(error, value, narrowed)):
                raise bad_request(f"{name}: not valid, and too large to name the place; send a smaller part of it")
            raise _refusal(error, narrowed.place(error.instance_path), name)

    def _error(self, value: Any) -> jsonschema_rs.ValidationError:
        """Return the first error of an invalid value; `iter_errors` makes all of them, millions in a large body."""
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as first:
            return _innermost(first)
        raise AssertionError("the value is valid")


@contextlib.contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Raise the refusal of a value that is too deep for an error: the validator copies 255 levels into one."""
    try:
        yield
    except ValueError:
        raise bad_request(f"{name}: not valid, and nested too deeply to name the place") from None


def _refusal(error: jsonschema_rs.ValidationError, path: Iterable[str | int], name: str) -> Refusal:
    return bad_request(f"{path_text(path) or name}: {error.message}")


def _is_real(error: jsonschema_rs.ValidationError, value: Any, narrowed: Narrowed) -> bool:
    """Return whether a value has the error that it has as narrowed."""
    path = list(error.instance_path)
    kept = functools.reduce(operator.getitem, path, narrowed.value)
    whole = functools.reduce(operator.getitem, narrowed.place(path), value)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Type():
            return True
        case jsonschema_rs.ValidationErrorKind.Required(property=name):
            return name not in whole
    return not isinstance(whole, list | dict) or len(whole) == len(kept)


def _around(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the components that nearly all references lead to."""
    return {"schemas": document.get("components", {}).get("schemas", {})}


def _strings(schema: Any) -> Iterator[str]:
    """Generate all strings of a schema: the names of members are among them."""
    if isinstance(schema, str):
        yield schema
    elif isinstance(schema, Mapping):
        yield from schema
        yield from _strings([*schema.values()])
    elif isinstance(schema, list):
        for part in schema:
            yield from _strings(part)


def _ending_early(schema: Any) -> Any:
    """Return a schema that has `if` for each `oneOf` of one schema and null.

    The validator makes all errors of each branch of a `oneOf`, and of an `if` the first one alone.
    """
    if isinstance(schema, list):
        return [_ending_early(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    match schema:
        case {"oneOf": [other, {"type": "null"} as null]} if len(null) == 1:
            rest = {key: value for key, value in schema.items() if key != "oneOf"}
            return _ending_early({**rest, "if": null, "else": other})
    return {key: _ending_early(value) for key, value in schema.items()}


def path_text(path: Iterable[str | int]) -> str:
    """Return a place inside a body for a person to read: `attributes.detection[0].rect.xmax`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _innermost(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Return the error of a failed `oneOf` in the branch that got furthest: it is of more help than "none of these"."""
    while branches := getattr(error.kind, "context", None):
        problems: list[jsonschema_rs.ValidationError] = [problem for branch in branches for problem in branch]
        inner = max(problems, key=lambda problem: len(problem.instance_path))
        error = inner
    return error
