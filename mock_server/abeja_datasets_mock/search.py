r"""The query language of `q`, compiled to a test of an item's attributes as they are stored.

A term `field:value` holds when the key `field` stands anywhere in the attributes with that scalar value. Attributes are
stored in one canonical form, without spaces, in which a key is written after `{` or `,` and its scalar value before `,`
or `}`. An unescaped `"` after `{` or `,` can only open a key or a string, and only a key is followed by `":`. So a term
is a search for bytes, at the speed of C, and needs no parsing of what is stored.
"""

import re
from collections.abc import Callable
from typing import Any

import luqum.thread
from luqum.exceptions import ParseError
from luqum.tree import AndOperation, Group, Not, OrOperation, Phrase, SearchField, Word

from .errors import Refusal, bad_request
from .requests import encode_json

Predicate = Callable[[bytes], bool]
"""Whether an item with these attributes, as stored, is found."""

_LONGEST = 4096
"""Characters of a query. The parser takes time quadratic in the number of terms."""

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_RESERVED = re.compile(r'[*?:/"]|&&|\|\||^!')
_BARE = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null")
_LANGUAGE = 'use field:word or field:"phrase", joined by AND, OR, NOT and parentheses'


def compile_query(query: str) -> Predicate:
    """Compile a query.

    Raises:
        Refusal: 400 for all that is not in the documented language.
    """
    if len(query) > _LONGEST:
        raise bad_request(f"q: longer than {_LONGEST} characters")
    try:
        return _compile(luqum.thread.parse(query))
    except ParseError as error:
        raise bad_request(f"q: {error}; {_LANGUAGE}") from None
    except RecursionError:
        raise bad_request("q: nested too deeply") from None


def _compile(node: Any) -> Predicate:
    # luqum's grammar has AND bind tighter than OR, and NOT tighter than both.
    match node:
        case Group():
            return _compile(node.expr)
        case Not():
            negated = _compile(node.a)
            return lambda attributes: not negated(attributes)
        case AndOperation():
            return _until(False, [_compile(operand) for operand in node.operands])
        case OrOperation():
            return _until(True, [_compile(operand) for operand in node.operands])
        case SearchField(expr=Word() | Phrase()):
            return _term(_text(node.name), _value(node.expr))
    raise _unsupported(node)


def _until(decisive: bool, predicates: list[Predicate]) -> Predicate:
    """Join predicates with OR, of which one that holds decides, or with AND, where one that doesn't does."""

    def joined(attributes: bytes) -> bool:
        # Not any() and all(): a generator for each item is most of the time of a scan.
        for predicate in predicates:
            if predicate(attributes) is decisive:
                return decisive
        return not decisive

    return joined


def _term(field: str, value: str) -> Predicate:
    forms = [encode_json(value)]
    if _BARE.fullmatch(value):
        # Numbers, true, false and null are compared as JSON writes them.
        forms.append(value.encode("ascii"))
    alternatives = b"|".join(map(re.escape, forms))
    key = encode_json(field) + b":"
    search = re.compile(b"[{,]" + re.escape(key) + b"(?:" + alternatives + b")[,}]").search
    # Looking for the bare key is several times faster, and most items lack most keys.
    return lambda attributes: key in attributes and search(attributes) is not None


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
