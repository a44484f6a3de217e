"""The two documents under comparison, and what is found while they are gone through."""

import json
from functools import cache
from typing import Any

from abeja_datasets_contract.diff.messages.examples import Example, MessageExamples
from abeja_datasets_contract.diff.report.findings import Audience, Counterexample, Finding, Place, Severity
from abeja_datasets_contract.diff.rules.bases import Servers, matched
from abeja_datasets_contract.diff.rules.ids import kebab
from abeja_datasets_contract.diff.rules.slots import Slot
from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.diff.schemas.sameness import Said, Sameness
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.linking.references import references
from abeja_datasets_contract.openapi.pointers import child, join, split

EXTENSIONS = ("x-extensible-enum", "x-stability-level", "x-sunset")
"""Extensions that show callers what they may rely on. No other extension has a meaning that is known here."""
_WORDS = {
    "summary": "the summary of {what} was {change}",
    "description": "the description of {what} was {change}",
    "title": "the title of {what} was {change}",
    "externalDocs": "the external documentation of {what} was {change}",
    "contact": "the contact of {what} was {change}",
    "license": "the license of {what} was {change}",
    "termsOfService": "the terms of service of {what} were {change}",
    "example": "the example of {what} was {change}",
    "examples": "the examples of {what} were {change}",
    **{name: f"the extension `{name}` of {{what}} was {{change}}" for name in EXTENSIONS},
}
"""By keyword, what is said of a change of it."""
_EXAMPLES = 3
"""For how many operations a counterexample is looked for before a finding goes without one."""


class Sides:
    """Collects findings and slots.

    Attributes:
        findings: what was found outside of schemas. The same thing found for several operations, which share a
            parameter or a response, is one finding.
        servers: those of both documents.
        moved: whether a part of the paths moved from the servers into the paths, or back.
        slots: the schemas that are left to compare.
        examples: makes the counterexamples.
    """

    def __init__(self, old: Document, new: Document) -> None:
        self.old = old
        self.new = new
        self.servers = Servers(old), Servers(new)
        self.old_operations, self.new_operations, self.moved = matched(*self.servers)
        self._matched = {
            new.name: (self.old_operations[key], new)
            for key, new in self.new_operations.items()
            if key in self.old_operations
        }
        self._said = cache(lambda pointer: _said(old, pointer)), cache(lambda pointer: _said(new, pointer))
        self._written = Sameness(*self._said)
        self._findings: dict[tuple[Any, ...], Finding] = {}
        self.slots: list[Slot] = []
        self.examples = MessageExamples(old, new)

    def written_alike(self, old: str, new: str) -> bool:
        """Return whether two schemas are written the same, with all that they refer to."""
        return self._written.same(self._said[0](old), self._said[1](new))

    def parts_alike(self, old: str, new: str, keyword: str) -> bool:
        """Return whether what stands at a keyword of two objects is written the same, with all that it refers to."""
        before, after = self.old.mapping(old).get(keyword), self.new.mapping(new).get(keyword)
        if not before or not after:
            return not before and not after
        return self.written_alike(child(old, keyword), child(new, keyword))

    def mean_alike(self, slot: Slot) -> bool:
        """Return whether the schemas of a slot are written the same in documents that are read the same."""
        return self.old.is_3_0 == self.new.is_3_0 and self.written_alike(slot.old, slot.new)

    @property
    def findings(self) -> list[Finding]:
        """What was found outside of schemas."""
        return list(self._findings.values())

    def add(
        self,
        rule: str,
        severity: Severity,
        audiences: tuple[Audience, ...],
        sentence: str,
        operation: str = "",
        *,
        old: str | None = None,
        new: str | None = None,
        example: Example | None = None,
    ) -> None:
        """Add a finding about places in the documents; without an operation it concerns all of them.

        Of operations which share it, the first for which a counterexample can be made shows it.
        """
        key = (rule, severity, sentence, old, new)
        found = self._findings.get(key)
        if not found:
            found = Finding(rule, severity, audiences, sentence, place_in(self.old, old), place_in(self.new, new))
            self._findings[key] = found
        if operation and operation not in found.operations:
            found.operations = (*found.operations, operation)
        if example and not found.counterexample and len(found.operations) <= _EXAMPLES:
            found.counterexample = example()

    def body_example(self, slot: Slot, value: Any) -> Counterexample | None:
        """Return the request with a body that the new document no longer describes, if there is one."""
        old, new = self._matched.get(slot.operation, (None, None))
        return self.examples.body(slot, old, new, value) if old and new else None

    def slot(self, direction: Direction, operation: str, part: str, old: str, new: str, *, text: bool = False) -> None:
        """Note two schemas that are to be compared; `text` where the value travels as text."""
        self.slots.append(Slot(direction, operation, part, old, new, text))

    def deprecation(
        self, subject: str, before: Any, after: Any, what: str, operation: str, *, old: str, new: str
    ) -> None:
        """Note where something was deprecated, or no longer is; `subject` is what the ids of its rules begin with."""
        if bool(before.get("deprecated")) != bool(after.get("deprecated")):
            deprecated = bool(after.get("deprecated"))
            words = f"{what} is {'now' if deprecated else 'no longer'} deprecated"
            audiences: tuple[Audience, ...] = ("callers sending", "generated code")
            rule = f"{subject}-{'deprecated' if deprecated else 'no-longer-deprecated'}"
            self.add(rule, "warning" if deprecated else "docs", audiences, words, operation, old=old, new=new)

    def words(self, what: str, operation: str = "", *, old: str, new: str) -> None:
        """Note changed descriptions and examples of what stands at two pointers."""
        before, after = self.old.mapping(old), self.new.mapping(new)
        for keyword, said in _WORDS.items():
            if before.get(keyword) != after.get(keyword):
                change = "added" if keyword not in before else "removed" if keyword not in after else "changed"
                places: dict[str, str] = {
                    "old": child(old, keyword) if keyword in before else old,
                    "new": child(new, keyword) if keyword in after else new,
                }
                sentence = said.format(what=what, change=change)
                self.add(
                    f"{kebab(keyword)}-changed",
                    severity_of(keyword),
                    ("callers sending", "callers reading"),
                    sentence,
                    operation,
                    old=places["old"],
                    new=places["new"],
                )


def severity_of(keyword: str) -> Severity:
    """Return how bad a change is of what is said in words, or by an extension."""
    return "warning" if keyword in EXTENSIONS else "docs"


def _said(document: Document, pointer: str) -> Said:
    """Return what is written at a pointer, and the pointers that it refers to."""
    here = document.at(pointer)
    targets = frozenset(join(*split(target)) for _, target in references(here))
    return Said(json.dumps(here, sort_keys=True), targets)


def place_in(document: Document, pointer: str | None) -> Place | None:
    """Return where a place is written; None for None."""
    if pointer is None:
        return None
    written = document.written(pointer)
    return Place(written.reference, written.line)
