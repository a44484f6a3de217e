"""Faults at work: which request each one strikes, and the record of those that were struck."""

import functools
import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote_from_bytes

from abeja_datasets_mock.errors import Refusal
from abeja_datasets_mock.http.routing import Routes
from abeja_datasets_mock.openapi.document import operations

from .effects import Between, Level
from .fields import PlanError
from .plan import Fault, Plan, PlanSource, load_plan

LEVELS: tuple[Level, ...] = ("server", "wire")
_NEEDS: dict[Level, str] = {
    "wire": "the fault proxy: `abeja-datasets mock --fault-proxy`, or `abeja_datasets_mock.faults.Proxy` in Python",
    "server": "the server's own faults: `abeja-datasets mock`, or `abeja_datasets_mock.faults.install` in Python",
}
"""What causes the faults of each level."""
_KEPT = 10_000
_PLAIN = bytes(range(0x21, 0x7F)).decode("ascii")

_logger = logging.getLogger("abeja_datasets_mock.faults")


class Hit(NamedTuple):
    """A request that a fault may apply to. `operation` is None where the document has none; `path` has no query."""

    method: str
    path: str
    operation: str | None


@dataclass(frozen=True, slots=True)
class Applied:
    """A fault that was applied.

    Attributes:
        fault: its place in the plan, from 0.
        level: where it is done.
        effect: what it does, in a few words.
        method: of the request. Of a fault between two requests it is the one before; None before any.
        path: of that request, without the query.
        operation: of that request; None where the document has none.
        time: how many times the fault was applied, with this one.
    """

    fault: int
    level: Level
    effect: str
    method: str | None
    path: str | None
    operation: str | None
    time: int

    def __str__(self) -> str:
        struck = f"{self.method} {self.path} ({self.operation or 'no operation'})" if self.method else "no request yet"
        return f"faults[{self.fault}] {self.effect}: {struck}, time {self.time}"

    def as_json(self) -> dict[str, Any]:
        """Return the record as the admin route shows it."""
        return asdict(self)


class _Running:
    """A fault with its counts so far."""

    def __init__(self, fault: Fault, index: int, seed: int) -> None:
        self.fault = fault
        self.index = index
        self.times = 0
        self._seen = 0
        # One for each fault, so that none depends on how often another was asked.
        self.random = random.Random(f"{seed}/{index}")  # noqa: S311 - repeatable is what it has to be

    def strikes(self) -> bool:
        fault = self.fault
        self._seen += 1
        if self._seen <= fault.after or (fault.count is not None and self.times >= fault.count):
            return False
        if fault.probability < 1 and self.random.random() >= fault.probability:
            return False
        self.times += 1
        return True


class Faults:
    """A plan at work. The middleware and the proxy ask it; tests and the admin route set it.

    Threads may share it. Which request a fault applies to depends only on the plan, its seed and the order of requests.

    Args:
        plan: the plan; without one there are no faults.
        levels: where faults can be done. A plan with a fault of another level is refused: it would do nothing.

    Attributes:
        watchers: called after each change of the plan, in the thread that makes it.

    Raises:
        PlanError: see `load_plan`.
    """

    def __init__(self, plan: PlanSource = (), *, levels: Iterable[Level] = LEVELS) -> None:
        self.watchers: list[Callable[[], None]] = []
        self._levels = tuple(levels)
        self._lock = threading.Lock()
        self._records: deque[Applied] = deque(maxlen=_KEPT)
        self._listeners: list[Callable[[Applied], None]] = []
        self._running: dict[Level, list[_Running]] = {}
        self.plan = plan

    @property
    def plan(self) -> Plan:
        """The plan. It may be set to anything that `load_plan` takes, which resets all counts and the record."""
        return self._plan

    @plan.setter
    def plan(self, source: PlanSource) -> None:
        plan = self._checked(load_plan(source), f"{source}: " if isinstance(source, str | Path) else "")
        with self._lock:
            self._records.clear()
            self._set(plan, [_Running(fault, index, plan.seed) for index, fault in enumerate(plan.faults)])
        self._changed()

    def add(self, **fields: Any) -> None:
        """Add a fault after the others, whose counts stay: `faults.add(status=503, count=1)`.

        Raises:
            PlanError: it is not valid.
        """
        with self._lock:
            plan = self._checked(self._plan.with_fault(**fields))
            index = len(plan.faults) - 1
            self._set(plan, [*self._all, _Running(plan.faults[index], index, plan.seed)])
        self._changed()

    def clear(self) -> None:
        """Remove all faults. The record of those that were applied stays."""
        with self._lock:
            self._set(Plan(), [])
        self._changed()

    @property
    def applied(self) -> list[Applied]:
        """The faults that were applied under this plan, in order of time; the last 10,000."""
        with self._lock:
            return list(self._records)

    def on_applied(self, listener: Callable[[Applied], None]) -> None:
        """Call `listener` for each fault that applies, before it acts and in the same thread."""
        self._listeners.append(listener)

    def planned(self, level: Level) -> bool:
        """Return whether the plan has a fault of a level."""
        return level in self._running

    def strike(self, level: Level, hit: Hit) -> tuple[Fault, random.Random] | None:
        """Find the fault that applies to a request, and record it.

        Returns:
            The fault with its source of chance; None where no fault applies.
        """
        return self._strike(level, hit, lambda fault: not isinstance(fault.effect, Between))

    def strike_between(self, hit: Hit | None) -> Fault | None:
        """Find the fault that applies after the response to `hit`, or at the start of the plan where that is None."""

        def fits(fault: Fault) -> bool:
            return isinstance(fault.effect, Between) and (hit is not None or fault.effect.at_start)

        struck = self._strike("wire", hit, fits)
        return None if struck is None else struck[0]

    def _strike(
        self, level: Level, hit: Hit | None, fits: Callable[[Fault], bool]
    ) -> tuple[Fault, random.Random] | None:
        method, path, operation = hit or (None, None, None)
        with self._lock:
            for running in self._running.get(level, ()):
                fault = running.fault
                if fits(fault) and fault.matches(method, operation) and running.strikes():
                    record = Applied(running.index, level, str(fault.effect), method, path, operation, running.times)
                    self._records.append(record)
                    break
            else:
                return None
        _logger.info("%s", record)
        for listener in self._listeners:
            listener(record)
        return fault, running.random

    def _checked(self, plan: Plan, place: str = "") -> Plan:
        for index, fault in enumerate(plan.faults):
            if fault.level not in self._levels:
                raise PlanError(f"{place}faults[{index}]: {fault.effect} needs {_NEEDS[fault.level]}")
        return plan

    def _set(self, plan: Plan, running: list[_Running]) -> None:
        self._plan, self._all = plan, running
        levels = {entry.fault.level for entry in running}
        self._running = {level: [entry for entry in running if entry.fault.level == level] for level in levels}

    def _changed(self) -> None:
        for watcher in tuple(self.watchers):
            watcher()


def live(plan: "Faults | PlanSource", level: Level) -> Faults:
    """Return the `Faults` of a plan for one level; a `Faults` is returned as it is, to be shared."""
    return plan if isinstance(plan, Faults) else Faults(plan, levels=(level,))


@functools.cache
def _routes() -> Routes:
    return Routes(operations())


def identify(method: str, path: bytes) -> Hit:
    """Find the operation of a request by its method and its path as sent, without the query.

    The two spellings of a collection's path are the same, as for the server.
    """
    try:
        operation = _routes().find(path)[0].operations.get(method)
    except Refusal:
        operation = None
    # Bytes that no path may hold are escaped, so that no request can break a line of the log.
    return Hit(method, quote_from_bytes(path, _PLAIN), operation.operation_id if operation else None)
