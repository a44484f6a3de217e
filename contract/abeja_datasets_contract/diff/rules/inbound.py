"""Requests that the API sends itself: webhooks and callbacks.

Callers receive them. So their bodies are compared as responses are, and the responses to them as requests.
"""

from collections.abc import Iterator
from typing import NamedTuple

from abeja_datasets_contract.diff.report.findings import Severity
from abeja_datasets_contract.diff.rules.sides import Sides
from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.operations import Operation, items_from
from abeja_datasets_contract.openapi.places import METHODS
from abeja_datasets_contract.openapi.pointers import child, join

_WORDS = frozenset({"summary", "description", "externalDocs", "tags", "operationId", "deprecated"})
"""Keywords of an operation that change nothing of what is sent."""


class _Inbound(NamedTuple):
    """What the API sends to one URL.

    Attributes:
        what: what it is called in sentences.
        pointer: where it stands.
        operations: by method, the pointers of its operations.
    """

    what: str
    pointer: str
    operations: dict[str, str]


def compare_webhooks(sides: Sides) -> list[str]:
    """Compare the webhooks of two documents, and return what they are called in findings."""
    old, new = (dict(_webhooks(side)) for side in (sides.old, sides.new))
    for name in {**old, **new}:
        _Comparison(sides, "webhook", f"webhook {name}").compare(old.get(name), new.get(name), "#", "#")
    return [f"webhook {name}" for name in {**old, **new}]


def compare_callbacks(sides: Sides, old: Operation, new: Operation) -> None:
    """Compare the callbacks of an operation, by their URLs, and by their names where one URL has several."""
    found = list(_callbacks(sides.old, old)), list(_callbacks(sides.new, new))
    named = any(len({url for _, url, _ in each}) < len(each) for each in found)
    theirs, ours = ({(name if named else "", url): one for name, url, one in each} for each in found)
    comparison = _Comparison(sides, "callback", new.name)
    for key in {**theirs, **ours}:
        comparison.compare(theirs.get(key), ours.get(key), old.pointer, new.pointer)


def _webhooks(document: Document) -> Iterator[tuple[str, _Inbound]]:
    for name in document.mapping("#/webhooks"):
        yield name, _inbound(document, f"the webhook {name}", join("webhooks", name))


def _callbacks(document: Document, operation: Operation) -> Iterator[tuple[str, str, _Inbound]]:
    for name in document.mapping(child(operation.pointer, "callbacks")):
        place = document.follow(child(operation.pointer, "callbacks", name))
        what = f"the callback {name} of {operation.name}"
        expressions = [key for key in document.mapping(place) if not key.startswith("x-")]
        for expression in expressions:
            yield name, expression, _inbound(document, f"{what} to {expression}", child(place, expression))
        if not expressions:
            yield name, "", _Inbound(what, place, {})


def _inbound(document: Document, what: str, pointer: str) -> _Inbound:
    items = list(items_from(document, pointer))
    found = {method: child(item, method) for item in reversed(items) for method in METHODS
             if method in document.mapping(item)}  # fmt: skip
    return _Inbound(what, pointer, found)


class _Comparison:
    """Compares what the API sends, and adds what is found to the sides.

    Args:
        sides: the documents.
        rule: what the ids of the rules begin with.
        name: what the findings are about.
    """

    def __init__(self, sides: Sides, rule: str, name: str) -> None:
        self._sides = sides
        self._rule = rule
        self._name = name

    def compare(self, old: _Inbound | None, new: _Inbound | None, before: str, after: str) -> None:
        """Compare what both documents send; `before` and `after` are the places that hold it, or do not."""
        if old and new:
            if old.what != new.what:
                self._add("renamed", "compatible", f"{old.what} is now {new.what}", old.pointer, new.pointer)
            self._compare_methods(old, new)
        elif old:
            self._add("removed", "breaking", f"{old.what} was removed: it no longer comes", old.pointer, after)
        elif new:
            self._add("added", "compatible", f"{new.what} was added", before, new.pointer)

    def _compare_methods(self, old: _Inbound, new: _Inbound) -> None:
        self._sides.words(new.what, self._name, old=old.pointer, new=new.pointer)
        for method in {**old.operations, **new.operations}:
            before, after = old.operations.get(method), new.operations.get(method)
            if before and after:
                self._compare_operation(new.what, before, after)
            elif before:
                words = f"{old.what} no longer comes as {method.upper()}"
                self._add("removed", "breaking", words, before, new.pointer)
            elif after:
                self._add("added", "compatible", f"{new.what} now comes as {method.upper()}", old.pointer, after)
        self._compare_rest(new.what, old.pointer, new.pointer, frozenset(METHODS))

    def _compare_operation(self, what: str, old: str, new: str) -> None:
        self._sides.words(what, self._name, old=old, new=new)
        before, after = self._sides.old.mapping(old), self._sides.new.mapping(new)
        self._sides.deprecation("operation", before, after, what, self._name, old=old, new=new)
        self._compare_rest(what, old, new, frozenset({"requestBody", "responses"}))
        if "requestBody" in before and "requestBody" in after:
            self._compare_message("response", what, child(old, "requestBody"), child(new, "requestBody"))
        elif "requestBody" in before or "requestBody" in after:
            self._undecided(f"{what} has {'a' if 'requestBody' in after else 'no'} body now", old, new)
        theirs, ours = (each.get("responses", {}) for each in (before, after))
        for status in {**theirs, **ours}:
            if status in theirs and status in ours:
                places = child(old, "responses", status), child(new, "responses", status)
                self._compare_message("request", f"response {status} to {what}", *places)
            elif status in theirs:
                self._undecided(f"response {status} to {what} is no longer described", old, new)
            else:
                words = f"response {status} to {what} is described now"
                self._add("response-added", "compatible", words, old, new)

    def _compare_message(self, direction: Direction, what: str, old: str, new: str) -> None:
        """Compare what one side sends to the other: the body, or a response to it."""
        old, new = self._sides.old.follow(old), self._sides.new.follow(new)
        self._sides.words(what, self._name, old=old, new=new)
        self._compare_rest(what, old, new, frozenset({"content"}))
        theirs, ours = self._sides.old.mapping(child(old, "content")), self._sides.new.mapping(child(new, "content"))
        if theirs.keys() != ours.keys():
            self._undecided(f"the media types of {what} changed", old, new)
        for kind in [kind for kind in theirs if kind in ours]:
            places = child(old, "content", kind), child(new, "content", kind)
            self._compare_rest(f"{what} as {kind}", *places, frozenset({"schema"}))
            if "schema" in theirs[kind] and "schema" in ours[kind]:
                schemas = child(places[0], "schema"), child(places[1], "schema")
                self._sides.slot(direction, self._name, f"{what} ({kind})", *schemas)
            elif "schema" in theirs[kind] or "schema" in ours[kind]:
                known = "described now" if "schema" in ours[kind] else "no longer described"
                self._undecided(f"{what} as {kind} is {known}", *places)

    def _compare_rest(self, what: str, old: str, new: str, compared: frozenset[str]) -> None:
        """Report the keywords that changed and that nothing else here compares."""
        keywords = {**self._sides.old.mapping(old), **self._sides.new.mapping(new)}.keys() - compared - _WORDS
        for keyword in sorted(
            key for key in keywords if not key.startswith("x-") and key not in ("example", "examples")
        ):
            if not self._sides.parts_alike(old, new, keyword):
                self._undecided(f"`{keyword}` of {what} changed", old, new)

    def _undecided(self, words: str, old: str, new: str) -> None:
        self._add("changed", "undecided", f"{words}, which is not compared", old, new)

    def _add(self, how: str, severity: Severity, words: str, old: str, new: str) -> None:
        self._sides.add(f"{self._rule}-{how}", severity, ("callers reading",), words, self._name, old=old, new=new)
