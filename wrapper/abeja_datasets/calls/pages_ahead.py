"""Loading the next page while the caller works on another: in a thread."""

import contextvars
import os
import threading
from collections.abc import Callable
from typing import Final

from abeja_datasets.calls import waiting
from abeja_datasets.calls.exchange import Result
from abeja_datasets.operations import Call
from abeja_datasets.transports.over_httpx.steps import Steps, watching

_SECONDS_TO_END: Final = 2.0
"""How long closing waits for a thread that connects, or looks up a host name: nothing ends these."""


class Ahead:
    """Sends one call ahead. A thread that nobody waits for any more is ended.

    Args:
        send: sends a call.
    """

    def __init__(self, send: Callable[[Call], Result]) -> None:
        self._send = send
        self._work: _Work | None = None

    def begin(self, call: Call) -> None:
        """Begin to send a call."""
        self._work = _Work(self._send, call)

    def take(self, call: Call) -> Result:
        """Return the response to a call that was begun, or else send it.

        Raises:
            Error: of the call.
        """
        work = self._work
        if work is not None and work.call is call:
            # If the caller is interrupted meanwhile, the thread goes on, and the next step takes its response.
            work.thread.join()
            self._work = None
            if result := work.result():
                return result
        return self._send(call)

    def close(self) -> None:
        """End what is under way."""
        work, self._work = self._work, None
        if work is not None:
            work.end()
            work.thread.join(_SECONDS_TO_END)

    def __del__(self) -> None:
        if self._work is not None:
            self._work.end()

    def __reduce__(self) -> "tuple[type[Ahead], tuple[Callable[[Call], Result]]]":
        return Ahead, (self._send,)


class _Work:
    """A call that a thread sends."""

    def __init__(self, send: Callable[[Call], Result], call: Call) -> None:
        self.call = call
        self._answer: Result | None = None
        self._error: BaseException | None = None
        self._steps = Steps()
        self._stop = waiting.Stop()
        self._pid = os.getpid()
        context = contextvars.copy_context()
        # A daemon: a program that ends does not wait for a page that nobody will see.
        self.thread = threading.Thread(
            target=context.run, args=(self._run, send), name="abeja-datasets page ahead", daemon=True
        )
        self.thread.start()

    def result(self) -> Result | None:
        """Return the response; None in a forked child, which has no threads of its parent."""
        try:
            if self._error is not None:
                raise self._error
            return self._answer
        finally:
            self._error = None  # whose frames refer to this

    def end(self) -> None:
        """End the thread: its request, and the waits between its attempts."""
        # The connection is shared with a forked child, which must not shut it down.
        if os.getpid() == self._pid:
            self._stop.now()
            self._steps.end()

    def _run(self, send: Callable[[Call], Result]) -> None:
        watching.set(self._steps)
        waiting.stop.set(self._stop)
        try:
            self._answer = send(self.call)
        except BaseException as error:  # noqa: BLE001 - it is raised where the response is taken
            self._error = error
