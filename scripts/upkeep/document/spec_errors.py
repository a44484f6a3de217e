"""What keeps a document from being a valid one of OpenAPI 3.1, each error with its place and its cause in one line."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]  # it ships no types
    from openapi_spec_validator.validation.validators import SpecValidator

    from abeja_datasets_contract.diff import Document

_FRAMES = 50_000
_LONGEST = 160
"""Characters of a message that are shown: it may repeat the whole value."""


def spec_errors(document: "Document") -> dict[str, str]:
    """Return the first cause at each place that breaks the specification; none for a valid document."""
    from openapi_spec_validator import OpenAPIV31SpecValidator

    from abeja_datasets_contract.openapi.pointers import join

    found: dict[str, str] = {}
    for error in _errors(OpenAPIV31SpecValidator(document.data)):
        cause = _cause(error)
        # An error inside a schema is reported once for each use of the schema; once is enough.
        for path in _paths_to(document.data, tuple(cause.absolute_path), cause.instance):
            pointer = join(*map(str, path))
            found.setdefault(pointer, _message(cause, document.mapping(pointer)))
    return found


def _errors(validator: "SpecValidator") -> Iterator["ValidationError"]:
    """Yield the errors. Behind the first ones the validator may fail, since it relies on what they are about."""
    found, limit = False, sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))  # the validator follows chains of references by recursion
    try:
        for error in validator.iter_errors():
            found = True
            yield error
    except (LookupError, TypeError, AttributeError):
        if not found:
            raise
    finally:
        sys.setrecursionlimit(limit)


def _cause(error: "ValidationError") -> "ValidationError":
    """Return the error inside the alternative that fits best: the deepest, or what is missing, or what is allowed."""
    from jsonschema.exceptions import best_match

    while error.context:
        deepest = best_match(error.context)
        if deepest is None or len(deepest.absolute_path) <= len(error.absolute_path):
            plain = [inner for inner in error.context if inner.validator in ("required", "enum")]
            return plain[0] if plain else error
        error = deepest
    return error


def _message(error: "ValidationError", here: dict[str, Any]) -> str:
    """Return the message, which says why before it shows the value."""
    if "in" in here and not here.keys() & {"schema", "content"}:
        return "'schema' is a required property of a parameter"
    said = error.message.splitlines()[0]
    value = repr(error.instance)
    if said.startswith(value) and len(value) > _LONGEST // 2:
        said = f"it{said[len(value) :]}"
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def _paths_to(content: object, tail: tuple[object, ...], value: object) -> list[tuple[object, ...]]:
    """Return the paths to `value` in the document that end with `tail`, which the validator may count from a schema."""

    def walk(node: object, path: tuple[object, ...]) -> Iterator[tuple[tuple[object, ...], object]]:
        yield path, node
        entries: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, child in entries:
            yield from walk(child, (*path, key))

    found = [path for path, node in walk(content, ()) if path[len(path) - len(tail) :] == tail and node == value]
    return [tail] if tail in found or not found else found
