"""The progress of a run as a bar in a terminal. Needs rich, of the extra `loading`."""

import sys
from typing import Final, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from abeja_datasets_loading.progress.progress import Progress, Reporter

_WIDEST: Final = 30
_STEP: Final = 5
"""The bar's width changes in steps, so that it does not tremble as the figures beside it change."""
_BESIDE: Final = 6
"""Columns of the percentage."""
_COLOURS: Final = {"rejected": "red", "unknown": "yellow"}


def can_draw(stream: TextIO) -> bool:
    """Return whether a terminal can draw a line again and again: a dumb one can't."""
    console = Console(file=stream)
    return console.is_terminal and not console.is_dumb_terminal


class Bar(Reporter):
    """Draws a bar with the figures of a run, and below it what the run waits for.

    Args:
        stream: a terminal.
    """

    interval = 0.125

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, force_jupyter=False)
        self._is_drawn = True
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            # What the program prints meanwhile stands above the bar. Output that goes elsewhere stays as it is.
            redirect_stdout=_is_terminal(sys.stdout),
            redirect_stderr=stream is sys.stderr,
        )

    def show(self, progress: Progress) -> None:
        """Draw the bar again."""
        if not self._is_drawn:
            return
        try:
            self._live.start()
            self._live.update(_drawing(progress, self._console), refresh=True)
        except Exception:  # noqa: BLE001 - a terminal that is gone is no reason to stop loading
            self._is_drawn = False

    def close(self) -> None:
        """Leave the last bar standing, and the cursor below it."""
        try:
            self._live.stop()
        except Exception:  # noqa: BLE001 - as above
            self._is_drawn = False


def _drawing(progress: Progress, console: Console) -> Text:
    figures = Text()
    for part in progress.parts(is_short=True):
        figures.append(f"  {part}", _COLOURS.get(part.rpartition(" ")[2], ""))
    text = _bar(progress, console, console.width - len(figures)) if progress.total else Text()
    text.append_text(figures)
    if progress.note:
        text.append(f"\n  {progress.note}", "dim")
    return text


def _bar(progress: Progress, console: Console, columns: int) -> Text:
    share = min(1.0, progress.done / (progress.total or 1))
    width = max(0, min(_WIDEST, (columns - _BESIDE) // _STEP * _STEP))
    full, empty = ("#", "-") if console.options.ascii_only else ("━", "─")
    filled = int(width * share)
    percent = f"  {int(share * 100):3}%"  # 100 only where it is
    return Text.assemble((full * filled, "green"), (empty * (width - filled), "dim"), percent)


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):
        return False
