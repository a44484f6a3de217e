"""The alternatives of two schemas compared: which correspond, which stand alone, and what discriminators say."""

from abeja_datasets_contract.diff.schemas.changes import Change, Inner, Kind, Step
from abeja_datasets_contract.diff.schemas.pairing.matching import Match, Matcher, discriminator_of, values_of
from abeja_datasets_contract.diff.schemas.pairing.pair import Pair
from abeja_datasets_contract.diff.schemas.practice import MAPPED
from abeja_datasets_contract.diff.schemas.shape import Shape, Union
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.families import target_of
from abeja_datasets_contract.openapi.pointers import child


class UnionPairs:
    """Compares the unions of two schemas, and adds what is found to their pair."""

    def __init__(self, sent: Shapes, covering: Shapes) -> None:
        self._sent = sent
        self._covering = covering
        self._matcher = Matcher(sent, covering)

    def compare(self, pair: Pair, left: Shape, right: Shape) -> None:
        """Compare the unions of two shapes, each with the one of the same keyword."""
        rest = list(left.unions)
        for union in right.unions:
            other = next((one for one in rest if one.keyword == union.keyword), rest[0] if rest else None)
            place = child(other.holder, other.keyword) if other else pair.sent
            change = Change(Kind.KEYWORD, union.keyword, place, child(union.holder, union.keyword), union.holder)
            pair.unions[change] = union
            if other:
                rest.remove(other)
                match = self._matched(other, union, null=right.null)
                pair.unions[change] = match.covering
                self._note(pair, match)
        alone = left.only_union
        if alone and not right.conditional:
            for place in alone.branches:
                pair.branches.append(Inner(_step(alone, place), place, pair.covering))
        else:
            for union in rest if not right.unions else ():
                place = child(union.holder, union.keyword)
                pair.changes.append(Change(Kind.LOOSER, union.keyword, place, pair.covering))

    def _matched(self, sent: Union, covering: Union, *, null: bool) -> Match:
        """Match two unions, with the alternatives of unions within them where they do not correspond as they are.

        Args:
            sent: the union whose values are sent.
            covering: the other one.
            null: whether the covering side takes null besides, so that the sent one may allow it within.
        """
        match = self._matcher.match(sent, covering)
        flat = self._sent.flat(sent, null=null), self._covering.flat(covering, null=True)
        whole = set(sent.branches) & set(flat[0].branches), set(covering.branches) & set(flat[1].branches)
        pairs = ((left in whole[0], right in whole[1]) for left, some in match.partners.items() for right in some)
        if match.alone or match.more or any(left != right for left, right in pairs):
            return self._matcher.match(*flat) if flat != (sent, covering) else match
        return match

    def _note(self, pair: Pair, match: Match) -> None:
        pair.matches.append(match)
        sent, covering = (child(union.holder, union.keyword) for union in (match.sent, match.covering))
        for place, partners in match.partners.items():
            pair.branches.extend(Inner(_step(match.sent, place), place, partner) for partner in partners)
        for place in match.alone:
            pair.changes.append(Change(Kind.BRANCH, match.covering.keyword, place, covering, match.covering.holder))
        for place in match.more:
            pair.changes.append(Change(Kind.LOOSER, match.covering.route(place)[-2], sent, place))
        self._compare_discriminators(pair, match)

    def _compare_discriminators(self, pair: Pair, match: Match) -> None:
        """Compare what a discriminator says: which property it is, and which values stand for the alternatives."""
        names = discriminator_of(self._sent, match.sent), discriminator_of(self._covering, match.covering)
        places = (child(match.sent.holder, "discriminator"), child(match.covering.holder, "discriminator"))
        if (all(names) and names[0] != names[1]) or self._is_unlisted(match):
            pair.unjudged.append(Change(Kind.DISCRIMINATOR, "", *places, match.covering.holder))
        if match.firm:
            for place, partners in match.partners.items():
                known = {value for one in partners for value in values_of(self._covering, match.covering, one)}
                moved = self._moved(match, place, partners)
                lost = [value for value in values_of(self._sent, match.sent, place) if moved or value not in known]
                pair.unjudged.extend(
                    Change(Kind.DISCRIMINATOR, value, *places, match.covering.holder) for value in lost
                )

    def _is_unlisted(self, match: Match) -> bool:
        """Return whether the sent union lists an alternative that only the mapping of the covering one names."""
        listed = [left for left in match.partners if self._is_listed(self._sent, match.sent, left)]
        return not all(
            self._is_listed(self._covering, match.covering, right) for left in listed for right in match.partners[left]
        )

    @staticmethod
    def _is_listed(shapes: Shapes, union: Union, place: str) -> bool:
        """Return whether a union lists an alternative, which the mapping of its discriminator may name alone."""
        mapped = shapes.document.mapping(union.holder).get(MAPPED, [])
        return not mapped or target_of(shapes.document.at(place)) not in mapped

    def _moved(self, match: Match, place: str, partners: list[str]) -> bool:
        """Return whether the values of an alternative stand for others now, though it is still one of them."""
        target = target_of(self._sent.document.at(place))
        targets = [target_of(self._covering.document.at(other)) for other in match.covering.branches]
        return target in targets and target not in [target_of(self._covering.document.at(one)) for one in partners]


def _step(union: Union, branch: str) -> Step:
    """Return the step to an alternative."""
    return ("branch", *union.route(branch))
