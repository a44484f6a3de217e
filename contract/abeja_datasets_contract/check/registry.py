"""Clauses and the probes that check them, by stage, in the order in which they are checked and reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .results import Clause

if TYPE_CHECKING:
    from .probe import Probe

Check = Callable[["Probe"], None]


@dataclass(frozen=True)
class Entry:
    """A clause and what checks it; None where the oracle does, on the way."""

    clause: Clause
    check: Check | None


@dataclass
class Stage:
    """Clauses that belong together."""

    name: str
    entries: list[Entry] = field(default_factory=list)

    def clause(self, name: str, promise: str, source: str, *, reads: bool = False) -> Callable[[Check], Check]:
        """Register the decorated function as the check of a clause; `reads` where GET requests are enough for it."""

        def register(check: Check) -> Check:
            self.add(name, promise, source, check, reads=reads)
            return check

        return register

    def add(self, name: str, promise: str, source: str, check: Check | None, *, reads: bool = False) -> None:
        """Register a clause."""
        self.entries.append(Entry(Clause(name, promise, source, self.name, writes=not reads), check))


def chosen(stages: Sequence[Stage], select: Sequence[str], skip: Sequence[str]) -> list[Entry]:
    """List the clauses that the patterns leave.

    Raises:
        ValueError: a pattern fits no clause.
    """
    entries = [entry for stage in stages for entry in stage.entries]
    for pattern in (*select, *skip):
        if not any(fnmatchcase(entry.clause.name, pattern) for entry in entries):
            raise ValueError(f"{pattern}: no clause has a name like this")

    def wanted(name: str) -> bool:
        taken = not select or any(fnmatchcase(name, pattern) for pattern in select)
        return taken and not any(fnmatchcase(name, pattern) for pattern in skip)

    return [entry for entry in entries if wanted(entry.clause.name)]
