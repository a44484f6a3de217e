"""Which properties a schema speaks of, itself and in all its parts that speak of the same value."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from abeja_datasets_contract.openapi.dialect import AS_BASE
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.families import UNIONS, target_of


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


class Declared:
    """Finds the properties that the schemas of a document speak of, each schema once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._names: dict[tuple[int, bool], Names] = {}
        self._kept: list[Any] = []

    def of(self, raw: Any, *, base: bool = False) -> Names:
        """Return the properties of a schema as written, through its references and combinations.

        Args:
            raw: the schema.
            base: whether it is meant without its alternatives, as by a child that extends it.
        """
        if not isinstance(raw, dict):
            return _NOTHING
        key = (id(raw), base)
        if key not in self._names:
            self._names[key] = _NOTHING  # what a circle comes back to adds nothing
            self._kept.append(raw)
            self._names[key] = self._find(raw, base=base)
        return self._names[key]

    def _find(self, raw: dict[str, Any], *, base: bool) -> Names:
        groups = [*self._groups(raw, base=base)]
        everything = _alternatives(groups)
        counts = Counter(name for group in groups for name in group.declared)
        return everything._replace(shared=everything.shared | {name for name, count in counts.items() if count > 1})

    def _groups(self, raw: dict[str, Any], *, base: bool) -> Iterator[Names]:
        own = frozenset(raw.get("properties", {})) | frozenset(raw.get("patternProperties", {}))
        yield Names(own, frozenset(raw.get("required", [])), frozenset())
        yield from (self.of(part) for part in raw.get("allOf", []))
        if isinstance(raw.get("$ref"), str):
            yield self.of(self._document.at(target_of(raw)), base=bool(raw.get(AS_BASE)))
        for key in () if base else UNIONS:
            yield _alternatives([self.of(part) for part in raw.get(key, [])])
        yield _alternatives([self.of(raw.get(key)) for key in ("then", "else")])


def _alternatives(groups: list[Names]) -> Names:
    """Put together what holds by turns."""
    return Names(*(frozenset[str]().union(*(group[index] for group in groups)) for index in range(3)))
