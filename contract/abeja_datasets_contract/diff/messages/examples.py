"""Counterexamples of what changed around schemas: whole requests and responses, if both judges agree."""

from collections.abc import Callable
from itertools import product
from typing import Any

from abeja_datasets_contract.diff.messages.judge import Judge, Objection
from abeja_datasets_contract.diff.messages.messages import Request, Response
from abeja_datasets_contract.diff.messages.sampler import MessageSampler
from abeja_datasets_contract.diff.report.findings import Counterexample
from abeja_datasets_contract.diff.rules.slots import Slot
from abeja_datasets_contract.diff.samples.sampler import NoSample
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.operations import Operation
from abeja_datasets_contract.openapi.pointers import child

Example = Callable[[], Counterexample | None]
_PATHS = "#/paths"


class MessageExamples:
    """Makes and confirms messages that the one document describes and the other does not."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old, new
        self._judges = Judge(old), Judge(new)
        self._sampler, self._responses = MessageSampler(old), MessageSampler(new)

    def request(self, old: Operation, new: Operation | None, shows: Objection, **wanted: Any) -> Example:
        """Promise a request that was described, and against which the new document says what it is to show.

        Args:
            old: the operation that it is for.
            new: the same in the new document, where it is still there.
            shows: what the change has against it.
            wanted: what it is to carry, as `MessageSampler.request` takes it.
        """

        def example() -> Counterexample | None:
            try:
                request = self._sampler.request(old, **wanted)
            except NoSample:
                return None
            return self._confirmed(request, old, new, shows)

        return example

    def body(self, slot: Slot, old: Operation, new: Operation, value: Any) -> Counterexample | None:
        """Return the request with a body that has a property which the new document no longer describes."""
        holder = self._old.follow(child(old.pointer, "requestBody")) if "requestBody" in old.raw else old.pointer
        for kind in self._old.mapping(child(holder, "content")):
            if child(holder, "content", kind, "schema") == slot.old:
                try:
                    request = self._sampler.request(old, media_type=kind)
                except NoSample:
                    return None
                return self._confirmed(request._replace(body=value), old, new, "property")
        return None

    def _confirmed(
        self, request: Request, old: Operation, new: Operation | None, shows: Objection
    ) -> Counterexample | None:
        before, after = (judge.request(request) for judge in self._judges)
        if before or "unsure" in after or shows not in after:
            return None
        places = old.pointer, new.pointer if new else _PATHS
        return Counterexample(new.name if new else old.name, "request", request.data, *places, "old", "request")

    def response(self, old: Operation, new: Operation, key: str, shows: Objection) -> Example:
        """Promise a response that may come now, and which the old document did not describe.

        Args:
            old: the operation that it comes from.
            new: the same in the new document.
            key: the status, range or `default` that describes it.
            shows: what the old document has against it.
        """

        def example() -> Counterexample | None:
            place = self._new.follow(child(new.pointer, "responses", key))
            kinds = [*self._new.at(place).get("content", {})] or [None]
            for status, kind in product(_statuses(key), kinds):
                try:
                    response = self._responses.response(place, status, kind)
                except NoSample:
                    continue
                if self._is_news(response, old, new, shows):
                    places = old.pointer, new.pointer
                    return Counterexample(new.name, f"response {status}", response.data, *places, "new", "response")
            return None

        return example

    def _is_news(self, response: Response, old: Operation, new: Operation, shows: Objection) -> bool:
        before, after = self._judges[0].response(old.pointer, response), self._judges[1].response(new.pointer, response)
        return shows in before and "unsure" not in before and not after


def _statuses(key: str) -> list[int]:
    """Return statuses that a key may stand for."""
    if key.isdecimal():
        return [int(key)]
    if key[:1].isdecimal():
        return [int(key[0]) * 100 + more for more in range(30)]
    return [500, 400, 200, 418, 599]
