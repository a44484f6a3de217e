"""The query language of `q`, compiled to what an index of terms can answer."""

import re
from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

import luqum.thread
from luqum.exceptions import ParseError
from luqum.tree import AndOperation, Group, Not, OrOperation, Phrase, SearchField, Word

from .errors import Refusal, bad_request
from .postings import Bits
from .terms import EVERY, terms_of_query


class Query(NamedTuple):
    """A compiled query.

    Attributes:
        terms: what it asks for.
        evaluate: tells the items that are found, from those that have each term; a term that is left out has none.
    """

    terms: frozenset[bytes]
    evaluate: Callable[[Mapping[bytes, Bits]], Bits]


_LONGEST = 4096
"""Characters of a query. The parser takes time quadratic in the number of terms."""

_DEEPEST = 200
"""Levels of a query: compiling and evaluating take a few of Python's 1,000 frames each."""

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_RESERVED = re.compile(r'[*?:/"]|&&|\|\||^!')
_LANGUAGE = 'use field:word or field:"phrase", joined by AND, OR, NOT and parentheses'


def compile_query(query: str) -> Query:
    """Compile a query.

    Raises:
        Refusal: 400 for all that is not in the documented language.
    """
    if len(query) > _LONGEST:
        raise bad_request(f"q: longer than {_LONGEST} characters")
    try:
        return _compile(luqum.thread.parse(query), 0)
    except ParseError as error:
        raise bad_request(f"q: {error}; {_LANGUAGE}") from None


def _compile(node: Any, depth: int) -> Query:
    if depth > _DEEPEST:
        raise bad_request("q: nested too deeply")
    # luqum's grammar has AND bind tighter than OR, and NOT tighter than both.
    match node:
        case Group():
            return _compile(node.expr, depth + 1)
        case Not():
            terms, negated = _compile(node.a, depth + 1)
            return Query(terms | {EVERY}, lambda postings: postings.get(EVERY, 0) & ~negated(postings))
        case AndOperation():
            return _join(and_, [_compile(operand, depth + 1) for operand in node.operands])
        case OrOperation():
            return _join(or_, [_compile(operand, depth + 1) for operand in node.operands])
        case SearchField(expr=Word() | Phrase()):
            return _join(or_, [_one(term) for term in terms_of_query(_text(node.name), _value(node.expr))])
    raise _unsupported(node)


def _one(term: bytes) -> Query:
    return Query(frozenset((term,)), lambda postings: postings.get(term, 0))


def _join(operator: Callable[[Bits, Bits], Bits], parts: list[Query]) -> Query:
    evaluations = [part.evaluate for part in parts]
    return Query(
        frozenset().union(*(part.terms for part in parts)),
        lambda postings: reduce(operator, [evaluate(postings) for evaluate in evaluations]),
    )


def _value(node: Any) -> str:
    if isinstance(node, Phrase):
        return _ESCAPE.sub(r"\1", node.value[1:-1])
    return _text(node.value)


def _text(word: str) -> str:
    if _RESERVED.search(_ESCAPE.sub("", word)):
        raise bad_request(f'q: {word}: quote a value that holds one of * ? : / " && ||; wildcards are not supported')
    return _ESCAPE.sub(r"\1", word)


def _unsupported(node: Any) -> Refusal:
    return bad_request(f"q: {type(node).__name__} is not supported; {_LANGUAGE}")
