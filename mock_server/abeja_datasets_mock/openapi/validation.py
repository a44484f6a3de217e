"""The check of a JSON value against a schema of the document, with a message that names the place and the fix."""

import functools
import itertools
import logging
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from abeja_datasets_mock.errors import Refusal, bad_request

_logger = logging.getLogger("abeja_datasets_mock")
_SUBJECT = "the value"
"""Stands for the value in messages, which would otherwise repeat up to megabytes of it."""

_WIDTHS = (128, 32, 8, 2, 0)
"""Members that a sample of a value keeps of a container, on each level from the outermost; an object also keeps those
that the schema names, so that none of them seems to be missing."""


class Schema:
    """A schema of the document, compiled.

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
            raise self._refusal(value, name)

    def _refusal(self, value: Any, name: str) -> Refusal:
        try:
            error = self._error_in_sample(value) or self._error(value)
        except ValueError:
            # The validator copies the value into an error, to a depth of 255.
            return bad_request(f"{name}: not valid, and nested too deeply to name the place")
        place = path_text(error.instance_path) or name
        return bad_request(f"{place}: {error.message}")

    def _error(self, value: Any) -> jsonschema_rs.ValidationError:
        """Return the first error of an invalid value; `iter_errors` makes all of them, millions in a large body."""
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as first:
            return _innermost(first)
        raise AssertionError("the value is valid")

    def _error_in_sample(self, value: Any) -> jsonschema_rs.ValidationError | None:
        """Return an error of a sample of the value; None unless the value itself has the same error.

        An error copies the failing part, and holds the interpreter for long where that has millions of members.
        """
        sample = _sample(value, _WIDTHS, self._names)
        if self._is_valid(sample):
            return None
        error = self._error(sample)
        whole, kept = (functools.reduce(operator.getitem, error.instance_path, root) for root in (value, sample))
        match error.kind:
            case jsonschema_rs.ValidationErrorKind.Type():
                is_real = True
            case jsonschema_rs.ValidationErrorKind.Required(property=name):
                is_real = name not in whole
            case _:
                is_real = not isinstance(whole, list | dict) or len(whole) == len(kept)
        return error if is_real else None


def _around(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the components that nearly all references lead to."""
    return {"schemas": document.get("components", {}).get("schemas", {})}


def _sample(value: Any, widths: Sequence[int], names: frozenset[str]) -> Any:
    """Copy a value with the first members of its lists and objects, and with all members that have one of the names."""
    if not isinstance(value, list | dict):
        return value
    if not widths:
        return type(value)()
    width, *inner = widths
    if isinstance(value, list):
        return [_sample(member, inner, names) for member in value[:width]]
    keys = dict.fromkeys(itertools.islice(value, width))
    if len(keys) < len(value):
        keys |= dict.fromkeys(sorted(names & value.keys()))
    return {key: _sample(value[key], inner, names) for key in keys}


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
