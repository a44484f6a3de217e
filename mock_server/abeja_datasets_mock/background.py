"""A service in a thread of its own, for tests and for programs that do other work."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

_Result = TypeVar("_Result")


class Service(Protocol):
    """Something that listens within the running event loop."""

    async def start(self) -> str:
        """Listen, and return the URL."""
        ...

    async def stop(self) -> None:
        """Stop listening, and close all connections."""
        ...


class Background:
    """A service in a thread of its own, with an event loop of its own.

    Args:
        service: what listens.
        name: the thread's.
        loop_factory: makes the event loop; by default it is asyncio's own.

    Attributes:
        url: where it listens, without a slash at the end; from `start` on.
    """

    def __init__(
        self, service: Service, name: str, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    ) -> None:
        self.url = ""
        self._service = service
        self._name = name
        self._loop_factory = loop_factory
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Start, and return when connections are accepted.

        Raises:
            OSError: the address can't be listened on.
        """
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop, and close all connections. It may be called twice."""
        if self._thread is None:
            self._ended()
        elif self._thread.is_alive() and self._loop is not None and self._end is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
                self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()

    def run(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """Run a coroutine in its event loop, and return or raise its result.

        Raises:
            RuntimeError: it does not run.
        """
        if self._loop is None or self._thread is None or not self._thread.is_alive():
            coroutine.close()
            raise RuntimeError(f"{self._name} does not run")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url or 'not started'}>"

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._loop_factory) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        try:
            self.url = await self._service.start()
        except BaseException as error:  # noqa: BLE001 - it is raised by `start`, in the thread that waits there
            self._failure = error
            self._ended()
            return
        finally:
            self._ready.set()
        await self._end.wait()
        await self._service.stop()
        self._ended()

    def _ended(self) -> None:
        """Release what outlives the service, which has ended or was never started."""
