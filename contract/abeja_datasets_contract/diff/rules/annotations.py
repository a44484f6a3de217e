"""What schemas say to people and programs besides what a value may be: descriptions, defaults, deprecations."""

from typing import Any

from abeja_datasets_contract.diff.report.printing import shown
from abeja_datasets_contract.diff.rules.ids import kebab
from abeja_datasets_contract.diff.rules.sides import EXTENSIONS, Sides, severity_of
from abeja_datasets_contract.diff.rules.slots import Slot
from abeja_datasets_contract.diff.rules.subjects import subject
from abeja_datasets_contract.diff.schemas.graph import Key, PairGraph
from abeja_datasets_contract.diff.schemas.pairing.pairs import Pairs
from abeja_datasets_contract.diff.schemas.practice import CONSTANTS, words_of_constants
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.pointers import child

_MISSING = object()
_WORDS = ("description", "title", "externalDocs", "example", "examples", "discriminator", "xml", *EXTENSIONS)


_Annotated = dict[str, tuple[Any, str]]
"""By keyword, what a schema says, and where."""


def compare_annotations(sides: Sides) -> None:
    """Compare the annotations of all schemas that the slots reach, each pair once."""
    _Annotations(sides).compare()


class _Annotations:
    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._shapes = Shapes(sides.old), Shapes(sides.new)

    def compare(self) -> None:
        slots: dict[Key, list[Slot]] = {}
        for slot in self._sides.slots:
            slots.setdefault((self._sides.old.schema(slot.old), self._sides.new.schema(slot.new)), []).append(slot)
        graph = PairGraph(Pairs(*self._shapes), self._sides.written_alike, lambda *_: True, slots)
        for key in graph.pairs:
            if self._read(key[0], 0) != self._read(key[1], 1):
                reaching = graph.reaching([key])
                for slot in [slot for ends, some in slots.items() if ends in reaching for slot in some]:
                    self._compare(slot, *key)

    def _compare(self, slot: Slot, old: str, new: str) -> None:
        left, right = (self._read(side, index) for index, side in enumerate((old, new)))
        what, name = subject(self._sides.new, new), slot.operation
        before, after = ({key: value for key, (value, _) in side.items()} for side in (left, right))
        then, now = (side.get("deprecated", (None, pointer))[1] for side, pointer in ((left, old), (right, new)))
        self._sides.deprecation("schema", before, after, what, name, old=then, new=now)
        self._compare_default(slot, what, left.get("default", (_MISSING, old)), right.get("default", (_MISSING, new)))
        self._compare_constants(what, name, left, right)
        for keyword in _WORDS:
            if before.get(keyword) != after.get(keyword):
                change = "added" if keyword not in before else "removed" if keyword not in after else "changed"
                self._sides.add(
                    f"schema-{kebab(keyword)}-changed", severity_of(keyword), ("callers sending", "callers reading"),
                    f"{what}: `{keyword}` was {change}", name,
                    old=left.get(keyword, (None, old))[1], new=right.get(keyword, (None, new))[1],
                )  # fmt: skip

    def _compare_constants(self, what: str, operation: str, left: _Annotated, right: _Annotated) -> None:
        """Compare what is said of each constant that both sides list, in unions that are read as an `enum`."""
        if CONSTANTS in left and CONSTANTS in right:
            before, after = (words_of_constants(side[CONSTANTS][0]) for side in (left, right))
            if any(before[value] != after[value] for value in before.keys() & after.keys()):
                words = f"{what}: the description of a constant was changed"
                self._sides.add(
                    "schema-constant-description-changed", "docs", ("callers sending", "callers reading"), words,
                    operation, old=left[CONSTANTS][1].rpartition("/")[0], new=right[CONSTANTS][1].rpartition("/")[0],
                )  # fmt: skip

    def _compare_default(self, slot: Slot, what: str, before: tuple[Any, str], after: tuple[Any, str]) -> None:
        if before[0] == after[0] and type(before[0]) is type(after[0]):
            return
        said = ["nothing" if value is _MISSING else shown(value, 60) for value, _ in (before, after)]
        words = f"{what}: the default changed from {said[0]} to {said[1]}"
        if slot.direction == "request":
            self._sides.add(
                "request-default-changed",
                "warning",
                ("callers sending", "generated code"),
                words,
                slot.operation,
                old=before[1],
                new=after[1],
            )
        else:
            self._sides.add(
                "response-default-changed",
                "docs",
                ("callers reading", "generated code"),
                words,
                slot.operation,
                old=before[1],
                new=after[1],
            )

    def _read(self, pointer: str, index: int) -> _Annotated:
        """Return the annotations of a schema: those nearest to it win over those of what it refers to."""
        shape = self._shapes[index].at(pointer)
        document = (self._sides.old, self._sides.new)[index]
        found: _Annotated = {}
        for place in shape.pointers:
            raw = document.at(place)
            if document.is_3_0 and "$ref" in raw:
                continue
            for keyword in (*_WORDS, "default", "deprecated", CONSTANTS):
                if keyword in raw and keyword not in found:
                    found[keyword] = (raw[keyword], child(place, keyword))
        return found
