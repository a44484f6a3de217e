"""Running a module of this package in a Python of its own, on the packages of a project as they are at this moment."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parent.parent
PACKAGES = ("generated", "wrapper", "mock_server", "contract", "cli")


class ProgramFailed(Exception):
    """A program ended without an answer; the message is the last line it wrote."""


class Program:
    """A module that is running; its answer is JSON.

    Args:
        module: such as `upkeep.reach`.
        root: the project whose packages it imports.
        argument: JSON that it is given.
    """

    def __init__(self, module: str, root: Path, argument: Any) -> None:
        path = os.pathsep.join([str(SCRIPTS), *(str(root / package) for package in PACKAGES)])
        # -P: what lies in the current folder is no module.
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", module],
            env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.write(json.dumps(argument))
        self._process.stdin.close()
        self._process.stdin = None

    def output(self) -> Any:
        """Wait for the program, and return its output.

        Raises:
            ProgramFailed: it failed.
        """
        out, err = self._process.communicate()
        if self._process.returncode:
            raise ProgramFailed(err.strip().rpartition("\n")[2] or f"exit code {self._process.returncode}")
        return json.loads(out)

    def stop(self) -> None:
        """End it, whatever it is at; nothing where it has answered."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()
