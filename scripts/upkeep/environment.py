"""Run a script in the project's environment; a script's first line can't name a folder relative to the script.

It imports the standard library alone, since any Python may start a script.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"


def enter() -> None:
    """Start the script again in .venv, unless it runs in an environment of the project already, or none is there."""
    python = VENV / "bin" / "python"
    if Path(sys.prefix).resolve().parent != ROOT and python.exists():
        os.execv(python, [str(python), *sys.argv])  # noqa: S606 - our own path
