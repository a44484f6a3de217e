"""The types of what uses the generated code, as mypy sees them."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from upkeep.left.project import Gap

PACKAGES = ("wrapper", "loading", "mock_server", "contract", "cli", "bench")


class Mypy:
    """A run of mypy, which begins at once."""

    def __init__(self, root: Path) -> None:
        packages = [package for package in PACKAGES if (root / package).is_dir()]
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "mypy", "--no-error-summary", "--no-color-output", *packages],
            cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def gaps(self) -> Iterator[Gap]:
        """Yield the errors, but those of generated code, which nobody edits."""
        out, _ = self._process.communicate()
        errors = [error for line in out.splitlines() if (error := re.fullmatch(r"([^:]+:\d+): error: (.*)", line))]
        for error in errors:
            if not error[1].startswith("generated/"):
                yield Gap(error[1], f"mypy: {error[2]}", "types")
        if self._process.returncode and not errors:
            last = out.strip().rpartition("\n")[2] or f"exit code {self._process.returncode}"
            yield Gap("pyproject.toml", f"mypy fails, so what the types lack is not known: {last}", "types")

    def stop(self) -> None:
        """End the process, if it still runs."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()
