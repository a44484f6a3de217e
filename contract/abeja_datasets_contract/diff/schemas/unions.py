"""Whether the alternatives of one side are taken by those of the other.

Alternatives are compared with their partners, and by the letter besides: as objects are open, by the letter most
values of an alternative are also values of another one, which nobody means who writes a union.
"""

from functools import cache
from itertools import combinations
from typing import Any, Literal, NamedTuple

from abeja_datasets_contract.diff.schemas.canonical import VARIANTS, apart, canonical, covers
from abeja_datasets_contract.diff.schemas.changes import Change
from abeja_datasets_contract.diff.schemas.facing import Facing
from abeja_datasets_contract.diff.schemas.fixpoint import Lookup, Verdict, worst
from abeja_datasets_contract.diff.schemas.judging import Judging
from abeja_datasets_contract.diff.schemas.pairing.matching import Match, fit, fixed_values
from abeja_datasets_contract.diff.schemas.pairing.pair import Pair
from abeja_datasets_contract.diff.schemas.shape import Union, depth, variant

YES, NO, UNKNOWN = Verdict.YES, Verdict.NO, Verdict.UNKNOWN
_MANY = 40
"""Alternatives of more than this are not compared each with each, but with their partners alone."""


class Question(NamedTuple):
    """What is asked of two schemas.

    Attributes:
        how: `letter`, whether one takes all that the other sends; `pairs`, whether each alternative inside them is
            taken by the one that corresponds.
    """

    how: Literal["letter", "pairs"]
    sent: str
    covering: str


class Unions:
    """Judges unions. `look_up` returns the verdicts on the schemas inside, as far as they are known."""

    def __init__(self, facing: Facing, judging: Judging) -> None:
        self._facing = facing
        self._judging = judging
        self._sent_shapes, self._covering_shapes = facing.sent_shapes, facing.covering_shapes
        self._disjoint = cache(self._are_disjoint)

    def partnered(self, pair: Pair, match: Match, branch: str, look_up: Lookup[Question]) -> Verdict:
        """Decide for one alternative sent, with all that is said beside the union."""
        # Deep inside each other, alternatives are compared without what stands around: else they would multiply.
        deep = depth(pair.sent) >= VARIANTS
        sent = branch if deep else variant(pair.sent, branch)
        found = YES
        for partner in match.partners.get(branch, []):
            covering = partner if deep else variant(pair.covering, partner)
            verdict = look_up(Question("pairs", sent, covering))
            if self._facing.describes(branch):
                verdict = min(verdict, look_up(Question("letter", sent, covering)))
            found = min(found, verdict)
        if branch in match.alone and self._facing.describes(branch):
            found = NO
        if found != YES and not match.firm:
            found = max(found, NO if deep else self._some_closed(sent, pair.covering, match.covering, look_up))
        return found if found == YES or deep else max(found, self._divided(pair, match, branch))

    def fitting(self, pair: Pair, union: Union, look_up: Lookup[Question]) -> Verdict:
        """Decide for a schema that meets alternatives: the one that fits best has to take it, or a closed one."""
        if not union.branches:
            return NO  # null was the only alternative
        here = self._sent_shapes.at(pair.sent)
        best = max(union.branches, key=lambda place: fit(here, self._covering_shapes.at(place)))
        found = NO
        if fit(here, self._covering_shapes.at(best)) > 0:
            found = look_up(Question("letter", pair.sent, variant(pair.covering, best)))
        return found if found == YES else max(found, self._some_closed(pair.sent, pair.covering, union, look_up))

    def takes_branch(self, pair: Pair, change: Change, look_up: Lookup[Question]) -> Verdict:
        """Return whether an alternative of the sent side is taken by some alternative of the other side."""
        match = next(match for match in pair.matches if change.sent in match.alone)
        if self._facing.describes(change.sent):
            return self._some_closed(variant(pair.sent, change.sent), pair.covering, match.covering, look_up)
        verdict = self._branch(match, change.sent, look_up)
        if verdict != UNKNOWN:
            return verdict
        return self._judging.obeys(change.sent, self._facing.only(change.holder, change.name), near=False)

    def taken(self, pair: Pair, union: Change, look_up: Lookup[Question]) -> Verdict:
        """Return whether all that is sent obeys a union: branch by branch where that is sound, or else as a whole."""
        here = self._sent_shapes.at(pair.sent)
        rights = pair.unions[union]
        match = next((match for match in pair.matches if match.covering == rights), Match(rights, rights))
        if match.firm and self._by_partners(match, look_up) == YES:
            return YES  # the discriminator decides, also where a value fits several alternatives by the letter
        if rights.takes_several or self._disjoint(rights):
            alone = here.only_union_besides_type
            lefts = self._alternatives(pair, alone) if alone else () if here.conditional else (pair.sent,)
            free = alone is None or alone.keyword != "anyOf"
            if lefts and (free or not any(self._sent_shapes.at(left).structured for left in lefts)):
                verdict = worst({self._branch(match, left, look_up) for left in lefts})
                if verdict != UNKNOWN:
                    return verdict
        whole = self._judging.judge(pair.sent, pair.covering, union)
        return whole if whole != UNKNOWN else self._by_partners(match, look_up)

    @staticmethod
    def _alternatives(pair: Pair, union: Union) -> tuple[str, ...]:
        """Return the alternatives of a union of the sent side, as they were matched."""
        ends = (union.keyword, union.holder)
        matched = (one.sent for one in pair.matches if (one.sent.keyword, one.sent.holder) == ends)
        return next(matched, union).branches

    def _some_closed(self, sent: str, covering: str, union: Union, look_up: Lookup[Question]) -> Verdict:
        """Return whether some alternative takes all that is sent, and describes all properties of it."""
        if len(union.branches) > _MANY:
            return NO
        names = self._sent_shapes.declared(sent).declared
        rights = [variant(covering, branch) for branch in union.branches]
        able = [right for right in rights if self._has_place(right, names)]
        both: tuple[Literal["letter", "pairs"], ...] = ("letter", "pairs")
        return max((min(look_up(Question(how, sent, right)) for how in both) for right in able), default=NO)

    def _divided(self, pair: Pair, match: Match, branch: str) -> Verdict:
        """Return whether several alternatives became of one, selected by a property, and take all together."""
        own = fixed_values(self._sent_shapes, branch)
        parts = [right for right in match.covering.branches if self._is_part(own, right)]
        sent = variant(pair.sent, branch)
        if len(parts) <= 1 or not self._facing.is_small(sent, pair.covering):
            return NO
        together = self._facing.covering_closed.any_of([variant(pair.covering, right) for right in parts])
        return YES if covers(canonical(together), self._facing.whole(sent)) == YES else NO

    def _is_part(self, own: dict[str, list[Any]], right: str) -> bool:
        """Return whether an alternative has some of the values, and not all, that a property is fixed to."""
        others = fixed_values(self._covering_shapes, right)
        return any(
            len(others[name]) < len(own[name]) and all(value in own[name] for value in others[name])
            for name in own.keys() & others.keys()
        )

    def _has_place(self, covering: str, names: frozenset[str]) -> bool:
        """Return whether a schema describes properties of these names, or is free in form."""
        declared = self._covering_shapes.declared(covering).declared
        shape = self._covering_shapes.at(covering)
        free = "patternProperties" in shape.keywords or isinstance(shape.first("additionalProperties"), dict)
        return names <= declared or not declared or free

    def _by_partners(self, match: Match, look_up: Lookup[Question]) -> Verdict:
        """Return whether each alternative is taken by its partner, where no value can be one of two alternatives."""
        for left in match.sent.branches:
            partners = match.partners.get(left, [])
            if not partners or any(look_up(Question("letter", left, right)) != YES for right in partners):
                return UNKNOWN
        if match.covering.takes_several or match.firm:
            return YES
        changed = [rights[0] for left, rights in match.partners.items() if not self._facing.same(left, rights[0])]
        changed += match.more  # what only the covering side has may take a value besides its partner
        if len(changed) * len(match.covering.branches) > _MANY**2:
            return UNKNOWN
        pairs = ((one, other) for one in changed for other in match.covering.branches if other != one)
        surfaces = ([self._facing.covering_surface(place) for place in both] for both in pairs)
        return YES if all(apart(*both) for both in surfaces) else UNKNOWN

    def _branch(self, match: Match, left: str, look_up: Lookup[Question]) -> Verdict:
        """Return whether an alternative sent is taken by one of the others', which take nothing in common."""
        here, there = self._facing.surface(left), self._facing.covering_surface
        near = [right for right in match.covering.branches if not apart(here, there(right))]
        if not near:
            return NO
        tried = [partner for partner in match.partners.get(left, []) if partner in near] or near
        verdicts = [look_up(Question("letter", left, right)) for right in tried]
        if YES in verdicts:
            return YES
        return NO if len(near) == 1 and verdicts == [NO] else UNKNOWN

    def _are_disjoint(self, union: Union) -> bool:
        surfaces = [self._facing.covering_surface(place) for place in union.branches]
        return len(surfaces) <= _MANY and all(apart(one, other) for one, other in combinations(surfaces, 2))
