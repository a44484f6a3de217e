"""The query language of `q`, compiled to operations on the index of terms."""

import re
from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

from luqum import tree
from luqum.exceptions import IllegalCharacterError, ParseError
from luqum.tree import AndOperation, Group, Not, OrOperation, Phrase, SearchField, Word

from abeja_datasets_mock.errors import Refusal, bad_request

from .lucene import parse
from .postings import Bits
from .terms import EVERY, terms_of_query


class Query(NamedTuple):
    """A compiled query.

    Attributes:
        terms: the terms that it needs.
        evaluate: returns the items that match, from those that have each term; a term that is left out has none.
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
_SHOWN = 80
_PLACE = re.compile(r"unexpected +'(.*)' at position ([0-9]+)", re.DOTALL)

# Parts of Lucene's language that this one lacks, as its users call them; the first match counts.
_UNSUPPORTED: tuple[tuple[type[tree.Item], str], ...] = (
    (tree.Boost, "a boost (^)"),
    (tree.BaseApprox, "fuzziness or proximity (~)"),
    (tree.Range, "a range ([ ] or { })"),
    (tree.OpenRange, "a comparison (< or >)"),
    (tree.Regex, "a regular expression (/ /; quote a value with a slash)"),
    (tree.FieldGroup, "a group of values behind a field"),
    (tree.Plus, "a required clause (+)"),
    (tree.Prohibit, "a prohibited clause (-; quote a value that begins with it)"),
    (tree.UnknownOperation, "a space between two clauses"),
    (tree.SearchField, "a field behind a field (quote a value with a colon)"),
    (tree.Term, "a word or phrase without a field"),
)


def compile_query(query: str) -> Query:
    """Compile a query.

    Raises:
        Refusal: 400 for all that is not in the documented language.
    """
    if len(query) > _LONGEST:
        raise bad_request(f"q: longer than {_LONGEST} characters; send several shorter queries")
    try:
        parsed = parse(query)
    except IllegalCharacterError as error:
        place = int(str(error).rpartition(" ")[2])
        raise bad_request(f"q: {query[place]} at position {place} has no partner; {_LANGUAGE}") from None
    except ParseError as error:
        raise bad_request(f"q: {_reason(str(error), query)}; {_LANGUAGE}") from None
    except (ArithmeticError, ValueError):
        # The parser reads what follows ^ or ~ as a decimal number.
        raise bad_request(f"q: a malformed number follows ^ or ~, which are not supported; {_LANGUAGE}") from None
    return _compile(parsed, 0)


def _reason(message: str, query: str) -> str:
    """Return what the parser found where it stopped, without its own words around that."""
    found = _PLACE.search(message)
    if found is None:
        return "it ends too early: a value, a quote or a closing parenthesis is missing"
    # The parser leaves ^ and ~ out of what it shows.
    place, token = int(found[2]), found[1]
    return f"unexpected {query[place] if query[place] in '^~' else token[:_SHOWN]} at position {place}"


def _compile(node: Any, depth: int) -> Query:
    if depth > _DEEPEST:
        raise bad_request(f"q: nested too deeply; {_DEEPEST} levels of parentheses, NOT, AND and OR are the most")
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
        shown = word[:_SHOWN]
        reserved = '* ? : / " && ||, or begins with !'
        raise bad_request(f"q: {shown}: quote a value that holds one of {reserved}; wildcards are not supported")
    return _ESCAPE.sub(r"\1", word)


def _unsupported(node: tree.Item) -> Refusal:
    inner = node.expr if isinstance(node, SearchField) else node
    name = next((name for kind, name in _UNSUPPORTED if isinstance(inner, kind)), "this")
    return bad_request(f"q: {name} is not supported; {_LANGUAGE}")
