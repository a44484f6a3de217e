"""What differs between two schemas, by kind, before it is judged."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from abeja_datasets_contract.openapi.families import UNIONS

Step = tuple[str, ...]
"""How to get from a value to one inside: ("property", name), ("item",), ("extra",) or ("branch", keyword, index).

An alternative of a union within a union has the keyword and the index of both, the outermost first.
"""


class Kind(Enum):
    """What sort of difference a change is."""

    CONTENT = "content"
    """The sides encode the content of a text in different ways, of which JSON Schema does not judge."""
    KEYWORD = "keyword"
    """The covering side says more than the sent one, or something else."""
    LOOSER = "looser"
    """The covering side says less."""
    ENUM = "enum"
    """Both sides list values, but not the same ones."""
    NULL = "null"
    """Only the sent side allows null."""
    NULLABLE = "nullable"
    """Only the covering side allows null."""
    MISSING = "missing"
    """Only the covering side requires a property."""
    OPTIONAL = "optional"
    """Only the sent side requires a property."""
    REMOVED = "removed"
    """Only the sent side describes a property."""
    ADDED = "added"
    """Only the covering side describes a property."""
    HIDDEN = "hidden"
    """A property is no longer sent in this direction (`readOnly`, `writeOnly`)."""
    CLOSED = "closed"
    """Only the covering side refuses properties that it does not describe; none of those described is refused."""
    TEXT = "text"
    """The type of a value changed that travels as text, and not the text."""
    UNSENT = "unsent"
    """A property changed that neither side sends in this direction."""
    CARRIED = "carried"
    """A property is now sent in this direction."""
    BRANCH = "branch"
    """Only the sent side has an alternative."""
    DISCRIMINATOR = "discriminator"
    """Another property selects the alternative; or a value, the name of the change, stands for none or another one."""
    LOOSE = "loose"
    """The pairs inside do not describe a property completely."""
    WIDER = "wider"
    """Some value is accepted that was not sent, and no smaller change explains it."""
    REWRITTEN = "rewritten"
    """Alternatives are written in another way, and take the same values."""
    WHOLE = "whole"
    """Some value is refused, and no smaller change explains it."""


class Inner(NamedTuple):
    """Two schemas inside a pair that correspond."""

    step: Step
    sent: str
    covering: str


@dataclass(frozen=True)
class Change:
    """One difference between two schemas, not judged yet.

    Attributes:
        kind: what sort of difference it is.
        name: of the keyword or the property.
        sent: the place on the sent side.
        covering: the place on the covering side.
        holder: the schema object of the covering side that holds the keyword.
    """

    kind: Kind
    name: str
    sent: str
    covering: str
    holder: str = ""


def is_branch(pointer: str, union: str) -> bool:
    """Return whether a pointer leads to an alternative of a union of this keyword."""
    return union in UNIONS and bool(re.search(rf"/{union}/\d+$", pointer))
