"""Clauses and the probes that check them, by stage, in the order in which they are checked and reported."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Protocol

from abeja_datasets_contract.check.document.sources import Source

from .document import Contract
from .results import Clause

Check = Callable[[Any], None]
"""It is called with the `Probe`, whose module imports this one."""


@dataclass(frozen=True)
class Entry:
    """A clause and what checks it; None where the oracle does, on the way."""

    clause: Clause
    check: Check | None
    where: str = ""
    """The file and the line that register it."""
    gone: str = ""
    """What its source names that the document does not have."""
    promised: bool = True
    """Whether the document may promise it; a clause that it does not promise is not checked."""


class Add(Protocol):
    """Registers a clause."""

    def __call__(self, name: str, promise: str, source: Source, check: Check | None, *, reads: bool = False) -> None:
        """Register a clause; `reads` where GET requests are enough for it."""


@dataclass(frozen=True)
class _Row:
    name: str
    promise: str
    source: Source
    check: Check | None
    reads: bool
    where: str


_Maker = Callable[[Contract, Add], None]


@dataclass
class Stage:
    """Clauses that belong together."""

    name: str
    _rows: list[_Row | _Maker] = field(default_factory=list)

    def clause(self, name: str, promise: str, source: Source, *, reads: bool = False) -> Callable[[Check], Check]:
        """Register the decorated function as the check of a clause; `reads` where GET requests are enough for it."""

        def register(check: Check) -> Check:
            self._rows.append(_Row(name, promise, source, check, reads, _caller()))
            return check

        return register

    def add(self, name: str, promise: str, source: Source, check: Check | None, *, reads: bool = False) -> None:
        """Register a clause."""
        self._rows.append(_Row(name, promise, source, check, reads, _caller()))

    def of_document(self, maker: _Maker) -> _Maker:
        """Register clauses of which the document says how many there are: `maker` gets it, and adds them."""
        self._rows.append(maker)
        return maker

    def entries(self, contract: Contract) -> list[Entry]:
        """List the clauses, with their sources in a document."""
        found: list[Entry] = []
        for row in self._rows:
            for each in [row] if isinstance(row, _Row) else _made(row, contract):
                place = contract.locate(each.source)
                clause = Clause(
                    each.name,
                    each.promise,
                    place.text,
                    self.name,
                    writes=not each.reads,
                    line=place.line,
                    document=contract.document.name,
                )
                found.append(Entry(clause, each.check, each.where, place.gone, place.promised))
        return found


def _made(maker: _Maker, contract: Contract) -> list[_Row]:
    rows: list[_Row] = []

    def add(name: str, promise: str, source: Source, check: Check | None, *, reads: bool = False) -> None:
        rows.append(_Row(name, promise, source, check, reads, _caller()))

    maker(contract, add)
    return rows


def _caller() -> str:
    frame = sys._getframe(2)  # noqa: SLF001 - the documented way to a caller's line that costs nothing
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def chosen(entries: Sequence[Entry], select: Sequence[str] = (), skip: Sequence[str] = ()) -> list[Entry]:
    """List those of the clauses that the patterns leave.

    Raises:
        ValueError: a pattern fits no clause.
    """
    for pattern in (*select, *skip):
        if not any(fnmatchcase(entry.clause.name, pattern) for entry in entries):
            raise ValueError(f"{pattern}: no clause has a name like this")

    def wanted(name: str) -> bool:
        taken = not select or any(fnmatchcase(name, pattern) for pattern in select)
        return taken and not any(fnmatchcase(name, pattern) for pattern in skip)

    return [entry for entry in entries if wanted(entry.clause.name)]
