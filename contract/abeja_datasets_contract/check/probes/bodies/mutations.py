"""Values that break a schema in one place, made from a value that keeps it: whatever the schema says can be broken."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from abeja_datasets_contract.check.document import Contract

_REMOVED = object()
_TEXT, _TRUE, _FRACTION, _NUMBER = "contract-check", True, 1.5, 7
_WRONG: dict[str, tuple[Any, ...]] = {
    "string": (_NUMBER, None, {}),
    "integer": ("1", _FRACTION, -1, _TRUE, None),
    "number": ("1", _TRUE, None),
    "object": (_TEXT, None, [], [{}]),
    "array": ("", False, None, {}, [None], [_TEXT]),
}
_Path = tuple[str | int, ...]


class Mutant(NamedTuple):
    """A value that is broken in one place."""

    place: str
    """The property, such as `attributes.detection.rect`; empty for the value itself."""
    value: Any


def mutants(contract: Contract, schema: Mapping[str, Any], valid: Any) -> Iterator[Mutant]:
    """Break a value in each place that the schema describes, in each way that is not allowed there.

    In a list it is the last element that gets broken, so that it takes looking at all of them to notice.
    """
    compiled = contract.schemas.validator(schema)
    for path, places, kinds in _sites(contract, schema, valid, (), ()):
        for wrong in kinds:
            value = _replaced(valid, path, wrong)
            if not compiled.is_valid(value):
                yield Mutant(".".join(places), value)


def _sites(
    contract: Contract, schema: Mapping[str, Any], value: Any, path: _Path, places: tuple[str, ...]
) -> Iterator[tuple[_Path, tuple[str, ...], tuple[Any, ...]]]:
    followed = contract.schemas.resolved(schema)
    schema = _object_branch(contract, followed) if isinstance(followed, Mapping) else {}
    kind = _kind(schema)
    if kind not in _WRONG:
        return  # any JSON
    yield path, places, (*_WRONG[kind], *_beyond(schema), *((_REMOVED,) if path else ()))
    if kind == "array" and value:
        yield path, places, (value[-1],)  # alone, and not in a list
        if len(value) > 1:
            yield (*path, 0), places, (_TEXT, {})  # the first, for a server that looks at the last alone
        yield from _sites(contract, schema.get("items", {}), value[-1], (*path, len(value) - 1), places)
    if kind == "object":
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from _sites(contract, inner, value[name], (*path, name), (*places, name))


def _kind(schema: Mapping[str, Any]) -> str | None:
    """Return the type of a schema; of several, the first that is not null."""
    kinds = schema.get("type")
    return next((kind for kind in kinds if kind != "null"), None) if isinstance(kinds, list) else kinds


def _object_branch(contract: Contract, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a property is when it is not null."""
    for branch in schema.get("oneOf", ()):
        found = contract.schemas.resolved(branch)
        if isinstance(found, Mapping) and found.get("type") != "null":
            return found
    return schema


def _beyond(schema: Mapping[str, Any]) -> Iterator[Any]:
    if schema.get("minLength"):
        yield "x" * (schema["minLength"] - 1)
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if schema.get("minItems"):
        yield []


def _replaced(value: Any, path: _Path, wrong: Any) -> Any:
    if not path:
        return wrong
    changed = copy.deepcopy(value)
    inner = changed
    for part in path[:-1]:
        inner = inner[part]
    if wrong is not _REMOVED:
        inner[path[-1]] = wrong
    elif isinstance(inner, dict):
        del inner[path[-1]]
    return changed
