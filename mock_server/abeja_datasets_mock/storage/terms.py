r"""The terms by which `q` finds an item.

A term is a key with its scalar value, at any place in the attributes, written as in JSON: `"label_id":1`. Attributes
are stored as JSON text in one canonical form, without spaces. So an item's terms are substrings of it, and reading them
from there is several times faster than from the parsed value.
"""

import itertools
import re
from collections.abc import Iterable, Iterator

from abeja_datasets_mock.json_text import encode_json
from abeja_datasets_mock.large import LARGE

EVERY = b""
"""The term that all items have: NOT needs to know which there are."""

_SOME = 256

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BARE = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null")

# A key with a scalar, or a string of another kind. The latter is matched too, so that no match begins inside a string.
# middle, and leaves the group empty.
_PATTERN = re.compile(b'(%b:(?:%b|[^"\\[{][^,}]*+))|%b' % (_STRING, _STRING, _STRING), re.DOTALL)
_terms = _PATTERN.findall


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
    matches = _PATTERN.finditer(attributes)
    while some := {match[1] or EVERY for match in itertools.islice(matches, _SOME)}:
        yield some


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
    # Looking for the text is ten times faster than reading all terms, but it may stand inside of a string.
    likely = {term for term in terms if term and term in attributes}
    if likely:
        for some in terms_in_parts(attributes):
            yield likely.intersection(some)
