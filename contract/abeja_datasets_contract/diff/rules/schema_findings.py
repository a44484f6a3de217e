"""Findings on schemas: every change that a slot reaches, judged for that slot, and put together for all operations."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from abeja_datasets_contract.diff.report.findings import Audience, Counterexample, Finding, Severity
from abeja_datasets_contract.diff.rules.ids import Ids
from abeja_datasets_contract.diff.rules.sides import place_in
from abeja_datasets_contract.diff.rules.slots import Slot
from abeja_datasets_contract.diff.rules.texts import same_texts
from abeja_datasets_contract.diff.rules.values import written
from abeja_datasets_contract.diff.rules.wording import Wording
from abeja_datasets_contract.diff.samples.counterexamples import Counterexamples, NotFound
from abeja_datasets_contract.diff.schemas.changes import Change, Inner, Kind
from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.diff.schemas.fixpoint import Verdict
from abeja_datasets_contract.diff.schemas.graph import Key, PairGraph, added_values
from abeja_datasets_contract.diff.schemas.oracle import Oracle
from abeja_datasets_contract.diff.schemas.pairing.pair import Pair
from abeja_datasets_contract.diff.schemas.schemas import Schemas
from abeja_datasets_contract.diff.schemas.shapes import Shapes
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


class SchemaFindings:
    """Judges all the slots of one direction together: what several of them lead to is judged once.

    Args:
        old: the old document.
        new: the new one.
        direction: that of the slots.
        slots: those whose schemas are not written the same.
        body_example: gives the request with a body that the new document does not describe any more.
    """

    def __init__(
        self, old: Document, new: Document, direction: Direction, slots: list[Slot], body_example: BodyExample
    ) -> None:
        self._body_example = body_example
        self._old, self._new = old, new
        self._request = direction == "request"
        sent, covering = (old, new) if self._request else (new, old)
        self._wording = Wording(direction, sent, covering)
        self._ids = Ids(direction, sent, covering)
        self._shapes = Shapes(sent), Shapes(covering)
        self._plain = Oracle(
            Schemas(sent, direction, closed=True, shapes=self._shapes[0]),
            Schemas(covering, direction, closed=False, shapes=self._shapes[1]),
        )
        self._back = Oracle(
            Schemas(covering, direction, closed=True, shapes=self._shapes[1]),
            Schemas(sent, direction, closed=False, shapes=self._shapes[0]),
        )
        self._found: dict[Any, Finding] = {}
        self._said: set[Key] = set()
        self._slots: dict[Key, list[Slot]] = {}
        for slot in slots:
            if not self._is_same_text(slot):
                self._slots.setdefault(self._ends(slot), []).append(slot)
        self._graph = PairGraph(self._plain.pairs, self._plain.same, self._plain.carries, self._slots)
        self._more: dict[str, list[Any]] = {} if self._request else self._added_values()
        enums = Schemas(covering, direction, closed=False, enums=self._more, shapes=self._shapes[1])
        self._oracle = Oracle(self._plain.sent, enums) if self._more else self._plain
        self._examples = Counterexamples(self._oracle)
        for ends in sorted(self._slots, key=self._graph.size):
            self._is_bad(ends)  # the smallest first, so that no large one takes the work that they need
        self._exposed = cache(lambda key: self._graph.reaching([key], self._is_bad) if self._is_bad(key) else set())
        self._judge_all()

    @property
    def findings(self) -> list[Finding]:
        """What was found."""
        return list(self._found.values())

    def _ends(self, slot: Slot) -> Key:
        old, new = self._old.schema(slot.old), self._new.schema(slot.new)
        return (old, new) if self._request else (new, old)

    def _is_bad(self, key: Key) -> bool:
        return self._oracle.decide(*key) != Verdict.YES

    def _is_same_text(self, slot: Slot) -> bool:
        """Return whether a value travels as text and stays the same text, and add a finding of its type."""
        ends = self._ends(slot)
        if not slot.text or not same_texts(*self._shapes, ends):
            return False
        places = [self._typed(side, end) for side, end in zip(self._shapes, ends, strict=True)]
        self._add(Pair(*ends), Change(Kind.TEXT, "type", places[0], places[1]), "warning", [slot])
        return True

    def _added_values(self) -> dict[str, list[Any]]:
        found = {}
        for key, pair in self._graph.pairs.items():
            # Where alternatives became of one schema, a value of one of them is no new value of the schema.
            divided = any(self._graph.pairs[user].by_branches for user in self._graph.users(key))
            for change in pair.changes:
                if change.kind == Kind.ENUM and not divided:
                    sent = self._plain.sent.body(_parent(change.sent))[0]["enum"]
                    values = added_values(sent, self._plain.covering.body(change.holder)[0]["enum"])
                    if values:
                        found[change.holder] = values
        return found

    def _judge_all(self) -> None:
        explained: set[Key] = set()
        for key, pair in self._graph.pairs.items():
            for change in (*pair.changes, *pair.unjudged, *self._hidden(pair)):
                if self._judge(key, pair, change) in ("breaking", "undecided"):
                    explained.add(key)
        explained = self._graph.reaching(explained)
        for key, pair in reversed(self._graph.pairs.items()):
            for change in (*pair.unions, *pair.loose):
                # Said only where nothing more exact inside explains it.
                if key not in explained and self._judge_loosely(key, pair, change):
                    explained |= self._graph.reaching([key])
        for ends, slots in self._slots.items():
            if ends not in explained and self._is_bad(ends) and ends in self._graph.pairs:
                self._judge_whole(ends, slots)
        self._judge_silent()

    def _judge_silent(self) -> None:
        """Report the schemas that changed without a finding: one side takes more, or alternatives are rewritten."""
        said = self._graph.reaching(self._said)
        for ends, slots in self._slots.items():
            silent = ends in self._graph.pairs and ends not in said
            if silent and self._back.decide(*reversed(ends)) != Verdict.YES:
                self._add(Pair(*ends), Change(Kind.WIDER, "", *ends), "compatible", slots)
            elif silent:
                self._say_rewritten(ends, slots)

    def _say_rewritten(self, ends: Key, slots: list[Slot]) -> None:
        """Report the first pair that a slot leads to, and whose alternatives are written in another way."""
        for key, pair in self._graph.pairs.items():
            if pair.rewritten and ends in self._graph.reaching([key]):
                self._add(pair, Change(Kind.REWRITTEN, "", *key), "compatible", slots)
                return

    def _slots_of(self, keys: set[Key]) -> list[Slot]:
        return [slot for ends, slots in self._slots.items() if ends in keys for slot in slots]

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

    def _judge(self, key: Key, pair: Pair, change: Change) -> Severity | None:
        """Judge one change, and add what is found; None where there is nothing to say of it."""
        severity = self._severity(key, pair, change)
        if severity:
            hit = self._exposed(key) if severity in ("breaking", "undecided") else set()
            slots = self._slots_of(hit or self._graph.reaching([key]))
            self._add(pair, change, severity, slots)
            self._said.add(key)
        return severity

    def _severity(self, key: Key, pair: Pair, change: Change) -> Severity | None:
        if change.kind in (Kind.DISCRIMINATOR, Kind.CONTENT):
            return _SEVERITY[self._oracle.judge(pair.sent, pair.covering, change)]
        if change.kind in _OF_PROPERTIES:
            inner = Inner(("property", change.name), change.sent, change.covering)
            return "breaking" if self._oracle.lacks(pair, inner) else self._severity_of_property(change)
        verdict = self._oracle.judge(pair.sent, pair.covering, change)
        if change.kind == Kind.BRANCH:
            verdict = self._oracle.takes_branch(pair, change)
        wholes = {self._oracle.decide(*ends) for ends in self._exposed(key) & self._slots.keys()}
        if verdict == Verdict.YES or not wholes:
            return self._harmless(pair, change)  # another part of what stands around takes it
        if verdict == Verdict.NO and Verdict.NO in wholes:
            return "breaking"
        return "breaking" if self._example(key, pair, change) else "undecided"

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
            hidden = self._oracle.covering.hides(self._oracle.covering.document.at(change.covering))
            if hidden:
                return "compatible"
            return None if change.name in required else "warning"  # `missing` says it of a required one
        return "compatible"

    def _harmless(self, pair: Pair, change: Change) -> Severity | None:
        if change.kind == Kind.KEYWORD and change.name in _CLOSING and self._closes(change):
            return "warning"
        if change.kind == Kind.KEYWORD and change.name == "format":
            return "warning"  # validators judge few formats, but generated code has a type for some
        if change.kind == Kind.KEYWORD and change.sent == pair.sent:
            # Said now, and true before: of all values, or of those alone that have nothing undescribed.
            return None if self._oracle.was_so(pair.sent, change) else "compatible"
        if change.kind == Kind.ENUM:
            return "warning" if change.holder in self._more else "compatible"
        if change.kind == Kind.NULLABLE and self._oracle.sends_null(pair.sent):
            return None
        return "compatible" if change.kind in (*_LOOSER, Kind.BRANCH, Kind.KEYWORD) else None

    def _closes(self, change: Change) -> bool:
        return self._oracle.covering.document.mapping(change.holder).get(change.name) is False

    def _judge_loosely(self, key: Key, pair: Pair, change: Change) -> bool:
        """Judge a change that only the whole can decide; return whether there is something to say of it."""
        slots = self._slots_of(self._exposed(key))
        verdict = self._oracle.judge(pair.sent, pair.covering, change)
        if verdict == Verdict.YES or not slots:
            return False
        whole = min(self._oracle.decide(*self._ends(slot)) for slot in slots)
        sure = verdict == Verdict.NO == whole or self._example(key, pair, change)
        self._add(pair, change, "breaking" if sure else "undecided", slots)
        self._said.add(key)
        return True

    def _judge_whole(self, ends: Key, slots: list[Slot]) -> None:
        """Report at the deepest place that differs what no single change explains."""
        key = next((key for key in reversed(self._graph.pairs) if ends in self._exposed(key)), ends)
        pair = self._graph.pairs[key]
        sure = self._oracle.decide(*ends) == Verdict.NO or self._example(key, pair, None)
        change = Change(Kind.WHOLE, "", pair.sent, pair.covering)
        self._add(pair, change, "breaking" if sure else "undecided", slots)
        self._said.add(ends)

    def _example(self, key: Key, pair: Pair, change: Change | None) -> Counterexample | None:
        for slot in [] if self._oracle.spent else self._slots_of(self._exposed(key))[:_EXAMPLES]:
            ends = self._ends(slot)
            try:
                value = self._examples.find(*ends, self._graph.steps(ends, key), (pair.sent, pair.covering), change)
            except NotFound:
                continue
            return Counterexample(
                slot.operation, slot.part, value, slot.old, slot.new, "old" if self._request else "new"
            )
        return None

    def _add(self, pair: Pair, change: Change, severity: Severity, slots: list[Slot]) -> None:
        found = self._finding(pair, change, severity, slots)
        found = self._found.setdefault((pair.sent, pair.covering, change), found)
        found.operations = tuple(dict.fromkeys([*found.operations, *(slot.operation for slot in slots)]))
        found.audiences = self._audiences(change, found.severity)
        if severity == "breaking":
            found.counterexample = self._shown(pair, change)

    def _shown(self, pair: Pair, change: Change) -> Counterexample | None:
        key = (pair.sent, pair.covering)
        if change.kind in (Kind.REMOVED, Kind.HIDDEN):
            return self._example_of_removed(key, pair, change)
        return self._example(key, pair, None if change.kind == Kind.WHOLE else change)

    def _example_of_removed(self, key: Key, pair: Pair, change: Change) -> Counterexample | None:
        """Show a property that is gone by a value that is refused for it, or by a request that has it."""
        refused = self._example(key, pair, None)
        for slot in () if refused else self._slots_of(self._graph.reaching([key]))[:_EXAMPLES]:
            ends = self._ends(slot)
            steps = (*self._graph.steps(ends, key), ("property", change.name))
            for value in self._examples.holding(ends[0], steps, change.sent):
                found = self._body_example(slot, value)
                if found:
                    return found
        return refused

    def _finding(self, pair: Pair, change: Change, severity: Severity, slots: list[Slot]) -> Finding:
        words = self._wording.sentence(change, pair.sent, pair.covering)
        if severity == "undecided" and self._is_too_large(pair, change, slots):
            words += " (too large to decide)"
        old, new = (change.sent, change.covering) if self._request else (change.covering, change.sent)
        before, after = place_in(self._old, written(self._old, old)), place_in(self._new, written(self._new, new))
        return Finding(self._ids.of(change, pair.sent, pair.covering), severity, (), words, before, after)

    def _is_too_large(self, pair: Pair, change: Change, slots: list[Slot]) -> bool:
        """Return whether a change is undecided because it is too large, or what stands around it is."""
        oracle, ends = self._oracle, (pair.sent, pair.covering)
        if change.kind in (Kind.DISCRIMINATOR, Kind.CONTENT):
            return False
        unknown = oracle.judge(*ends, change) == Verdict.UNKNOWN
        large = unknown and (oracle.spent or not oracle.is_small(*ends))
        return large or any(oracle.gave_up(*self._ends(slot)) for slot in slots)

    def _audiences(self, change: Change, severity: Severity) -> tuple[Audience, ...]:
        side: Audience = "callers sending" if self._request else "callers reading"
        # What the generated models declare: their attributes, which of these must be given, types and enum classes.
        declared = change.kind in _DECLARED or change.name == "type"
        if change.kind in (Kind.TEXT, Kind.REWRITTEN):
            return ("generated code",)
        if severity == "compatible":
            return ("contract check",) if change.kind in (*_LOOSER, Kind.ENUM, Kind.KEYWORD, Kind.BRANCH) else (side,)
        return (side, "generated code") if declared else (side,)


def hides_in(oracle: Oracle, document: Document, pointer: str) -> bool:
    """Return whether a property of either document is not carried in this direction."""
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
