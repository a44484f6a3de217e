"""The engine `local`: processes of this machine. One that dies is replaced."""

import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from abeja_datasets_loading.plans.running_units import UnitResult
from abeja_datasets_loading.plans.tasks import Failure

_TRIES: Final = 3
"""Processes that may die with one unit, before the run ends."""

Run = Callable[[int], UnitResult | Failure]
Result = UnitResult | Failure


def engine() -> "Local":
    """Return the engine."""
    return Local()


class Local:
    """Runs units in processes of their own."""

    def start(self) -> None:
        """Do nothing: a process is started where a unit needs one."""

    def processors(self) -> int:
        """Return how many processors this machine has."""
        return os.cpu_count() or 1

    def map(self, task: Run, units: Sequence[int], workers: int) -> Iterator[Result]:
        """Iterate over the results of units; see `Engine.map`."""
        rest, deaths = deque(units), Counter[int]()
        idle, busy = list[_Worker](), dict[Any, _Worker]()
        try:
            while rest or busy:
                while rest and len(busy) < workers:
                    worker = idle.pop() if idle else _Worker(task)
                    if worker.begin(rest[0]):
                        rest.popleft()
                        busy[worker.connection] = worker
                for connection in wait([*busy]):
                    worker = busy.pop(connection)
                    result = worker.result()
                    if result is None and deaths[worker.unit] < _TRIES - 1:
                        deaths[worker.unit] += 1
                        rest.appendleft(worker.unit)
                        continue
                    idle.append(worker)
                    yield result or _died(worker)
        finally:
            for worker in (*idle, *busy.values()):
                worker.end()


def _died(worker: "_Worker") -> Failure:
    error = RuntimeError(f"{_TRIES} processes died with it, the last with exit code {worker.exit_code}")
    return Failure(worker.unit, "a process of this machine", error)


class _Worker:
    """A process, and the connection to it."""

    def __init__(self, task: Run) -> None:
        # A fork would share connections and threads of the program.
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.unit = -1
        self._process = context.Process(target=_work, args=(task, other), name="abeja-datasets unit")
        self._process.start()
        other.close()  # so that the end of the process ends the connection

    @property
    def exit_code(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def begin(self, unit: int) -> bool:
        """Run a unit; return False where the process has died."""
        self.unit = unit
        try:
            self.connection.send(unit)
        except OSError:
            self.end()
            return False
        return True

    def result(self) -> Result | None:
        """Return the result of the unit; None where the process died."""
        try:
            result: Result = self.connection.recv()
        except (EOFError, OSError):
            self.end()
            return None
        return result

    def end(self) -> None:
        """End the process when it has ended its unit."""
        self.connection.close()
        self._process.join()


def _work(task: Run, connection: "Connection[Any, Any]") -> None:
    """Run units until the driver closes the connection, or has ended."""
    with suppress(EOFError, OSError, KeyboardInterrupt):  # Ctrl-C between two units; within one it stops it in order
        while True:
            connection.send(task(connection.recv()))
