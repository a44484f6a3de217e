"""The language of `q` as the document defines it: queries as trees, their text, and which attributes they hold of."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


@dataclass(frozen=True)
class Term:
    """`field:word`, or `field:"phrase"` where the value needs quotes or `quoted` asks for them."""

    field: str
    value: str
    quoted: bool = False


@dataclass(frozen=True)
class Not:
    """The opposite."""

    inner: "Query"


@dataclass(frozen=True)
class And:
    """Both."""

    left: "Query"
    right: "Query"


@dataclass(frozen=True)
class Or:
    """Either."""

    left: "Query"
    right: "Query"


Query = Term | Not | And | Or
_STRENGTH: dict[type[Any], int] = {Or: 0, And: 1, Not: 2, Term: 3}


def text(query: Query) -> str:
    """Write a query, with no more parentheses than it takes."""
    match query:
        case Term(field, value, quoted):
            needs_quotes = quoted or value[:1] in ("", "-") or any(character not in _PLAIN for character in value)
            return f'{field}:"{value}"' if needs_quotes else f"{field}:{value}"
        case Not(inner):
            return f"NOT {_within(inner, Term)}"
        case And(left, right):
            return f"{_within(left, And)} AND {_within(right, Not)}"
        case Or(left, right):
            return f"{_within(left, Or)} OR {_within(right, And)}"


def _within(query: Query, least: type[Any]) -> str:
    return text(query) if _STRENGTH[type(query)] >= _STRENGTH[least] else f"({text(query)})"


def holds(query: Query, attributes: Any) -> bool:
    """Return whether a query finds an item with these attributes."""
    match query:
        case Term(field, value):
            return any(key == field and found == value for key, found in _scalars(attributes))
        case Not(inner):
            return not holds(inner, attributes)
        case And(left, right):
            return holds(left, attributes) and holds(right, attributes)
        case Or(left, right):
            return holds(left, attributes) or holds(right, attributes)


def _scalars(value: Any) -> Iterator[tuple[str, str]]:
    """List each key with the text of its value, wherever it stands, where that is a scalar."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, str):
                yield key, inner
            elif inner is None or isinstance(inner, bool | int | float):
                yield key, json.dumps(inner)
            else:
                yield from _scalars(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _scalars(inner)


def made_up(chance: random.Random, terms: Sequence[Term], depth: int) -> Query:
    """Return a query that is made up."""
    if depth == 0 or chance.random() < 0.2:  # noqa: PLR2004 - seldom shallow
        return chance.choice(terms)
    if chance.random() < 0.2:  # noqa: PLR2004 - likewise
        return Not(made_up(chance, terms, depth - 1))
    join = chance.choice((And, Or))
    return join(made_up(chance, terms, depth - 1), made_up(chance, terms, depth - 1))
