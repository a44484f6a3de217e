"""Texts for a schema of strings: of its format, of its pattern, and of the lengths at its limits."""

from collections.abc import Iterator

from abeja_datasets_contract.diff.samples.merging import Merged
from abeja_datasets_contract.diff.samples.patterns import PatternTexts

_BY_FORMAT = {
    "date-time": ("2018-05-20T13:51:16Z", "2018-05-20T13:51:16.010344+09:00"),
    "date": ("2018-05-20",),
    "time": ("13:51:16Z",),
    "duration": ("P1D",),
    "email": ("someone@example.com",),
    "idn-email": ("someone@example.com",),
    "hostname": ("example.com",),
    "idn-hostname": ("example.com",),
    "ipv4": ("192.0.2.1",),
    "ipv6": ("2001:db8::1",),
    "uri": ("https://example.com/a",),
    "uri-reference": ("/a", "https://example.com/a"),
    "iri": ("https://example.com/a",),
    "iri-reference": ("/a",),
    "uuid": ("9b2c3f0e-6f3e-4c55-9d38-6b9a5f5b1f11",),
    "json-pointer": ("/a",),
    "relative-json-pointer": ("0/a",),
    "regex": ("^a$",),
    "uri-template": ("/a/{b}",),
}
_PLAIN = ("text", "", "0", "a", "A", "1.5", "-", "é", "a b", "2018-05-20T13:51:16.010344", "true", "null")
_LONG = 10_000
"""A length limit over this is not tried."""


def texts(merged: Merged) -> Iterator[str]:
    """Return candidates for a string."""
    least = merged.lower("minLength", 0)
    most = merged.upper("maxLength", None)
    found = [text for name in merged.said.get("format", []) for text in _BY_FORMAT.get(name, ())]
    found += [text for pattern in merged.said.get("pattern", []) for text in PatternTexts(pattern).some()]
    found += _PLAIN
    lengths = [length for length in (least, least + 1, most, 300, 5000) if length is not None and length <= _LONG]
    found += ["a" * length for length in lengths]
    for text in dict.fromkeys(found):
        if least <= len(text) and (most is None or len(text) <= most):
            yield text
