"""Changes of schemas in plain sentences."""

from typing import Any

from abeja_datasets_contract.diff.report.printing import shown
from abeja_datasets_contract.diff.rules.subjects import subject
from abeja_datasets_contract.diff.rules.values import NOTHING, Values
from abeja_datasets_contract.diff.schemas.changes import Change, Kind, is_branch
from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.diff.schemas.graph import besides
from abeja_datasets_contract.diff.schemas.shape import is_null
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.families import UNIONS
from abeja_datasets_contract.openapi.pointers import split

_FEW = 5
"""Values of an enum that are named before the rest is left out."""
_SAID = {
    Kind.NULL: ("null is no longer accepted", "it may now be null"),
    Kind.MISSING: ("property `{name}` is now required", "property `{name}` is no longer always there"),
    Kind.REMOVED: ("property `{name}` was removed", "property `{name}` was added"),
    Kind.ADDED: ("property `{name}` was added", "property `{name}` was removed"),
    Kind.HIDDEN: (
        "property `{name}` is now read-only and can no longer be sent",
        "property `{name}` is now write-only and no longer comes",
    ),
    Kind.CARRIED: (
        "property `{name}` is no longer read-only and is part of requests now",
        "property `{name}` is no longer write-only and comes now",
    ),
    Kind.CLOSED: (
        "properties that are not described are no longer accepted",
        "properties that are not described may now come",
    ),
    Kind.UNSENT: (
        "property `{name}`, which is read-only and not sent, changed",
        "property `{name}`, which is write-only and does not come, changed",
    ),
    Kind.LOOSE: (
        "property `{name}`, which could be anything before, is now described",
        "property `{name}` is no longer described, and may be anything",
    ),
    Kind.WIDER: (
        "more is accepted than before",
        "not all that was described comes any more",
    ),
    Kind.REWRITTEN: ("the alternatives are written in another way, and take the same values",) * 2,
    Kind.WHOLE: (
        "not all that was sent is accepted any more",
        "responses may come that were not described before",
    ),
    Kind.NULLABLE: ("null is now accepted", "it is no longer null"),
    Kind.OPTIONAL: ("property `{name}` is no longer required", "property `{name}` is now always there"),
}
"""By the kind of a change, what it means for requests and for responses."""
_FALSE = ("nothing is accepted here any more", "what was never sent may now come")


class Wording:
    """Describes the changes of schemas, in the order of time: of requests the sent side is the old one.

    Args:
        direction: whether the schemas are of requests or of responses.
        sent: the document whose values are sent.
        covering: the other one.
    """

    def __init__(self, direction: Direction, sent: Document, covering: Document) -> None:
        self._request = direction == "request"
        self._sent = sent
        self._covering = covering
        self._values = Values(direction, sent, covering)

    def sentence(self, change: Change, sent: str, covering: str) -> str:
        """Describe a change between the schemas at two pointers."""
        here = subject(self._covering, covering) if self._request else subject(self._sent, sent)
        if here.startswith("`") and " in " not in here:
            here += " in requests" if self._request else " in responses"
        return f"{here}: {self._said(change, sent, covering)}"

    def _said(self, change: Change, sent: str, covering: str) -> str:
        name, kind = change.name, change.kind
        if kind == Kind.DISCRIMINATOR:
            return self._discriminator(change)
        if kind == Kind.NULL and self._has_null_alternative(change.sent):
            return f"the alternative `null` was {'removed' if self._request else 'added'}"
        said = _FALSE if name == "false" else _SAID.get(kind)
        if said:
            return said[0 if self._request else 1].format(name=name)
        if kind == Kind.BRANCH:
            word = "removed" if self._request else "added"
            return f"the alternative {_branch(self._sent, change.sent)} was {word}"
        if kind == Kind.LOOSER and is_branch(change.covering, name):
            word = "added" if self._request else "removed"
            return f"the alternative {_branch(self._covering, change.covering)} was {word}"
        old, new = self._values.of(change, sent, covering)
        return _values(old, new) if name == "enum" else _keyword(name, old, new)

    def _has_null_alternative(self, place: str) -> bool:
        schema = self._sent.mapping(place)
        return any(is_null(part) for union in UNIONS for part in schema.get(union, []))

    def _discriminator(self, change: Change) -> str:
        """Return what changed of the property that distinguishes the alternatives."""
        if change.name:
            return f"the discriminator's value {shown(change.name, 60)} no longer stands for the same alternative"
        sides = [(self._sent, change.sent), (self._covering, change.covering)]
        names = [document.mapping(place).get("propertyName") for document, place in sides]
        if None in names:
            return "an alternative is listed in one document; in the other, a discriminator's mapping alone names it"
        if names[0] == names[1]:
            return "an alternative is listed in one document alone; the mapping of the discriminator names it in both"
        old, new = (shown(name, 60) for name in (names if self._request else reversed(names)))
        return f"the discriminator changed from property {old} to {new}"


def _values(old: Any, new: Any) -> str:
    if old is NOTHING or new is NOTHING:
        return f"the list of values it can have (`enum`) was {'added' if old is NOTHING else 'removed'}"
    gone, more = besides(old, new), besides(new, old)
    said = [_listed(values, word) for values, word in ((gone, "removed"), (more, "added")) if values]
    return f"enum: {' and '.join(said)}" if said else "`enum` changed, and lists the same values"


def _listed(values: list[Any], word: str) -> str:
    few = ", ".join(shown(value, 60) for value in values[:_FEW])
    return f"{'value' if len(values) == 1 else 'values'} {few}{' …' if len(values) > _FEW else ''} {word}"


def _keyword(name: str, old: Any, new: Any) -> str:
    if old is NOTHING and new is NOTHING:
        return f"`{name}` changed with what stands beside it"
    if old is NOTHING or new is NOTHING:
        one, change = (new, "added") if old is NOTHING else (old, "removed")
        return f"`{name}{'' if _is_long(name, one) else f': {shown(one, 80)}'}` was {change}"
    if _is_long(name, old) or _is_long(name, new):
        return f"`{name}` changed"
    if old == new and type(old) is type(new):
        others = "properties" if name.endswith("Properties") else "values"
        return f"`{name}: {shown(new, 80)}` now applies to other {others}"
    return f"`{name}` changed from {shown(old, 80)} to {shown(new, 80)}"


def _is_long(name: str, value: Any) -> bool:
    """Return whether the value of a keyword is not shown: a schema, or a list of them."""
    return isinstance(value, dict) or (isinstance(value, list) and name != "type")


def _branch(document: Document, pointer: str) -> str:
    raw = document.at(pointer)
    if isinstance(raw, dict) and isinstance(raw.get("$ref"), str):
        return f"`{split(raw['$ref'])[-1]}`"
    name = raw.get("title", raw.get("type")) if isinstance(raw, dict) else None
    if name and name != "object":
        return f"`{name}`"
    return "at place " + str(int(split(pointer)[-1]) + 1)
