"""Which properties a schema speaks of, itself and in all its parts that speak of the same value."""

from typing import Any, NamedTuple

from abeja_datasets_contract.openapi.document import Document


class Names(NamedTuple):
    """Properties by name.

    Attributes:
        declared: those described; an object that describes none is free in form.
        required: those required.
        shared: those described by several schemas that hold together.
    """

    declared: frozenset[str]
    required: frozenset[str]
    shared: frozenset[str]


_NOTHING = Names(frozenset(), frozenset(), frozenset())


def declared(raw: Any, document: Document, around: tuple[int, ...] = ()) -> Names:
    """Tell the properties of a schema as written, through its references and combinations."""
    if not isinstance(raw, dict) or id(raw) in around:
        return _NOTHING
    around = (*around, id(raw))
    own = frozenset(raw.get("properties", {}))
    groups = [Names(own | frozenset(raw.get("patternProperties", {})), frozenset(raw.get("required", [])), frozenset())]
    groups += [declared(part, document, around) for part in raw.get("allOf", [])]
    if isinstance(raw.get("$ref"), str):
        groups.append(declared(document.at(raw["$ref"]), document, around))
    for key in ("anyOf", "oneOf"):
        groups.append(_alternatives([declared(part, document, around) for part in raw.get(key, [])]))
    groups.append(_alternatives([declared(raw.get(key), document, around) for key in ("then", "else")]))
    everything = _alternatives(groups)
    names = [name for group in groups for name in group.declared]
    return everything._replace(
        shared=everything.shared | {name for name in everything.declared if names.count(name) > 1}
    )


def _alternatives(groups: list[Names]) -> Names:
    """Put together what holds by turns."""
    return Names(*(frozenset().union(*(group[index] for group in groups)) for index in range(3)))
