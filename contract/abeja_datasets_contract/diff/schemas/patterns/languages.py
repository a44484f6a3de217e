"""Whether every text that one set of patterns matches is matched by another pattern: regular-language containment.

Automata of the patterns are walked side by side over sets of their positions. The sets are made as they are met, so
that a budget can end the walk. greenery, the well-kept library for this, makes whole automata before it compares them,
and `.*a.{30}` alone lets those grow without limit.
"""

from collections import deque
from collections.abc import Iterator

from abeja_datasets_contract.diff.schemas.fixpoint import Verdict
from abeja_datasets_contract.diff.schemas.patterns.automata import (
    ALL,
    BREAKS,
    LAST,
    Automaton,
    NotRegular,
    Ranges,
    without,
)
from abeja_datasets_contract.diff.schemas.patterns.reader import Reader

_SURROGATES = (0xD800, 0xE000)
_STEPS = 100_000
"""So many positions are left before a pair of patterns is too large to decide."""


def contained(sent: list[str], covering: str) -> tuple[Verdict, str]:
    """Return whether each text that all of some patterns match is matched by another one.

    Args:
        sent: the patterns that a text matches.
        covering: the pattern that has to match it.

    Returns:
        The verdict, and for *no* the shortest text that shows it.
    """
    verdict, text = _contained(sent, covering, without(BREAKS))
    if verdict == Verdict.NO and _contained(sent, covering, ALL)[0] == Verdict.YES:
        return Verdict.UNKNOWN, ""  # by the letter a dot is not a line break, of which hardly anybody thinks
    return verdict, text


def _contained(sent: list[str], covering: str, dot: Ranges) -> tuple[Verdict, str]:
    try:
        automata = [Reader(pattern, dot).read() for pattern in (*sent, covering)]
    except NotRegular:
        return Verdict.UNKNOWN, ""
    return _walk(automata)


State = tuple[frozenset[int], ...]


def _walk(automata: list[Automaton]) -> tuple[Verdict, str]:
    signs = _representatives(automata)
    start: State = tuple(frozenset({-1}) for _ in automata)
    came: dict[State, str] = {start: ""}
    todo = deque([start])
    left = _STEPS
    while todo and left > 0:
        state = todo.popleft()
        if _ends(automata, state):
            return Verdict.NO, came[state]
        left -= len(signs) * sum(map(len, state))
        for sign in signs:
            after = tuple(_after(automaton, places, sign) for automaton, places in zip(automata, state, strict=True))
            if all(after[:-1]) and after not in came:
                came[after] = came[state] + chr(sign)
                todo.append(after)
    return (Verdict.UNKNOWN if todo else Verdict.YES), ""


def _ends(automata: list[Automaton], state: State) -> bool:
    """Return whether a text that led here is matched by all of the patterns but the last."""
    matched = [
        bool(places & automaton.last) or (-1 in places and automaton.empty)
        for automaton, places in zip(automata, state, strict=True)
    ]
    return all(matched[:-1]) and not matched[-1]


def _after(automaton: Automaton, places: frozenset[int], sign: int) -> frozenset[int]:
    following = set[int]().union(*(automaton.first if place < 0 else automaton.follow[place] for place in places))
    return frozenset(place for place in following if any(low <= sign <= high for low, high in automaton.signs[place]))


def _representatives(automata: list[Automaton]) -> list[int]:
    """Return one character of each class that no pattern distinguishes."""
    ranges = [pair for one in automata for signs in one.signs for pair in signs]
    return list(_classes({edge for low, high in ranges for edge in (low, high + 1)}))


def _classes(edges: set[int]) -> Iterator[int]:
    bounds = sorted({0, *_SURROGATES, *edges})
    for low, high in zip(bounds, [*bounds[1:], LAST + 1], strict=True):
        if low < high and not _SURROGATES[0] <= low < _SURROGATES[1]:
            yield next((code for code in map(ord, "aA0- ") if low <= code < high), low)
