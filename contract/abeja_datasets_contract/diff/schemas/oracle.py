"""Whether all that one side sends is taken by the other: yes, no or unknown.

`jsonschema_rs.canonicalize(…).covers(…)` decides by the letter. Recursive schemas, which it leaves open, and large ones
are compared pair by pair, and so are alternatives (`unions.py`).
"""

from functools import cache

from abeja_datasets_contract.diff.schemas.canonical import canonical, covers
from abeja_datasets_contract.diff.schemas.changes import Change
from abeja_datasets_contract.diff.schemas.facing import Facing
from abeja_datasets_contract.diff.schemas.fixpoint import Fixpoint, Lookup, Verdict, worst
from abeja_datasets_contract.diff.schemas.judging import Judging
from abeja_datasets_contract.diff.schemas.pairing.pair import Pair
from abeja_datasets_contract.diff.schemas.pairing.pairs import Pairs
from abeja_datasets_contract.diff.schemas.schemas import Schemas
from abeja_datasets_contract.diff.schemas.unions import Question, Unions

YES, NO, UNKNOWN = Verdict.YES, Verdict.NO, Verdict.UNKNOWN
_BUDGET = 20_000
"""So many judgments of pairs are made for one place before it is too large to decide."""
_TOTAL = 60_000
"""So many judgments of pairs are made for all the places of one direction."""


class Oracle(Facing):
    """Decides for the schemas of one direction.

    Args:
        sent: the schemas of the side whose values are sent, closed.
        covering: those of the other side, as written.

    Attributes:
        pairs: compares two schemas.
        judge: returns whether all that is sent obeys what a change names.
        was_so: returns whether it did before as well, closed or not.
        sends_null: returns whether null is among the values sent.
    """

    def __init__(self, sent: Schemas, covering: Schemas) -> None:
        super().__init__(sent, covering)
        self.pairs = Pairs(self.sent_shapes, self.covering_shapes)
        self._solved = Fixpoint[Question](self._answer, _BUDGET, _TOTAL)
        judging = Judging(self, lambda: self.spent)
        self._unions = Unions(self, judging)
        self.judge, self.was_so, self.sends_null = judging.judge, judging.was_so, judging.sends_null
        self._deep = cache(self._find_deep)

    def decide(self, sent: str, covering: str) -> Verdict:
        """Return whether the schema at `covering` takes all that the schema at `sent` describes."""
        return min(self._solved.solve(question) for question in _questions(sent, covering))

    def gave_up(self, sent: str, covering: str) -> bool:
        """Return whether two schemas are too large to decide."""
        return any(self._solved.gave_up(question) for question in _questions(sent, covering))

    @property
    def spent(self) -> bool:
        """Whether nothing more is decided but what the surface of schemas shows."""
        return self._solved.spent

    def takes_branch(self, pair: Pair, change: Change) -> Verdict:
        """Return whether an alternative of the sent side is taken by some alternative of the other side."""
        return self._unions.takes_branch(pair, change, self._solved.solve)

    def _answer(self, question: Question, look_up: Lookup[Question]) -> Verdict:
        how, sent, covering = question
        if self.same(sent, covering):
            return YES
        pair = self.pairs.at(sent, covering)
        return self._by_letter(pair, look_up) if how == "letter" else self._by_pairs(pair, look_up)

    def _by_letter(self, pair: Pair, look_up: Lookup[Question]) -> Verdict:
        """Decide a pair by its keywords and by the pairs inside it.

        What is sent obeys a schema if it obeys each of its keywords, and `properties` if each property sent obeys its
        schema. Where alternatives meet, one may take what another refuses, and then only the whole decides.
        """
        sent, covering = pair.sent, pair.covering
        if pair.by_branches:
            return worst({look_up(Question("letter", inner.sent, inner.covering)) for inner in pair.branches})
        verdicts = {self.judge(sent, covering, change) for change in (*pair.changes, *pair.loose)}
        verdicts |= {self._unions.taken(pair, union, look_up) for union in pair.unions}
        unsure = pair.has_unions or worst(verdicts) == UNKNOWN
        verdicts |= {
            NO if self.lacks(pair, inner) else look_up(Question("letter", inner.sent, inner.covering))
            for inner in pair.inside
            if self.carries(pair, inner)
        }
        verdict = worst(verdicts)
        return self._deep(sent, covering, verdict) if verdict != YES and unsure else verdict

    def _by_pairs(self, pair: Pair, look_up: Lookup[Question]) -> Verdict:
        """Decide a pair by its alternatives: each has to be taken by the one that corresponds, or by a closed one."""
        verdicts = {self.judge(pair.sent, pair.covering, change) for change in pair.unjudged}
        verdicts |= {look_up(Question("pairs", i.sent, i.covering)) for i in pair.inside if self.carries(pair, i)}
        if pair.by_branches:
            verdicts |= {look_up(Question("pairs", inner.sent, inner.covering)) for inner in pair.branches}
        for match in pair.matches[:1]:
            verdicts |= {self._unions.partnered(pair, match, branch, look_up) for branch in match.sent.branches}
        if not pair.matches and not self.sent_shapes.at(pair.sent).conditional:
            union = self.covering_shapes.at(pair.covering).only_union_besides_type
            verdicts |= {self._unions.fitting(pair, union, look_up)} if union and self.describes(pair.sent) else set()
        return worst(verdicts)

    def _find_deep(self, sent: str, covering: str, otherwise: Verdict) -> Verdict:
        """Decide two schemas as wholes, which takes long of large ones; `otherwise` is what their parts show."""
        if not self.is_small(sent, covering):
            return otherwise if otherwise != NO else UNKNOWN
        verdict = covers(canonical(self.covering.whole(covering)), self.whole(sent))
        return otherwise if verdict == UNKNOWN else verdict


def _questions(sent: str, covering: str) -> tuple[Question, Question]:
    return Question("letter", sent, covering), Question("pairs", sent, covering)
