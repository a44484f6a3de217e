"""What goes on, shown while it does: a bar for the stages in a terminal, a line for each stage elsewhere."""

import time
from collections import Counter
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from abeja_datasets_contract.check.results import Exchange, Status, Verdict

from .figures import KNOWN, state
from .printable import one_line, plural, seconds

_OFTEN = 8
"""Times a second that the live line is drawn."""


class Progress:
    """Shows a check's progress, and counts. As a context manager it clears its line away at the end.

    Args:
        console: where to.
        live: whether the line may be drawn again and again.
    """

    def __init__(self, console: Console, *, live: bool) -> None:
        self._console = console
        self._stage, self._index, self._total = "starting", 0, 0
        self._began = time.monotonic()
        self._requests = self._at_stage = 0
        self._counts = Counter[str]()
        self._live = Live(console=console, get_renderable=self._line, refresh_per_second=_OFTEN, transient=True)
        self._drawn = live

    def __enter__(self) -> Self:
        if self._drawn:
            self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            self._live.stop()
        self._ended()

    def stage(self, name: str, index: int, total: int) -> None:
        """Begin a stage."""
        self._ended()
        self._stage, self._index, self._total = one_line(name), index, total
        self._began, self._at_stage = time.monotonic(), self._requests

    def request(self, exchange: Exchange) -> None:  # noqa: ARG002 - it is only counted
        """Count a request."""
        self._requests += 1

    def verdict(self, verdict: Verdict) -> None:
        """Count a verdict, and show one that is a failure."""
        ended = state(verdict)
        self._counts[ended] += 1
        if verdict.status is Status.FAIL:
            word = ("KNOWN ", "yellow") if ended == KNOWN else ("FAIL ", "bold red")
            promise = one_line(verdict.clause.promise)
            text = Text.assemble(word, (one_line(verdict.clause.name), "bold"), f"  {promise}")
            self._console.print(text, soft_wrap=not self._drawn, overflow="ellipsis", no_wrap=True)

    def _ended(self) -> None:
        """Write a line for the stage that has ended."""
        if not self._index:
            return
        sent = plural(self._requests - self._at_stage, "request")
        took = seconds(time.monotonic() - self._began)
        where = f"[{self._index}/{self._total}]"
        self._console.print(Text(f"{where} {self._stage}: {sent}, {took}"), soft_wrap=True)
        self._index = 0

    def _line(self) -> Text:
        width = 16
        done = width * max(0, self._index - 1) // max(1, self._total)
        counts = self._counts
        return Text.assemble(
            ("━" * done, "green"),
            ("─" * (width - done), "dim"),
            f" {self._index}/{self._total} {self._stage}  ",
            (plural(self._requests, "request") + "  ", "dim"),
            (f"{counts[Status.PASS]} pass  ", "green"),
            (f"{counts[Status.FAIL]} fail  " if counts[Status.FAIL] else "", "bold red"),
            (f"{counts[KNOWN]} known" if counts[KNOWN] else "", "yellow"),
            overflow="ellipsis",
            no_wrap=True,
        )
