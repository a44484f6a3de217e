"""Progress: a callback, a bar in a terminal, a line every 30 seconds elsewhere."""

import contextlib
import functools
import io
import logging
import os
import pty
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from typing import Any, TextIO

import pytest

from abeja_datasets_loading.progress.progress import Lines, Progress, Reporter, reporter

HALF = Progress(
    total=10_000, read=6000, created=4000, earlier=990, rejected=10, unknown=2, concurrency=16, rate=100.0, seconds=40.0
)
WAITING = Progress(total=10, read=10, created=9, unknown=1, note="waits 61 s until no request can be under way")
LINE = "create: 4,990 of 10,000 created, 100/s, 50 s left, 10 rejected, 2 unknown, 16 at once\n"


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (HALF, LINE[8:-1]),
        (Progress(), "0 created, 0.0/s, in 0.0 s"),
        (Progress(action="delete", created=5, rate=2.5, seconds=61.4), "5 deleted, 2.5/s, in 61 s"),
        (Progress(total=5, created=5, rate=2.5, seconds=600), "5 of 5 created, 2.5/s, in 10 min"),
        (Progress(total=5, created=7, rate=1.0), "7 created, 1.0/s, in 0.0 s"),
        (Progress(total=20_000, created=1, rate=2), "1 of 20,000 created, 2.0/s, 2 h 47 min left"),
        (WAITING, "9 of 10 created, 0.0/s, in 0.0 s, 1 unknown; waits 61 s until no request can be under way"),
    ],
)
def test_progress_as_text(progress: Progress, text: str) -> None:
    assert str(progress) == text


def test_a_snapshot_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        HALF.read = 1  # type: ignore[misc] # what is tried
    assert HALF.done == 5000
    assert HALF.seconds_left == 50
    assert Progress(total=3, created=5, rate=1).seconds_left == 0
    assert Progress(total=3).seconds_left is None
    assert Progress(rate=1).seconds_left is None
    assert HALF.ended().seconds_left is None
    assert Progress(created=1, rate=99, note="waits").ended() == Progress(created=1, has_ended=True)


# A function of the caller's.


def test_a_callback_gets_each_snapshot() -> None:
    seen: list[Progress] = []
    with reporter(seen.append) as shown:
        shown.show(HALF)
        shown.end(WAITING)
    assert seen == [HALF, replace(WAITING, note="", has_ended=True)]
    assert shown.interval == 0.5


def test_what_a_callback_raises_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[Progress] = []

    def fails(progress: Progress) -> None:
        calls.append(progress)
        raise ZeroDivisionError

    with reporter(fails) as shown:
        for _ in range(3):
            shown.show(HALF)
        shown.end(HALF)
    assert len(calls) == 4
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("abeja_datasets_loading", logging.ERROR)
    assert "ZeroDivisionError" in caplog.text


def test_an_interrupt_in_a_callback_is_not_swallowed() -> None:
    def interrupts(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reporter(interrupts).show(HALF)


async def a_coroutine_function(progress: Progress) -> None: ...


class AsyncCallable:
    async def __call__(self, progress: Progress) -> None: ...


@pytest.mark.parametrize(
    "wrong", [a_coroutine_function, functools.partial(a_coroutine_function), AsyncCallable(), 3, "bar"]
)
def test_what_is_no_plain_function_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="on_progress: "):
        reporter(wrong)


# Lines.


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_line_every_30_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    with Lines(stream, clock) as lines:
        for _ in range(70):
            lines.show(HALF)
            clock.now += 1
        assert stream.getvalue() == LINE * 2
        lines.end(HALF)
    assert stream.getvalue() == f"{LINE * 2}create: 4,990 of 10,000 created, 100/s, in 40 s, 10 rejected, 2 unknown\n"


def test_a_short_run_writes_nothing() -> None:
    stream = io.StringIO()
    with Lines(stream, Clock()) as lines:
        lines.show(HALF)
        lines.end(HALF)
    assert stream.getvalue() == ""


def test_waiting_is_said_at_once() -> None:
    stream = io.StringIO()
    lines = Lines(stream, Clock())
    for progress in (HALF, WAITING, WAITING, HALF, WAITING):
        lines.show(progress)
    assert stream.getvalue() == f"create: {WAITING}\n" * 2


class Failing(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


def closed() -> TextIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [Failing(), closed(), object()])
@pytest.mark.parametrize("on_progress", [None, True])
def test_a_broken_stream_is_no_reason_to_stop(stream: Any, on_progress: bool | None) -> None:
    with reporter(on_progress, stream=stream) as shown:
        shown.show(WAITING)
        shown.end(WAITING)


def test_a_stream_of_another_encoding() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Lines(stream, Clock()).show(Progress(note="あ waits"))
    stream.seek(0)
    assert stream.read().endswith("; ? waits\n")


def test_false_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(reporter(on_progress=False)) is Reporter
    monkeypatch.setattr(sys, "stderr", None)  # as pythonw has it
    with reporter() as shown:
        assert type(shown) is Reporter
        shown.show(WAITING)
        shown.end(WAITING)


def test_elsewhere_than_in_a_terminal_there_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with reporter() as shown:
        assert type(shown) is Lines
        shown.show(WAITING)
    assert capsys.readouterr() == ("", f"create: {WAITING}\n")


# A terminal.

PROGRAM = """
import sys
from abeja_datasets_loading.progress.progress import Progress, reporter
with reporter() as shown:
    print("shown by", type(shown).__name__)
    for n in (0, 5000, 10000):
        shown.show(Progress(total=10000, created=n, rejected=3, concurrency=16, rate=812.0, seconds=9,
                            note="" if n else "waits 61 s"))
        print("printed", n)
        print("warned", n, file=sys.stderr)
    shown.end(Progress(total=10000, created=10000, rate=812.0, seconds=12.0))
print("after")
"""


GONE = """
from abeja_datasets_loading.progress.progress import Progress, reporter
import sys
with reporter() as shown:
    shown.show(Progress(total=9))
    sys.stderr.close()
    shown.show(Progress(total=9, created=1))
    shown.show(Progress(total=9, created=2))
    shown.end(Progress(total=9, created=2))
print("after", file=sys.stdout)
"""


def in_a_terminal(
    before: str = "", stdout: int | None = None, term: str = "xterm", program: str = PROGRAM
) -> tuple[str, str]:
    """Return what a program shows in a terminal of 80 columns, and what it prints where its output goes elsewhere."""
    terminal, inside = pty.openpty()
    try:
        import fcntl
        import struct
        import termios

        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        done = subprocess.run(
            [sys.executable, "-c", f"{before}\n{program}"],
            env={**os.environ, "TERM": term, "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"},
            stdin=inside,
            stdout=inside if stdout is None else stdout,
            stderr=inside,
            check=True,
            timeout=30,
        )
        os.close(inside)
        shown = b""
        with contextlib.suppress(OSError):  # the end of a terminal on Linux
            while piece := os.read(terminal, 65536):
                shown += piece
    finally:
        os.close(terminal)
    return shown.decode(), (done.stdout or b"").decode()


@pytest.fixture(scope="module")
def screen() -> str:
    return in_a_terminal()[0]


def test_a_bar_with_rate_time_left_rejected_and_concurrency(screen: str) -> None:
    assert "shown by Bar" in screen
    assert "5,000/10,000  812/s  6.2 s left" in screen
    assert "3 rejected" in screen
    assert "16 at once" in screen
    assert "waits 61 s" in screen
    assert "50%" in screen
    assert "100%  10,000/10,000  833/s  in 12 s" in screen
    assert "━━━━━━━━━━" in screen
    assert screen.rstrip().endswith("after")
    assert screen.index("\x1b[?25l") < screen.index("\x1b[?25h") < screen.index("after")  # the cursor is back


def test_what_the_program_prints_stands_on_lines_of_its_own(screen: str) -> None:
    lines = {line.rpartition("\x1b[2K")[2] for line in screen.split("\r\n")}
    for n in (0, 5000, 10000):
        assert {f"printed {n}", f"warned {n}"} <= lines


def test_output_that_goes_elsewhere_stays_as_it_is() -> None:
    screen, output = in_a_terminal(stdout=subprocess.PIPE)
    assert output.splitlines() == ["shown by Bar", "printed 0", "printed 5000", "printed 10000", "after"]
    assert "5,000/10,000" in screen
    assert "printed" not in screen


@pytest.mark.parametrize(("before", "term"), [("import sys; sys.modules['rich'] = None", "xterm"), ("", "dumb")])
def test_without_rich_or_in_a_dumb_terminal_there_are_lines(before: str, term: str) -> None:
    screen, _ = in_a_terminal(before, term=term)
    assert "shown by Lines" in screen
    assert "create: 0 of 10,000 created, 812/s, 12 s left, 3 rejected, 16 at once; waits 61 s\r\n" in screen
    assert "\x1b" not in screen


def test_a_terminal_that_is_gone_is_no_reason_to_stop() -> None:
    assert in_a_terminal(program=GONE, stdout=subprocess.PIPE)[1] == "after\n"


def test_importing_it_does_not_load_rich() -> None:
    program = "import sys, abeja_datasets_loading.progress.progress; assert 'rich' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
