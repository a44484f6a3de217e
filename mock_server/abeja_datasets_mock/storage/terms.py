r"""Terms: what `q` finds an item by.

A term is a key with its scalar value, wherever they stand in the attributes, written as in JSON: `"label_id":1`.
Attributes are stored as JSON text in one canonical form, without spaces, so an item's terms stand in it letter by
letter, and are read from there several times faster than from the parsed value.
"""

import re
from collections.abc import Iterable

from abeja_datasets_mock.json_text import encode_json

EVERY = b""
"""The term that all items have: NOT needs to know which there are."""

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BARE = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null")

# A key with a scalar, or a string of another kind. The latter is matched too, so that no string is ever read from its
# middle, and leaves the group empty.
_terms = re.compile(b'(%b:(?:%b|[^"\\[{][^,}]*+))|%b' % (_STRING, _STRING, _STRING), re.DOTALL).findall


def terms_of(attributes: bytes) -> set[bytes]:
    """Read the terms of an item from its attributes as they are stored; `EVERY` is one of them."""
    found = set(_terms(attributes))
    found.add(EVERY)
    return found


def terms_of_query(field: str, value: str) -> list[bytes]:
    """Tell the terms of which an item needs one for `field:value` to hold; the comparison is of text."""
    key = encode_json(field) + b":"
    forms = [key + encode_json(value)]
    if _BARE.fullmatch(value):
        # Numbers, true, false and null are compared as JSON writes them.
        forms.append(key + value.encode("ascii"))
    return forms


def present(terms: Iterable[bytes], attributes: bytes) -> Iterable[bytes]:
    """Tell which of the terms an item with these attributes has."""
    # Looking for the text is ten times faster than reading all terms, but it may stand inside of a string.
    likely = [term for term in terms if term and term in attributes]
    found = terms_of(attributes).intersection(likely) if likely else set()
    return found | {EVERY}
