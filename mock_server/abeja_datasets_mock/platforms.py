"""Differences between operating systems: the event loop, the limit of open files, and signals.

The server is tested on Linux. Windows has neither uvloop nor the module `resource`, and its event loops take no signal
handlers (https://docs.python.org/3/library/asyncio-platforms.html#windows).
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Iterable

if sys.platform == "win32":

    def new_event_loop() -> asyncio.AbstractEventLoop:
        """Return an event loop that can watch sockets, as the fault proxy does; the default one of Windows can't."""
        return asyncio.SelectorEventLoop()

    def allow_files(_wanted: int) -> None:
        """Do nothing: sockets are not counted as files."""

    def on_signals(numbers: Iterable[signal.Signals], act: Callable[[], None]) -> None:
        """Call `act` at one of the signals, in the running event loop."""
        loop = asyncio.get_running_loop()
        for number in numbers:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))

else:
    import resource

    import uvloop

    def new_event_loop() -> asyncio.AbstractEventLoop:
        """Return an event loop of uvloop, which is the quicker one."""
        return uvloop.new_event_loop()

    def allow_files(wanted: int) -> None:
        """Raise the limit of open files, as far as the system allows: most start a program with 1,024."""
        limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        allowed = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
        if limit < allowed:
            with contextlib.suppress(OSError, ValueError):  # a system may allow less than it says
                resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))

    def on_signals(numbers: Iterable[signal.Signals], act: Callable[[], None]) -> None:
        """Call `act` at one of the signals, in the running event loop."""
        for number in numbers:
            asyncio.get_running_loop().add_signal_handler(number, act)
