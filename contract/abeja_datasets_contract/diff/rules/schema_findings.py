"""Findings on schemas: every change that a slot reaches, judged for that slot, and put together for all operations."""

from collections.abc import Callable, Iterable
from typing import Any

from abeja_datasets_contract.diff.report.findings import SEVERITIES, Audience, Counterexample, Finding, Place, Severity
from abeja_datasets_contract.diff.rules.slots import Slot
from abeja_datasets_contract.diff.rules.texts import same_texts
from abeja_datasets_contract.diff.rules.wording import Wording
from abeja_datasets_contract.diff.samples.counterexamples import Counterexamples, NotFound
from abeja_datasets_contract.diff.schemas.changes import Change, Inner, Kind, Step
from abeja_datasets_contract.diff.schemas.fixpoint import Verdict
from abeja_datasets_contract.diff.schemas.oracle import Oracle
from abeja_datasets_contract.diff.schemas.pairs import Pair
from abeja_datasets_contract.diff.schemas.schemas import Direction, Schemas
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.diff.schemas.walk import Reached, added_values, walk
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.pointers import child

_SEVERITY: dict[Verdict, Severity] = {Verdict.YES: "compatible", Verdict.NO: "breaking", Verdict.UNKNOWN: "undecided"}
_EXAMPLES = 3
"""For how many slots a counterexample is looked for before a finding goes without one."""
_LOOSER = (Kind.WIDER, Kind.LOOSER, Kind.NULLABLE, Kind.OPTIONAL)
"""The kinds of change by which the covering side takes more."""
_OF_PROPERTIES = (Kind.REMOVED, Kind.ADDED, Kind.HIDDEN, Kind.CARRIED, Kind.UNSENT, Kind.CLOSED)
"""The kinds of change that matter whatever the schemas cover."""
_CLOSING = ("additionalProperties", "unevaluatedProperties")
_DECLARED = (Kind.REMOVED, Kind.ADDED, Kind.HIDDEN, Kind.MISSING, Kind.ENUM)
"""The kinds of change that the generated models show."""
BodyExample = Callable[[Slot, Any], Counterexample | None]
Key = tuple[str, str, Change]


class SchemaFindings:
    """Judges slots one after the other.

    Args:
        old: the old document.
        new: the new one.
        slots: all the slots of one direction.
        body_example: gives the request with a body that the new document does not tell of any more.
    """

    def __init__(
        self, old: Document, new: Document, direction: Direction, slots: list[Slot], body_example: BodyExample
    ) -> None:
        self._body_example = body_example
        self._old, self._new = old, new
        self._request = direction == "request"
        sent, covering = (old, new) if self._request else (new, old)
        self._wording = Wording(direction, sent, covering)
        plain = Oracle(Schemas(sent, direction, closed=True), Schemas(covering, direction, closed=False))
        self._more: dict[str, list[Any]] = {}
        if not self._request:
            for slot in slots:
                self._note_added_values(plain, slot)
        enums = Schemas(covering, direction, closed=False, enums=self._more)
        self._oracle = Oracle(plain.sent, enums) if self._more else plain
        self._plain = plain
        self._shapes = Shapes(sent), Shapes(covering)
        self._examples = Counterexamples(self._oracle)
        self._back = Oracle(
            Schemas(covering, direction, closed=True, shapes=self._shapes[1]),
            Schemas(sent, direction, closed=False, shapes=self._shapes[0]),
        )
        self._count = 0
        self._found: dict[Any, Finding] = {}
        self._tries: dict[Any, int] = {}
        for slot in slots:
            self._judge(slot)

    @property
    def findings(self) -> list[Finding]:
        """What was found."""
        return list(self._found.values())

    def _ends(self, slot: Slot) -> tuple[str, str]:
        old, new = self._old.schema(slot.old), self._new.schema(slot.new)
        return (old, new) if self._request else (new, old)

    def _note_added_values(self, oracle: Oracle, slot: Slot) -> None:
        for reached in walk(oracle, *self._ends(slot)):
            # Where alternatives became of one schema, a value of one of them is no new value of the schema.
            divided = reached.above and reached.above[-1].by_branches
            for change in reached.pair.changes:
                if change.kind == Kind.ENUM and not divided:
                    values = added_values(
                        oracle.sent.body(_parent(change.sent))[0]["enum"],
                        oracle.covering.body(change.holder)[0]["enum"],
                    )
                    if values:
                        self._more[change.holder] = values

    def _judge(self, slot: Slot) -> None:
        ends = self._ends(slot)
        if self._plain.same(*ends):
            return
        count = self._count
        if slot.text and same_texts(*self._shapes, ends):
            places = [self._typed(side, end) for side, end in zip(self._shapes, ends, strict=True)]
            self._add(slot, Reached(Pair(*ends), ()), Change(Kind.TEXT, "type", places[0], places[1]), "warning")
        else:
            self._judge_pairs(slot, ends)
        if self._count == count and self._back.decide(*reversed(ends)) != Verdict.YES:
            # No part of it says so, but the other side accepts what this one never sent.
            self._add(slot, Reached(Pair(*ends), ()), Change(Kind.WIDER, "", *ends), "compatible")

    def _judge_pairs(self, slot: Slot, ends: tuple[str, str]) -> None:
        reached = list(walk(self._plain, *ends))
        whole = self._oracle.decide(*ends)
        explained: list[tuple[Step, ...]] = []
        for place in reached:
            for change in (*place.pair.changes, *place.pair.unjudged, *self._hidden(place.pair)):
                severity = self._severity(place, change, whole, slot)
                if severity:
                    self._add(slot, place, change, severity)
                if severity in ("breaking", "undecided"):
                    explained.append(place.steps)
        for place in reversed(reached) if whole != Verdict.YES else ():
            for change in (*place.pair.unions, *place.pair.loose):
                # Said only where nothing more exact inside explains it.
                if not any(steps[: len(place.steps)] == place.steps for steps in explained):
                    self._judge_loosely(slot, place, change, whole, explained)
        if whole != Verdict.YES and not explained:
            self._judge_whole(slot, reached, whole)

    @staticmethod
    def _typed(shapes: Shapes, pointer: str) -> str:
        named = shapes.at(pointer).keywords.get("type")
        return child(named[0][0], "type") if named else pointer

    def _hidden(self, pair: Pair) -> list[Change]:
        """Return the properties that changed, and that at most one of the documents carries in this direction."""
        old, new = self._old, self._new
        found = []
        for inner in pair.inside:
            before, after = (inner.sent, inner.covering) if self._request else (inner.covering, inner.sent)
            if inner.step[0] == "property":
                then, now = hides_in(self._oracle, old, before), hides_in(self._oracle, new, after)
                if then and now and not self._plain.same(inner.sent, inner.covering):
                    found.append(Change(Kind.UNSENT, inner.step[1], inner.sent, inner.covering))
                elif then != now:
                    found.append(
                        Change(Kind.HIDDEN if now else Kind.CARRIED, inner.step[1], inner.sent, inner.covering)
                    )
        return found

    def _severity(self, place: Reached, change: Change, whole: Verdict, slot: Slot) -> Severity | None:
        """Judge one change for one slot; None where there is nothing to say of it."""
        pair = place.pair
        if change.kind in (Kind.DISCRIMINATOR, Kind.CONTENT):
            return _SEVERITY[self._oracle.judge(pair.sent, pair.covering, change)]
        if change.kind in _OF_PROPERTIES:
            inner = Inner(("property", change.name), change.sent, change.covering)
            return "breaking" if self._oracle.lacks(pair, inner) else self._severity_of_property(change)
        return self._severity_by_verdict(place, change, whole, slot)

    def _severity_by_verdict(self, place: Reached, change: Change, whole: Verdict, slot: Slot) -> Severity | None:
        pair = place.pair
        if any(self._oracle.decide(one.sent, one.covering) == Verdict.YES for one in place.above):
            return self._harmless(pair, change)  # another part of what stands around takes it
        verdict = self._oracle.judge(pair.sent, pair.covering, change)
        if change.kind == Kind.BRANCH:
            verdict = self._oracle.takes_branch(pair, change)
        if Verdict.YES in (verdict, whole):
            return self._harmless(pair, change)
        if Verdict.UNKNOWN in (verdict, whole):
            return "breaking" if self._example(slot, place, change) else "undecided"
        return "breaking"

    def _severity_of_property(self, change: Change) -> Severity | None:
        """Judge that a property came or went, which matters whatever the schemas cover."""
        if change.kind == Kind.CLOSED:
            return "warning"
        if change.kind == Kind.REMOVED:
            hidden = self._oracle.sent.hides(self._oracle.sent.document.at(change.sent))
            return "breaking" if self._request and not hidden else "compatible"
        if change.kind == Kind.HIDDEN:
            return "breaking" if self._request else "warning"
        if change.kind == Kind.ADDED and not self._request:
            required = self._oracle.covering.body(_parent(change.covering, 2))[0].get("required", [])
            return None if change.name in required else "warning"  # `missing` says it of a required one
        return "compatible"

    def _harmless(self, pair: Pair, change: Change) -> Severity | None:
        if change.kind == Kind.KEYWORD and change.name in _CLOSING and self._closes(change):
            return "warning"
        if change.kind == Kind.KEYWORD and change.sent == pair.sent:
            # Said now, and true before: of all values, or of those alone that have nothing undescribed.
            return None if self._oracle.was_so(pair.sent, change) else "compatible"
        if change.kind == Kind.ENUM:
            return "warning" if change.holder in self._more else "compatible"
        return "compatible" if change.kind in (*_LOOSER, Kind.BRANCH, Kind.KEYWORD, Kind.NULL) else None

    def _closes(self, change: Change) -> bool:
        return self._oracle.covering.document.mapping(change.holder).get(change.name) is False

    def _judge_loosely(
        self, slot: Slot, place: Reached, change: Change, whole: Verdict, explained: list[tuple[Step, ...]]
    ) -> None:
        verdict = self._oracle.judge(place.pair.sent, place.pair.covering, change)
        if verdict != Verdict.YES and self._oracle.decide(place.pair.sent, place.pair.covering) != Verdict.YES:
            sure = (verdict == Verdict.NO and whole == Verdict.NO) or self._example(slot, place, change)
            self._add(slot, place, change, "breaking" if sure else "undecided")
            explained.append(place.steps)

    def _judge_whole(self, slot: Slot, reached: list[Reached], whole: Verdict) -> None:
        """Say at the deepest place that differs what no single change explains."""
        ends = self._ends(slot)
        deepest = max(
            (place for place in reached if self._oracle.decide(place.pair.sent, place.pair.covering) != Verdict.YES),
            key=lambda place: len(place.steps),
            default=Reached(Pair(*ends), ()),
        )
        change = Change(Kind.WHOLE, "", deepest.pair.sent, deepest.pair.covering)
        sure = whole == Verdict.NO or self._example(slot, deepest, None)
        self._add(slot, deepest, change, "breaking" if sure else "undecided")

    def _example(self, slot: Slot, place: Reached, change: Change | None) -> Counterexample | None:
        pair = place.pair
        try:
            value = self._examples.find(*self._ends(slot), place.steps, (pair.sent, pair.covering), change)
        except NotFound:
            return None
        return Counterexample(slot.operation, slot.part, value, slot.old, slot.new, "old" if self._request else "new")

    def _add(self, slot: Slot, place: Reached, change: Change, severity: Severity) -> None:
        self._count += 1
        key = (place.pair.sent, place.pair.covering, change)
        found = self._found.get(key)
        if not found:
            found = self._found[key] = self._finding(place.pair, change, severity)
        if SEVERITIES.index(severity) < SEVERITIES.index(found.severity):
            found.severity = severity
        if slot.operation not in found.operations:
            found.operations = (*found.operations, slot.operation)
        found.audiences = self._audiences(change, found.severity)
        shows = found.severity == "breaking" and not found.counterexample
        if shows and self._tries.setdefault(key, 0) < _EXAMPLES:
            self._tries[key] += 1
            if change.kind in (Kind.REMOVED, Kind.HIDDEN):
                found.counterexample = self._example_of_removed(slot, place, change)
            else:
                found.counterexample = self._example(slot, place, None if change.kind == Kind.WHOLE else change)

    def _example_of_removed(self, slot: Slot, place: Reached, change: Change) -> Counterexample | None:
        """Show a property that is gone by a value that is refused for it, or by a request that has it."""
        refused = None
        if self._oracle.decide(*self._ends(slot)) != Verdict.YES:
            refused = self._example(slot, place, None)
        if refused:
            return refused
        for value in self._examples.holding(
            self._ends(slot)[0], (*place.steps, ("property", change.name)), change.sent
        ):
            found = self._body_example(slot, value)
            if found:
                return found
        return None

    def _finding(self, pair: Pair, change: Change, severity: Severity) -> Finding:
        words = self._wording.sentence(change, pair.sent, pair.covering)
        old, new = (change.sent, change.covering) if self._request else (change.covering, change.sent)
        return Finding(severity, (), words, Place(old, self._old.line(old)), Place(new, self._new.line(new)))

    def _audiences(self, change: Change, severity: Severity) -> tuple[Audience, ...]:
        side: Audience = "callers sending" if self._request else "callers reading"
        # What the generated models declare: their attributes, which of these must be given, types and enum classes.
        declared = change.kind in _DECLARED or change.name == "type"
        if change.kind == Kind.TEXT:
            return ("generated code",)
        if severity == "compatible":
            return ("contract check",) if change.kind in (*_LOOSER, Kind.ENUM, Kind.KEYWORD, Kind.BRANCH) else (side,)
        return (side, "generated code") if declared else (side,)


def hides_in(oracle: Oracle, document: Document, pointer: str) -> bool:
    """Tell whether a property of either document is not carried in this direction."""
    schemas = oracle.sent if oracle.sent.document is document else oracle.covering
    return schemas.hides(document.at(pointer))


def _parent(pointer: str, levels: int = 1) -> str:
    return pointer.rsplit("/", levels)[0]


def schema_findings(old: Document, new: Document, slots: Iterable[Slot], body_example: BodyExample) -> list[Finding]:
    """Judge the schemas of all slots."""
    slots = list(slots)
    directions: tuple[Direction, ...] = ("request", "response")
    found = [
        SchemaFindings(
            old, new, direction, [slot for slot in slots if slot.direction == direction], body_example
        ).findings
        for direction in directions
    ]
    return [finding for findings in found for finding in findings]
