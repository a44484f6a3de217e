"""Run a module of this package in its own process, on the packages of a project as they are now."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parent.parent
PACKAGES = ("generated", "wrapper", "loading", "mock_server", "contract", "cli")


class ProgramFailed(Exception):
    """A program failed; the message is the last line of its stderr."""


class Program:
    """A module that runs, and writes JSON.

    Args:
        module: such as `upkeep.left.reach`.
        root: the project whose packages it imports.
        argument: its argument, as JSON on standard input.
    """

    def __init__(self, module: str, root: Path, argument: Any) -> None:
        path = os.pathsep.join([str(SCRIPTS), *(str(root / package) for package in PACKAGES)])
        # A generator looks for ruff on PATH, and takes its absence for a warning.
        tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        # -P: modules in the current folder are not found.
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", module],
            env={
                **os.environ, "PATH": tools, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONHASHSEED": "0",  # what a generator keeps in sets comes in the same order on every run
            },
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
        """End the program, if it still runs."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()
