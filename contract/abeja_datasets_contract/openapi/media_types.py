"""Media types as keys of a `content`, compared by what they mean (RFC 9110, section 8.3)."""

from collections.abc import Iterable
from typing import NamedTuple


class MediaType(NamedTuple):
    """A media type, or a range of them such as `text/*`.

    Attributes:
        kind: in small letters, before its slash.
        subtype: in small letters, behind it.
        parameters: in small letters, without a character set that says nothing new.
    """

    kind: str
    subtype: str
    parameters: frozenset[str]

    def covers(self, other: "MediaType") -> bool:
        """Return whether this is the other media type, or a range or a less exact form of it."""
        kinds = self.kind in ("*", other.kind) and self.subtype in ("*", other.subtype)
        return kinds and self.parameters <= other.parameters


def read(text: str) -> MediaType:
    """Return a media type as it is meant."""
    whole, *parameters = text.lower().split(";")
    kind, _, subtype = whole.strip().partition("/")
    parts = {"=".join(side.strip().strip('"') for side in part.split("=", 1)) for part in parameters if part.strip()}
    is_json = subtype == "json" or subtype.endswith("+json")
    # Text is UTF-8 where nothing else is said, and JSON always is (RFC 8259, section 8.1).
    silent = {part for part in parts if part == "charset=utf-8" or (is_json and part.startswith("charset="))}
    return MediaType(kind, subtype, frozenset(parts - silent))


def key_for(wanted: str, keys: Iterable[str]) -> str | None:
    """Return which of the keys of a `content` describes a media type: the most exact one; None for none."""
    mine = read(wanted)
    found = [(read(key), key) for key in keys]
    able = [(one, key) for one, key in found if one.covers(mine)]
    return max(able, key=lambda one: _exactness(one[0], one[1] == wanted), default=(mine, None))[1]


def _exactness(one: MediaType, same: bool) -> tuple[bool, bool, bool, int]:
    return one.kind != "*", one.subtype != "*", same, len(one.parameters)
