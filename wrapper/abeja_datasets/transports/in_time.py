"""Running what nothing else can end, such as the look-up of a host name, for a limited time: in a thread."""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import Any, TypeVar

T = TypeVar("T")


class OverTime(Exception):
    """The time was over first.

    Args:
        thread: goes on.
    """

    def __init__(self, thread: threading.Thread) -> None:
        super().__init__()
        self.thread = thread


def run(work: Callable[[], T], seconds: float, late: Callable[[T], Any] = lambda _result: None) -> T:
    """Return what a function returns, or raise what it raises.

    Args:
        work: is called in another thread, which goes on if it takes longer.
        seconds: how long to wait.
        late: takes the result that came too late.

    Raises:
        OverTime: the function has not returned.
    """
    done: Future[T] = Future()
    context = contextvars.copy_context()

    def attempt() -> None:
        try:
            result = context.run(work)
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
            if not done.cancelled():
                done.set_exception(error)
            return
        try:
            done.set_result(result)
        except InvalidStateError:
            late(result)

    thread = threading.Thread(target=attempt, name="abeja-datasets", daemon=True)
    thread.start()
    try:
        return done.result(max(0.0, seconds))
    except TimeoutError:
        if done.cancel():
            raise OverTime(thread) from None
        return done.result()
    finally:
        done.cancel()  # by a KeyboardInterrupt
