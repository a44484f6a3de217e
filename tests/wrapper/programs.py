"""Programs run in interpreters of their own, and a small package that stands for abeja-sdk."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from os import environ, pathsep
from pathlib import Path
from textwrap import dedent
from typing import Final

from abeja_datasets.documented_names import FOLDER

OURS: Final = ("-m", "abeja_datasets")

_TIMEOUT = 300
"""Seconds. A program compiles the modules anew, several times in some tests, and the machine may have other work."""

ABEJA_SDK: Final = {
    "abeja/__init__.py": "from .version import VERSION\nfrom .tracking import Tracking\n",
    "abeja/version.py": "VERSION = '2.3.6'\n",
    "abeja/tracking/__init__.py": "from abeja.exceptions import InvalidPathException\nclass Tracking: pass\n",
    "abeja/exceptions/__init__.py": """
        class Error(Exception): pass
        class HttpError(Error): pass
        class NotFound(HttpError): pass
        class InvalidPathException(Error): pass
    """,
    "abeja/datasets/__init__.py": "from .client import Client\n",
    "abeja/datasets/client.py": "class Client: pass\n",
    "abeja/datalake/__init__.py": "from .client import Client\n",
    "abeja/datalake/client.py": "from abeja.exceptions import NotFound\nclass Client: error = NotFound\n",
}
"""What counts of abeja-sdk: folders with an `__init__.py`, of which the first imports `abeja.exceptions`."""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(content), encoding="utf-8")
    return folder


def run(
    *words: object, cwd: Path, path: Sequence[Path] = (), stdin: str = "", flags: Sequence[str] = ("-W", "error")
) -> subprocess.CompletedProcess[str]:
    """Run this Python, with some folders on its PYTHONPATH."""
    return subprocess.run(
        [sys.executable, *flags, *(str(word) for word in words)],
        cwd=cwd,
        env={**environ, "PYTHONPATH": pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT,
    )


def output(
    program: str, cwd: Path, *, way: str = "plain", path: Sequence[Path] = (), flags: Sequence[str] = ("-W", "error")
) -> str:
    """Return what a program prints, in one of the ways to take over (`WAYS`), or without."""
    program = dedent(program)
    if way == "import":
        program = f"import abeja_datasets.takeover\n{program}"
    write(cwd, {"program.py": program})
    words = [*OURS, "program.py"] if way == "command" else ["program.py"]
    done = run(*words, cwd=cwd, path=[Path(FOLDER), *path] if way == "path" else path, flags=flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


WAYS: Final = ("command", "import", "path")
