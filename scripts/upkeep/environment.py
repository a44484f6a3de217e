"""Run a script in the project's environment; a script's first line can't name a folder relative to the script.

Ctrl-C ends it with one line at any moment, also while it imports.

It imports the standard library alone, since any Python may start a script.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"


def enter(*, install: bool = False) -> None:
    """Start the script again in .venv, unless it runs in an environment that has what the project needs.

    Where there is none, or with `install`, `scripts/install` makes .venv first, or brings it up to date.
    """
    sys.excepthook = _show
    if Path(sys.prefix).resolve().parent == ROOT:
        return
    python = VENV / "bin" / "python"
    if not python.exists() and find_spec("httpx"):
        return
    if (install or not python.exists()) and (failed := _install()):
        sys.exit(failed)
    os.execv(python, [str(python), *sys.argv])  # noqa: S606 - our own path


def _install() -> int:
    return subprocess.run([ROOT / "scripts" / "install"], check=False).returncode  # noqa: S603 - ours


def _show(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print(f"scripts/{Path(sys.argv[0]).name}: interrupted; run it again", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)
