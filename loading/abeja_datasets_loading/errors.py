"""The errors of loading.

::

    LoadingError                every error of this package
    ├── InvalidItem             an input item that can't be sent; also a ValueError
    ├── InputChanged            the input is not the one that an earlier run of the journal read
    ├── JournalError            a journal that can't be used, or not by this run
    ├── LoadingStopped          the run stopped before the input ended; its journal resumes it
    ├── PlanError               a plan of a distributed load that can't be used, or not now
    │   └── SourceChanged       a source file is not the one that the plan was made of
    └── NotAllLoaded            raised by `raise_for_errors()` of a report

All of them pickle, with their fields. The errors of a request are those of `abeja_datasets.exceptions`.
"""

from os import PathLike
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from abeja_datasets_loading.report import Report
    from abeja_datasets_loading.verifying.verification import Verification

__all__ = [
    "InputChanged",
    "InvalidItem",
    "JournalError",
    "JournalProblem",
    "LoadingError",
    "LoadingStopped",
    "NotAllLoaded",
    "PlanError",
    "PlanProblem",
    "SourceChanged",
]

JournalProblem = Literal[
    "locked", "other_target", "other_version", "not_a_journal", "damaged", "disk_full", "read_only", "unusable"
]
"""Why a journal can't be used: another process has it open, it belongs to another target or was written by another
version, the file is something else or is damaged, it can't be written, or something else (see the message)."""

PlanProblem = Literal[
    "no_plan", "exists", "damaged", "other_version", "other_target", "storage", "source", "source_changed", "unit",
    "running", "not_run", "engine", "worker",
]  # fmt: skip
"""Why a plan can't be used: there is none, or one already; an object is damaged, or of another version or plan; the
client is for another server; the storage or a source can't be used; a source changed; there is no such unit; another
process runs it; units were not run yet; the engine can't be used, or a worker failed."""


class LoadingError(Exception):
    """Base of every error of this package."""


class InvalidItem(LoadingError, ValueError):
    """An input item that can't be sent. Nothing was sent for it.

    Attributes:
        index: of the item in the input, from 0.
        path: the place within the item, such as `attributes.detection[0].rect.xmax`; empty for the item itself.
        problem: what is wrong there, and what is needed.
    """

    def __init__(self, index: int, path: str, problem: str) -> None:
        super().__init__(index, path, problem)
        self.index = index
        self.path = path
        self.problem = problem

    @property
    def reason(self) -> str:
        """The path and the problem, without the index."""
        return f"{self.path}: {self.problem}" if self.path else self.problem

    def __str__(self) -> str:
        return f"item {self.index}: {self.reason}"


class InputChanged(LoadingError):
    """The input is not the one that an earlier run of this journal read.

    Attributes:
        index: of the first item that differs, from 0.
        problem: how the input differs.
    """

    def __init__(
        self, index: int, problem: str = "differs from the item that an earlier run of this journal read"
    ) -> None:
        super().__init__(index, problem)
        self.index = index
        self.problem = problem

    def __str__(self) -> str:
        return f"item {self.index}: {self.problem}; pass the same input, or load this one with a journal of its own"


class JournalError(LoadingError):
    """A journal that can't be used, or not by this run. What is recorded in it is unchanged.

    Attributes:
        path: of the journal; None for a temporary one.
        problem: what is wrong, and what to do.
        kind: what is wrong, as a short name.
    """

    def __init__(self, path: str | PathLike[str] | None, problem: str, kind: JournalProblem = "unusable") -> None:
        super().__init__(path, problem, kind)
        self.path = path
        self.problem = problem
        self.kind = kind

    def __str__(self) -> str:
        return f"journal {self.path}: {self.problem}" if self.path is not None else f"temporary journal: {self.problem}"


class LoadingStopped(LoadingError):
    """The run stopped before the input ended. Where it has a journal, the same call resumes it.

    The error that stopped it, if there is one, is the `__cause__`.

    Attributes:
        report: what was done until then.
        reason: why the run stopped.
    """

    def __init__(self, report: "Report", reason: str) -> None:
        super().__init__(report, reason)
        self.report = report
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason}; {self.report.summary()}; {self.report.how_to_resume()}"


class NotAllLoaded(LoadingError):
    """Not all items of the input were created (updated, deleted), or a verification found a difference.

    Attributes:
        report: which were, and why the rest was not.
    """

    def __init__(self, report: "Report | Verification") -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        return self.report.problems()


class PlanError(LoadingError):
    """A plan of a distributed load that can't be used, or not now. What is recorded beside it is unchanged.

    Attributes:
        place: the URL of the plan, of an object beside it, or of a source.
        problem: what is wrong, and what to do.
        kind: what is wrong, as a short name.
    """

    def __init__(self, place: str, problem: str, kind: PlanProblem) -> None:
        super().__init__(place, problem, kind)
        self.place = place
        self.problem = problem
        self.kind = kind

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


class SourceChanged(PlanError):
    """A source file is not the one that the plan was made of. Nothing of it was sent by the unit that found it."""

    def __init__(self, place: str, problem: str, kind: PlanProblem = "source_changed") -> None:
        super().__init__(place, problem, kind)
