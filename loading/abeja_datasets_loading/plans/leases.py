"""Leases: objects by which workers keep apart. No two clocks are compared, so that a clock that is wrong does no harm.

A holder writes its lease again and again, each time with another count. Whoever waits for it to end watches whether it
changes, by a clock of its own. A lease keeps workers apart but for one that is cut off from the storage and not from
the server: it stops by itself when it could not write for so long that others may take it for ended.
"""

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from abeja_datasets_loading.errors import PlanError
from abeja_datasets_loading.plans.objects import encoded
from abeja_datasets_loading.plans.storage import Storage

PLAN_LEASE: Final = "run.json"
"""Held by who runs or verifies a whole plan."""
_BEATS: Final = 4
"""How often a lease is written in the time after which it counts as ended."""
_LOOK: Final = 0.5
"""Seconds between two looks at a lease that somebody else may hold."""


class Lease:
    """A lease that this process holds.

    Args:
        storage: where it is.
        name: of the object.
        seconds: without a sign of life after which others take it for ended.
        doing: what the holder does, for messages.
        clock: seconds, monotonic.
    """

    def __init__(
        self, storage: Storage, name: str, seconds: float, doing: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.attempt = secrets.token_hex(8)
        """A random name of this holder."""
        self._storage = storage
        self._name = name
        self._seconds = seconds
        self._doing = doing
        self._clock = clock
        self._beats = 0
        self._written = clock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_held(self) -> bool:
        """Whether nobody can have taken it for ended yet."""
        return not self._ended.is_set() and self._clock() - self._written < self._seconds

    def acquire(self) -> bool:
        """Return whether there was no such lease; it is held from now on."""
        self._written = self._clock()
        return self._storage.create(self._name, self._content())

    def take_over(self) -> bool:
        """Take a lease that has ended; return whether nobody else did at the same time, as far as that is seen."""
        self._write()
        time.sleep(min(0.2, self._seconds / _BEATS))
        return self._storage.read(self._name) == self._content()

    def keep(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Begin to write it again and again, in a thread, until it is given up or something else ends it.

        Args:
            is_over: asked each time whether somebody else decided about it.
        """
        self._thread = threading.Thread(target=self._beat, args=(is_over,), name="lease", daemon=True)
        self._thread.start()

    def give_up(self, *, remove: bool) -> None:
        """Stop writing it; `remove` says whether it goes, or stays as a sign that its work was begun."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        if remove:
            self._storage.remove(self._name)

    def _beat(self, is_over: Callable[[], bool]) -> None:
        while not self._ended.wait(self._seconds / _BEATS):
            with contextlib.suppress(PlanError):  # `is_held` becomes false where this lasts
                if is_over():
                    self._ended.set()
                    return
                self._write()

    def _write(self) -> None:
        begun = self._clock()
        self._beats += 1
        self._storage.put(self._name, self._content())
        self._written = begun

    def _content(self) -> bytes:
        holder = {"attempt": self.attempt, "host": socket.gethostname(), "pid": os.getpid(), "doing": self._doing}
        return encoded({**holder, "count": self._beats})


@contextlib.contextmanager
def alone(storage: Storage, seconds: float, doing: str, say: Callable[[str], None]) -> Iterator[Lease]:
    """Hold the lease of a whole plan.

    Args:
        storage: of the plan.
        seconds: without a sign of life after which a holder counts as ended.
        doing: `run` or `verify`.
        say: shows what is waited for.

    Raises:
        PlanError: another process runs or verifies the plan.
    """
    lease = Lease(storage, PLAN_LEASE, seconds, doing)
    if not lease.acquire():
        _wait_for_end(storage, seconds, say)
        if not lease.take_over():
            raise _in_use(storage, storage.read(PLAN_LEASE))
    lease.keep()
    try:
        yield lease
    finally:
        lease.give_up(remove=lease.is_held)


def still_held(storage: Storage, names: list[str], seconds: float) -> dict[str, bytes]:
    """Return the leases that change while they are watched for as long as they may live without a change.

    Args:
        storage: where they are.
        names: of the leases.
        seconds: how long that is.
    """
    before = dict(storage.read_all(names))
    time.sleep(seconds)
    after = dict(storage.read_all(names))
    return {name: data for name, data in after.items() if data is not None and data != before[name]}


def holder(data: bytes | None) -> str:
    """Return who holds a lease, for a message."""
    try:
        content: Mapping[str, Any] = json.loads(data or b"{}")
        return f"process {content['pid']} on {content['host']}"
    except (ValueError, KeyError, TypeError):
        return "an unknown process"


def _wait_for_end(storage: Storage, seconds: float, say: Callable[[str], None]) -> None:
    """Return when the holder of a plan has not changed its lease for so long that it has ended."""
    first = storage.read(PLAN_LEASE)
    end = time.monotonic() + seconds
    say(f"waits up to {seconds:g} s, to see whether {holder(first)} still runs this plan")
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, seconds / _BEATS, _LOOK))
        data = storage.read(PLAN_LEASE)
        if data is None:
            return
        if data != first:
            raise _in_use(storage, data)
    say("")


def _in_use(storage: Storage, data: bytes | None) -> PlanError:
    try:
        doing = {"run": "runs", "verify": "verifies"}[json.loads(data or b"{}")["doing"]]
    except (ValueError, KeyError, TypeError):
        doing = "uses"
    return PlanError(
        storage.url, f"{holder(data)} {doing} this plan now; wait until it ends, or end it, and try again", "running"
    )
