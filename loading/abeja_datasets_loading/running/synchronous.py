"""Running a coroutine for a caller without an event loop, or in a notebook, whose loop is taken."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, wait
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, TypeVar

from abeja_datasets_loading.running.interrupts import Interrupts

P = ParamSpec("P")
T = TypeVar("T")

_given: ContextVar[Interrupts | None] = ContextVar("interrupts", default=None)
"""Those of the thread that waits for the coroutine."""


def run_sync(function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a coroutine function returns. It runs in an event loop of its own, in a thread of its own.

    Ctrl-C is heard in the calling thread, if that is the main one.
    """
    with Interrupts() as interrupts:
        context = copy_context()
        context.run(_given.set, interrupts)
        result: Future[T] = Future()
        job = _Job(result, lambda: function(*args, **kwargs))
        # A daemon, so that an input that blocks for ever does not keep the program from ending.
        threading.Thread(target=context.run, args=(job.run,), name="loading", daemon=True).start()
        try:
            return result.result()
        finally:
            if not result.done():  # something else than the coroutine has raised, such as a handler of the caller's
                job.cancel()
                wait([result])


@contextlib.contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Return what hears Ctrl-C for the running coroutine."""
    given = _given.get()
    if given is not None:
        yield given
        return
    with Interrupts() as own:
        yield own


class _Job:
    def __init__(self, result: "Future[Any]", start: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._result = result
        self._start = start
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def run(self) -> None:
        try:
            outcome = asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits
            self._result.set_exception(error)
        else:
            self._result.set_result(outcome)

    def cancel(self) -> None:
        if self._loop is not None and self._task is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._task.cancel)

    async def _main(self) -> Any:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        return await self._start()
