"""Verdicts that rest on each other, solved together.

Recursive schemas are contained in each other where nothing in their circle says otherwise, as every value is finite
(coinduction, as for recursive types). So all verdicts start as yes, and fall where a rule says so, until none does.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable
from enum import IntEnum
from typing import Generic, TypeVar


class Verdict(IntEnum):
    """Whether one side accepts all that the other sends; the worst of several is the least."""

    NO = 0
    UNKNOWN = 1
    YES = 2


Key = TypeVar("Key", bound=Hashable)
Lookup = Callable[[Key], Verdict]
"""Returns the verdict, so far, that another one rests on."""
Rule = Callable[[Key, Lookup[Key]], Verdict]
"""Returns a verdict from those that it looks up. Where one of these falls, its own may not rise."""


def worst(verdicts: set[Verdict]) -> Verdict:
    """Return the verdict on a whole from those on its parts."""
    return min(verdicts, default=Verdict.YES)


class Fixpoint(Generic[Key]):
    """Solves verdicts, each once.

    Args:
        rule: what each verdict follows from.
        budget: how many times the rule is asked for one solution; then it is unknown.
        total: how many times it is asked for all solutions; then all that is not solved yet is unknown.
    """

    def __init__(self, rule: Rule[Key], budget: int, total: int) -> None:
        self._rule = rule
        self._budget = budget
        self._left = total
        self._gave_up: set[Key] = set()
        self._solved: dict[Key, Verdict] = {}

    def solve(self, key: Key) -> Verdict:
        """Return the verdict of a key, and find those of all that it rests on."""
        if key not in self._solved:
            solution = _Solution(self._rule, self._solved, key)
            self._left -= solution.work(min(self._budget, self._left))
            if solution.unfinished:
                self._gave_up.add(key)
            self._solved.update(solution.values)
        return self._solved[key]

    def gave_up(self, key: Key) -> bool:
        """Return whether a verdict is unknown because a budget was spent, its own or that of all."""
        return key in self._gave_up and self._solved[key] == Verdict.UNKNOWN

    @property
    def spent(self) -> bool:
        """Whether no new verdict is looked for any more."""
        return self._left <= 0


class _Solution(Generic[Key]):
    """The verdicts that one verdict rests on, while they fall."""

    def __init__(self, rule: Rule[Key], solved: dict[Key, Verdict], start: Key) -> None:
        self._rule = rule
        self._solved = solved
        self._resting: dict[Key, set[Key]] = defaultdict(set)
        self._todo: dict[Key, None] = {start: None}
        self._start = self._now = start
        self.values: dict[Key, Verdict] = {start: Verdict.YES}

    def work(self, budget: int) -> int:
        """Ask the rule until no verdict falls any more, or the budget is spent; return how often it was asked."""
        asked = 0
        while self._todo and asked < budget:
            asked += 1
            key, _ = self._todo.popitem()
            self._now = key
            verdict = self._rule(key, self._look_up)
            if verdict < self.values[key]:
                self.values[key] = verdict
                self._todo.update(dict.fromkeys(self._resting[key]))
        if self.unfinished:
            # What has fallen to no stays there. The rest may be solved by itself, as it can be much smaller.
            known = {key: verdict for key, verdict in self.values.items() if verdict == Verdict.NO}
            self.values = {self._start: Verdict.UNKNOWN, **known}
        return asked

    @property
    def unfinished(self) -> bool:
        """Whether some verdict may still fall."""
        return bool(self._todo)

    def _look_up(self, key: Key) -> Verdict:
        if key in self._solved:
            return self._solved[key]
        if key not in self.values:
            self.values[key] = Verdict.YES
            self._todo[key] = None
        self._resting[key].add(self._now)
        return self.values[key]
