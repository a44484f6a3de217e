"""Where promises stand: places of the document, named by what they are about, and published references.

A source is data. `Contract.locate` finds its place in a document when somebody asks.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["operation", "parameter", "place", "reference"]


@dataclass(frozen=True)
class Source:
    """Where a promise stands. Made with one of the class methods."""

    kind: Kind
    name: str
    """The operationId; the title of a reference; empty for another place."""
    parts: tuple[str, ...] = ()
    """The keys from there on, or from the top of the document; first the name of a parameter."""

    @classmethod
    def operation(cls, name: str, *parts: str) -> "Source":
        """Return the source in an operation, or in a part of it, such as `"responses", "200"`."""
        return cls("operation", name, parts)

    @classmethod
    def parameter(cls, operation: str, name: str, *parts: str) -> "Source":
        """Return the source in a parameter of an operation, or in a part of it."""
        return cls("parameter", operation, (name, *parts))

    @classmethod
    def schema(cls, name: str, *parts: str) -> "Source":
        """Return the source in a schema of the components."""
        return cls.component("schemas", name, *parts)

    @classmethod
    def component(cls, kind: str, name: str, *parts: str) -> "Source":
        """Return the source in a component, such as `"responses", "Unauthorized"`."""
        return cls("place", "", ("components", kind, name, *parts))

    @classmethod
    def reference(cls, title: str) -> "Source":
        """Return the source in a published reference, such as `RFC 9110, section 15.5.6`."""
        return cls("reference", title)


INFO = Source("place", "", ("info", "description"))
"""The rules that hold for every operation."""


@dataclass(frozen=True)
class Location:
    """A source in a document."""

    text: str
    """A JSON pointer (`#/…`, RFC 6901) to the place, or to the nearest one around it; or `reference: …`."""
    line: int | None = None
    """The line of that place, from 1."""
    gone: str = ""
    """What the source names that the document does not have, in words; empty where it has all of it."""
    promised: bool = True
    """Whether the document may still promise this: False where a parameter, a header or a property itself is gone."""
