"""Values that one side sends and the other refuses: made, and shown only if both validators confirm it."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

import jsonschema_rs

from abeja_datasets_contract.diff.samples.sampler import NoSample, Sampler
from abeja_datasets_contract.diff.schemas.canonical import canonical
from abeja_datasets_contract.diff.schemas.changes import Change, Kind, Step
from abeja_datasets_contract.diff.schemas.converted import larger_than
from abeja_datasets_contract.diff.schemas.oracle import Oracle

_TURNS = 6
_MOST = 1_000_000
"""Validators write out what is referred to; of a schema that becomes larger than this none is made."""
_TRIES = 60


class NotFound(Exception):
    """There is no counterexample that could be made."""


class Counterexamples:
    """Makes counterexamples for the schemas of one direction.

    Args:
        oracle: the schemas of both sides.
        strict: those of the covering side as the document has them (the oracle's may take more values of an enum).
    """

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._sent = cache(lambda pointer: validator(oracle.sent.whole(pointer)))
        self._as_written = cache(lambda pointer: validator(oracle.as_written.whole(pointer)))
        self._covering = cache(lambda pointer: validator(oracle.covering.whole(pointer)))
        self.inside = cache(self._inside)

    def confirmed(self, value: Any, sent: str, covering: str) -> bool:
        """Return whether a value is one that the sent side describes and the other side refuses."""
        own, written, other = self._sent(sent), self._as_written(sent), self._covering(covering)
        if own is None or written is None or other is None:
            return False
        return own.is_valid(value) and written.is_valid(value) and not other.is_valid(value)

    def find(
        self, sent: str, covering: str, steps: tuple[Step, ...], inner: tuple[str, str], change: Change | None
    ) -> Any:
        """Make a value of a whole schema that shows a change inside it.

        Args:
            sent: the whole that is sent.
            covering: the whole that has to take it.
            steps: how to get from the whole to the pair that the change belongs to.
            inner: that pair: what is sent, and what has to take it.
            change: what to show; None: anything that is refused.

        Raises:
            NotFound: no candidate was confirmed.
        """
        whole = self._oracle.sent.whole(sent)
        for value in self.inside(*inner, change):
            for turn in range(_TURNS):
                try:
                    candidate = Sampler(whole, turn).around(steps, value)
                except NoSample:
                    continue
                if self.confirmed(candidate, sent, covering):
                    return candidate
        raise NotFound

    def holding(self, sent: str, steps: tuple[Step, ...], inner: str) -> Iterator[Any]:
        """Make values of a whole schema with some value of a schema inside it at the end of the steps."""
        for turn in range(_TURNS):
            value = next(Sampler(self._oracle.sent.whole(inner), turn).values(), None)
            try:
                yield Sampler(self._oracle.sent.whole(sent), turn).around(steps, value)
            except NoSample:
                continue

    def _inside(self, sent: str, covering: str, change: Change | None) -> list[Any]:
        """Make values that the sent side describes and a change refuses, at the pair that it belongs to."""
        oracle = self._oracle
        source = change.sent if change and change.kind == Kind.BRANCH else sent
        refusing = self._refusing(covering, change)
        check, own = validator(refusing), self._sent(source)
        if check is None or own is None:
            return []
        found: list[Any] = []
        for value in islice(_candidates(oracle.sent.whole(source), refusing), _TRIES * _TURNS):
            if own.is_valid(value) and not check.is_valid(value) and value not in found:
                found.append(value)
                if len(found) == 3:  # noqa: PLR2004 - one of a few fits into what stands around
                    break
        return found

    def _refusing(self, covering: str, change: Change | None) -> Any:
        oracle = self._oracle
        match change:
            case Change(kind=Kind.KEYWORD | Kind.ENUM | Kind.BRANCH):
                return oracle.only(change.holder, change.name)
            case Change(kind=Kind.MISSING):
                return oracle.requires(change.holder, change.name)
            case Change(kind=Kind.LOOSE):
                return oracle.property(change.covering, change.name)
        return oracle.covering.whole(covering)


def _candidates(sent: dict[str, Any], refusing: Any) -> Iterator[Any]:
    """Return candidates from the subtracted schema first, then from what is sent."""
    subtracted = _subtract(sent, refusing)
    for turn in range(_TURNS):
        if subtracted is not None:
            yield from islice(Sampler(subtracted, turn).values(), _TRIES // 2)
        yield from islice(Sampler(sent, turn).values(), _TRIES)
        yield from islice(Sampler(refusing, turn).values(), _TRIES // 2)


def _subtract(sent: dict[str, Any], refusing: Any) -> Any:
    if len(str(sent)) > 8000:  # noqa: PLR2004 - it would take seconds
        return None
    left, right = canonical(sent), canonical(refusing)
    if left is None or right is None:
        return None
    try:
        return left.subtract(right).to_json_schema()
    except ValueError:
        return None


def validator(schema: Any) -> jsonschema_rs.Validator | None:
    """Make a validator; None where the schema is none that JSON Schema knows, or too large with all written out."""
    if larger_than(schema, _MOST):
        return None
    try:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)
    except ValueError:
        return None
