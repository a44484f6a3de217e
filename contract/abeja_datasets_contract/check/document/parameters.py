"""The parameters of a request of the check: how they are written, and whether the document allows them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from abeja_datasets_contract.openapi.serialization import pairs, readings

from .operation import Operation


def query_of(known: Operation, query: Iterable[tuple[str, Any]]) -> str:
    """Write the query of a request, with its question mark; empty where nothing is sent.

    A text of a server, such as a token, may hold what has no form in UTF-8; that is replaced.
    """
    written = _written(known, "query", query)
    return f"?{urlencode(written, quote_via=quote, errors='replace')}" if written else ""


def headers_of(known: Operation, headers: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Write parameters that stand in the head of a request."""
    return _written(known, "header", headers)


def _written(known: Operation, location: str, given: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    raw = {one.name: one.raw for one in known.parameters if one.location == location}
    return [pair for name, value in given for pair in pairs(raw.get(name, {"in": location}), name, value)]


def not_allowed(
    known: Operation, query: Sequence[tuple[str, Any]], is_valid: Callable[[Any, Any], bool]
) -> tuple[str, str] | None:
    """Return the first query parameter whose value the document does not allow, as it is written; None without one.

    A value is allowed as it is given, or as a server may read it from its text: `true` may be a boolean.

    Args:
        known: the operation.
        query: names and values; the values of one name are the entries of an array, or each is a value.
        is_valid: says whether a schema allows a value.
    """

    def allows(raw: Mapping[str, Any], values: Sequence[Any], texts: Sequence[str]) -> bool:
        schema = next(iter(raw.get("content", {}).values()), raw).get("schema", {})
        read = [*(values if len(values) == 1 else ()), *readings(raw, texts)]
        return any(is_valid(schema, one) for one in read)

    for parameter in (one for one in known.parameters if one.location == "query"):
        name, raw = parameter.name, parameter.raw
        values = [value for given, value in query if given == name]
        texts = [[text for _, text in pairs(raw, name, value)] for value in values]
        each = [allows(raw, [value], its) for value, its in zip(values, texts, strict=True) if its]
        every = [text for its in texts for text in its]
        if not all(each) and not allows(raw, values, every):
            return name, "&".join(every)
    return None
