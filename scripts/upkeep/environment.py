"""Run a script in the project's environment; a script's first line can't name a folder relative to the script.

Ctrl-C ends it with one line at any moment, also while it imports.

It imports the standard library alone, since any Python may start a script.
"""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"


def enter(*, install: bool = False) -> None:
    """Start the script again in .venv, unless it runs in an environment of the project already, or none is there.

    With `install`, `scripts/install` makes .venv first, or brings it up to date.
    """
    sys.excepthook = _show
    if Path(sys.prefix).resolve().parent == ROOT:
        return
    if install and (failed := subprocess.run([ROOT / "scripts" / "install"], check=False).returncode):  # noqa: S603 - ours
        sys.exit(failed)
    python = VENV / "bin" / "python"
    if python.exists():
        os.execv(python, [str(python), *sys.argv])  # noqa: S606 - our own path


def _show(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print(f"scripts/{Path(sys.argv[0]).name}: interrupted; run it again", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)
