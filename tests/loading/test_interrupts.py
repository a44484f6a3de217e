"""SIGINT and SIGTERM: once stops in order, twice stops at once, a third is the program's own."""

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from abeja_datasets_loading.running.interrupts import Interrupts

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[list[Any]]:
    """The handlers before, which have to be back afterwards; SIGTERM has one, so that a mistake ends no test run."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    ours = [signal.getsignal(number) for number in SIGNALS]
    yield ours
    assert [signal.getsignal(number) for number in SIGNALS] == ours
    signal.signal(signal.SIGTERM, before)


class Run:
    """A run in a loop in a thread of its own, as the synchronous functions have it."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def go(self, interrupts: Interrupts, *numbers: signal.Signals, ends_at: int = 1) -> None:
        thread = threading.Thread(target=lambda: asyncio.run(self._main(interrupts, ends_at)))
        thread.start()
        for count, number in enumerate(numbers, 1):
            signal.raise_signal(number)
            deadline = time.monotonic() + 5
            while len(self.events) < count and time.monotonic() < deadline:
                time.sleep(0.001)
        thread.join(5)
        assert not thread.is_alive()

    async def _main(self, interrupts: Interrupts, ends_at: int) -> None:
        ended = asyncio.Event()

        def hear(name: str) -> None:
            self.events.append(name)
            if len(self.events) == ends_at:
                ended.set()

        interrupts.attach(asyncio.get_running_loop(), lambda: hear("stop"), lambda: hear("cancel"))
        await asyncio.wait_for(ended.wait(), 5)


@pytest.mark.parametrize("number", SIGNALS)
def test_one_signal_stops_in_order(number: signal.Signals) -> None:
    run = Run()
    with Interrupts() as interrupts:
        assert interrupts.signal is None
        run.go(interrupts, number)
    assert run.events == ["stop"]
    assert interrupts.signal is number


@pytest.mark.parametrize("first", SIGNALS)
@pytest.mark.parametrize("second", SIGNALS)
def test_two_signals_stop_at_once(first: signal.Signals, second: signal.Signals) -> None:
    run = Run()
    with Interrupts() as interrupts:
        run.go(interrupts, first, second, ends_at=2)
    assert run.events == ["stop", "cancel"]
    assert interrupts.signal is first


def test_a_third_signal_does_what_it_does_without_a_run() -> None:
    with Interrupts():
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_signal_before_the_loop_runs_is_not_lost() -> None:
    run = Run()
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGTERM)
        run.go(interrupts)
    assert run.events == ["stop"]


def test_a_signal_after_the_loop_has_ended_is_harmless() -> None:
    with Interrupts() as interrupts:
        asyncio.run(attach(interrupts))
        signal.raise_signal(signal.SIGINT)
    assert interrupts.signal is signal.SIGINT


async def attach(interrupts: Interrupts) -> None:
    interrupts.attach(asyncio.get_running_loop(), lambda: None, lambda: None)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_handlers_are_back_when_the_run_raises(error: type[BaseException], handlers: list[Any]) -> None:
    def run() -> None:
        with Interrupts():
            assert [signal.getsignal(number) for number in SIGNALS] != handlers
            raise error

    with pytest.raises(error):
        run()


def test_a_handler_that_the_program_sets_meanwhile_stays(handlers: list[Any]) -> None:
    def own(*_: object) -> None: ...

    with Interrupts():
        signal.signal(signal.SIGTERM, own)
    assert signal.getsignal(signal.SIGTERM) is own
    signal.signal(signal.SIGTERM, handlers[1])


def test_an_ignored_signal_stays_ignored(handlers: list[Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            for number in SIGNALS:
                signal.raise_signal(number)
            assert interrupts.signal is signal.SIGTERM
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, handlers[0])


def test_outside_the_main_thread_nothing_changes(handlers: list[Any]) -> None:
    seen: list[Any] = []

    def enter() -> None:
        with Interrupts() as interrupts:
            seen.extend(signal.getsignal(number) for number in SIGNALS)
            seen.append(interrupts.signal)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [*handlers, None]


def test_a_run_in_a_thread_leaves_the_one_in_the_main_thread_alone() -> None:
    with Interrupts() as outer:

        def enter() -> None:
            with Interrupts():
                pass

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        signal.raise_signal(signal.SIGINT)
        assert outer.signal is signal.SIGINT


def test_runs_at_once_all_hear_it_and_may_end_in_any_order() -> None:
    first, second = Interrupts(), Interrupts()
    with first:
        second.__enter__()
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
    assert first.signal is second.signal is signal.SIGTERM
    second.__exit__(None, None, None)


# The async twins, in the main thread: asyncio.Runner has a handler of its own for SIGINT.


async def interrupted(numbers: tuple[signal.Signals, ...]) -> list[str]:
    events: list[str] = []
    with Interrupts() as interrupts:
        interrupts.attach(asyncio.get_running_loop(), lambda: events.append("stop"), lambda: events.append("cancel"))
        for number in numbers:
            asyncio.get_running_loop().call_later(0.01 * (len(events) + 1), signal.raise_signal, number)
            for _ in range(1000):
                await asyncio.sleep(0.001)
                if len(events) == numbers.index(number) + 1:
                    break
    return events


@pytest.mark.parametrize("number", SIGNALS)
def test_asyncio_run_is_not_cancelled_by_the_first_signal(number: signal.Signals) -> None:
    assert asyncio.run(interrupted((number,))) == ["stop"]


def test_asyncio_run_has_its_handler_back() -> None:
    async def main() -> None:
        before = signal.getsignal(signal.SIGINT)
        assert await interrupted((signal.SIGINT,)) == ["stop"]
        assert signal.getsignal(signal.SIGINT) is before
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(5)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())


def test_a_handler_of_the_loop_hears_it_too() -> None:
    async def main() -> list[str]:
        heard: list[str] = []
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, heard.append, "the program's")
        assert await interrupted((signal.SIGTERM,)) == ["stop"]
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0.05)
        return heard

    before = signal.getsignal(signal.SIGTERM)
    try:
        assert asyncio.run(main()) == ["the program's"] * 2
    finally:
        signal.signal(signal.SIGTERM, before)  # the loop leaves the default one


def test_a_blocked_main_thread_hears_it() -> None:
    """The main thread waits for the thread of the run, and a signal comes from outside."""
    import os

    stopped = threading.Event()

    async def main(interrupts: Interrupts) -> None:
        ended = asyncio.Event()
        interrupts.attach(asyncio.get_running_loop(), ended.set, ended.set)
        asyncio.get_running_loop().call_later(0.02, os.kill, os.getpid(), signal.SIGINT)
        await asyncio.wait_for(ended.wait(), 5)
        stopped.set()

    with Interrupts() as interrupts:
        thread = threading.Thread(target=lambda: asyncio.run(main(interrupts)))
        thread.start()
        thread.join()
    assert stopped.is_set()
