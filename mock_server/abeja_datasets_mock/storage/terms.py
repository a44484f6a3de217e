r"""The terms by which `q` finds an item.

A term is a key with its scalar value, at any place in the attributes, written as in JSON: `"label_id":1`. Attributes
are stored as JSON text in one canonical form, without spaces. So an item's terms are substrings of it, and reading them
from there is several times faster than from the parsed value.
"""

import re
from collections.abc import Generator, Iterable, Iterator

from abeja_datasets_mock.json_text import encode_json
from abeja_datasets_mock.large import LARGE

EVERY = b""
"""The term that all items have: NOT needs to know which there are."""

_WINDOW = 16 * 1024
"""Bytes of large attributes that are read at once."""

_FEW = 8
"""Terms that are looked for as text."""

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BARE = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null")

# A key with a scalar, or a string of another kind. The latter is matched too, so that no match begins inside a string.
# It leaves the group empty.
_PATTERN = re.compile(b'(%b:(?:%b|[^"\\[{][^,}]*+))|%b' % (_STRING, _STRING, _STRING), re.DOTALL)
_terms = _PATTERN.findall

# Members of large attributes, each with its comma, and the parts of one that is long.
_members = re.compile(b'(?:(?:[^",]++|%b)*+,)++' % _STRING, re.DOTALL).match
_outside = re.compile(rb'[^",]*+')
_inside = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_scalar = re.compile(rb':[^"\[{][^,}]*+').match
_QUOTE, _COLON = b'":'


def terms_of(attributes: bytes) -> set[bytes]:
    """Read the terms of an item from its attributes as they are stored; `EVERY` is one of them."""
    found = set(_terms(attributes))
    found.add(EVERY)
    return found


def terms_in_parts(attributes: bytes) -> Iterator[Iterable[bytes]]:
    """Read the terms of an item as `terms_of` does, some at a time where the attributes are large."""
    if len(attributes) < LARGE:
        yield terms_of(attributes)
        return
    yield (EVERY,)
    place = 0
    while place < len(attributes):
        if found := _members(attributes, place, place + _WINDOW):
            yield set(_terms(attributes[place : found.end()]))
            place = found.end()
        else:
            place = yield from _long_member(attributes, place)


def _long_member(text: bytes, place: int) -> Generator[Iterable[bytes], None, int]:
    """Read the term of a member that does not end in the window at `place`; return the place behind its comma."""
    # A member has one scalar at most: in its last string, or behind that. So its key is one of the last two strings.
    key = last = (place, place)
    while (start := _end(_outside, text, last[1], len(text))) < len(text) and text[start] == _QUOTE:
        end = start + 1
        while text[end := _end(_inside, text, end, end + _WINDOW)] != _QUOTE:
            yield ()
        key, last = last, (start, end + 1)
    if last[0] == key[1] + 1 and text[key[1]] == _COLON:
        yield (text[key[0] : last[1]],)
    elif scalar := _scalar(text, last[1], start):
        yield (text[last[0] : scalar.end()],)
    return start + 1


def _end(pattern: re.Pattern[bytes], text: bytes, place: int, limit: int) -> int:
    found = pattern.match(text, place, limit)
    return found.end() if found else place


def terms_of_query(field: str, value: str) -> list[bytes]:
    """Return the terms of which an item needs one to match `field:value`; the comparison is of text."""
    key = encode_json(field) + b":"
    forms = [key + encode_json(value)]
    if _BARE.fullmatch(value):
        # Numbers, true, false and null are compared as JSON writes them.
        forms.append(key + value.encode("ascii"))
    return forms


def present(terms: Iterable[bytes], attributes: bytes) -> Iterator[set[bytes]]:
    """Read which of the terms an item with these attributes has, some at a time."""
    yield {EVERY}
    likely = set(terms) - {EVERY}
    if len(likely) <= _FEW:
        # Looking for the text is several times faster than reading all terms, but it may stand inside of a string.
        for term in list(likely):
            if term not in attributes:
                likely.remove(term)
            yield set()
    if likely:
        for some in terms_in_parts(attributes):
            yield likely.intersection(some)
