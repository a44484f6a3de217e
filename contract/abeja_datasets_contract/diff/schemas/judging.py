"""Whether all that is sent obeys what a single change names."""

from collections.abc import Callable
from functools import cache
from typing import Any

from abeja_datasets_contract.diff.schemas.canonical import NULL, canonical, covers
from abeja_datasets_contract.diff.schemas.changes import Change, Kind
from abeja_datasets_contract.diff.schemas.facing import Facing
from abeja_datasets_contract.diff.schemas.fixpoint import Verdict
from abeja_datasets_contract.diff.schemas.graph import besides
from abeja_datasets_contract.diff.schemas.patterns.texts import OF_TEXTS, obey_names, obeys_text
from abeja_datasets_contract.openapi.keywords import Compared, compared

YES, NO, UNKNOWN = Verdict.YES, Verdict.NO, Verdict.UNKNOWN


class Judging:
    """Judges changes one by one.

    Args:
        facing: both sides.
        is_spent: returns whether no more than the surface of schemas is looked at.

    Attributes:
        judge: returns whether all that is sent obeys what a change names.
    """

    def __init__(self, facing: Facing, is_spent: Callable[[], bool]) -> None:
        self._facing = facing
        self._is_spent = is_spent
        self.judge = cache(self._judge)

    def _judge(self, sent: str, covering: str, change: Change) -> Verdict:
        match change.kind:
            case Kind.DISCRIMINATOR | Kind.CONTENT:
                return NO if change.kind == Kind.DISCRIMINATOR and change.name else UNKNOWN
            case Kind.KEYWORD | Kind.ENUM:
                return self._obeys_keyword(sent, change)
            case Kind.MISSING:
                return self.obeys(sent, self._facing.requires(change.holder, change.name), near=True)
            case Kind.NULL:
                return self._takes_null(covering)
            case Kind.LOOSE:
                return self._obeys_property(sent, change)
        return YES

    def obeys(self, sent: str, schema: Any, *, near: bool) -> Verdict:
        """Return whether all that is sent obeys a schema.

        Args:
            sent: what is sent.
            schema: what it has to obey.
            near: whether the schema speaks of nothing that is inside the value, so that the surface mostly decides.
        """
        facing = self._facing
        able = not self._is_spent() and facing.is_small(sent)
        if not (near or able):
            return UNKNOWN
        left = canonical(schema)
        if near:
            verdict = covers(left, facing.surface(sent))
            if verdict == YES or not facing.sent_shapes.at(sent).conditional:
                return verdict
        return covers(left, facing.whole(sent)) if able else UNKNOWN

    def was_so(self, sent: str, change: Change) -> bool:
        """Return whether all that is sent, closed or not, obeys what a keyword says; supposed where it takes long."""
        facing = self._facing
        said = canonical(facing.only(change.holder, change.name))
        return not facing.is_small(sent) or covers(said, canonical(facing.as_written.whole(sent))) == YES

    def sends_null(self, sent: str) -> bool:
        """Return whether null is among the values sent, as far as that is known."""
        facing = self._facing
        return facing.is_small(sent) and covers(facing.whole(sent), canonical(NULL)) == YES

    def _obeys_property(self, sent: str, change: Change) -> Verdict:
        # Asked before all that the property refers to is put together, which takes long of a large one.
        if self._is_spent() or not self._facing.is_small(sent, change.covering):
            return UNKNOWN
        return self.obeys(sent, self._facing.property(change.covering, change.name), near=False)

    def _takes_null(self, covering: str) -> Verdict:
        verdict = covers(self._facing.covering_surface(covering), canonical(NULL))
        if verdict == NO or not self._facing.is_covering_small(covering):
            return min(verdict, UNKNOWN)  # the surface says less than the schema
        return covers(canonical(self._facing.covering.whole(covering)), canonical(NULL))

    def _obeys_keyword(self, sent: str, change: Change) -> Verdict:
        facing = self._facing
        if change.kind == Kind.ENUM and self._lists_all(change):
            return YES
        near = compared(change.name) == Compared.VALUE
        here = facing.sent_shapes.at(sent)
        if change.name == "additionalProperties" and here.sealed:
            return self._fits_names(sent, change)
        if not near and not facing.is_covering_small(change.holder):
            return UNKNOWN
        verdict = self.obeys(sent, facing.only(change.holder, change.name), near=near)
        if verdict == UNKNOWN and change.name == "propertyNames":
            return obey_names(here, facing.covering.document.mapping(f"{change.holder}/propertyNames"))
        if verdict == UNKNOWN and change.name in OF_TEXTS:
            return obeys_text(here, change.name, facing.covering.body(change.holder)[0].get(change.name))
        return verdict

    def _lists_all(self, change: Change) -> bool:
        """Return whether the covering side lists all the values that the sent side lists."""
        own, null = self._facing.sent.body(change.sent.rpartition("/")[0])
        other, nullable = self._facing.covering.body(change.holder)
        return (nullable or not null) and not besides(own["enum"], other["enum"])

    def _fits_names(self, sent: str, change: Change) -> Verdict:
        """Decide for `additionalProperties` by the names of the properties sent, where these are all that there are."""
        facing = self._facing
        body, _ = facing.covering.body(change.holder)
        properties = facing.sent_shapes.at(sent).properties
        others = properties.keys() - body.get("properties", {}).keys()
        if not others or body["additionalProperties"] is not False or "patternProperties" in body:
            return self.obeys(sent, facing.only(change.holder, change.name), near=False) if others else YES
        return NO if any(not facing.hides(properties[name][0]) for name in others) else YES
