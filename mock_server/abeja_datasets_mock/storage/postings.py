r"""Postings: which items of a block have a term, and the text in which many of them are kept.

Each is a line: the term, a tab, the number of empty bits, and the bits above those in hexadecimal. A term that items 4
and 6 have is `"label_id":1\t4 5`. JSON escapes tabs and line feeds, so a term has none, and a line can be found by its
beginning.
"""

from collections.abc import Iterable
from hashlib import blake2b
from zlib import crc32

Bits = int
"""A set of a block's items: bit n is the block's n-th id."""

BUCKETS = 256
"""Texts of a block, over which its terms are spread. It is part of the file's format."""

EMPTY = b"\n"
"""The text of no postings."""

_NONE = b"0 0"
_LONGEST = 64
_DIGEST = b"#"  # begins no term


def bucket(term: bytes) -> int:
    """Return which of a block's texts a term is in."""
    return crc32(term) % BUCKETS


def beginning(term: bytes) -> bytes:
    """Return the bytes that a term's posting begins with, and that occur nowhere else in a text."""
    return b"\n%b\t" % _key(term)


def read(text: bytes, term: bytes) -> Bits:
    """Return the items that have a term; a term that is not in the text has none."""
    _, found, rest = text.partition(beginning(term))
    if not found:
        return 0
    return _bits(rest[: rest.index(b"\n")])


def put(text: bytes, items: Bits, postings: Iterable[tuple[bytes, Bits]]) -> bytes:
    """Return a text in which these items have the terms of the postings, and no others."""
    lines = _lines(text)
    for key, line in list(lines.items()):
        if (bits := _bits(line)) & items:
            _set(lines, key, bits & ~items)
    for term, added in postings:
        key = _key(term)
        _set(lines, key, _bits(lines.get(key, _NONE)) | added)
    return _joined(lines)


def toggle(text: bytes, terms: Iterable[bytes], changed: Bits) -> bytes:
    """Return a text in which these items have each of the terms that they did not have, and none that they had."""
    lines = _lines(text)
    for term in terms:
        key = _key(term)
        _set(lines, key, _bits(lines.get(key, _NONE)) ^ changed)
    return _joined(lines)


def _lines(text: bytes) -> dict[bytes, bytes]:
    return dict(line.split(b"\t") for line in text.split(b"\n") if line)


def _set(lines: dict[bytes, bytes], key: bytes, bits: Bits) -> None:
    if bits:
        lines[key] = _text(bits)
    else:
        lines.pop(key, None)


def _joined(lines: dict[bytes, bytes]) -> bytes:
    return EMPTY + b"".join(b"%b\t%b\n" % line for line in lines.items())


def _text(bits: Bits) -> bytes:
    empty = (bits & -bits).bit_length() - 1
    return b"%d %x" % (empty, bits >> empty)


def _bits(text: bytes) -> Bits:
    empty, bits = text.split()
    return int(bits, 16) << int(empty)


def _key(term: bytes) -> bytes:
    """Return a term as the text has it: itself, or a digest of one that is long."""
    return term if len(term) <= _LONGEST else _DIGEST + blake2b(term, digest_size=_LONGEST // 4).hexdigest().encode()
