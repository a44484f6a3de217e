"""Wheels, environments and interpreters for `scripts/coexist`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from glob import glob
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
UV: Final = str(ROOT / ".venv" / "bin" / "uv")
ROOMS: Final = ("generated", "wrapper", "loading", "mock_server", "contract", "cli")
TIMEOUT: Final = 600


class CannotRunError(Exception):
    """A row can't be tried here; the message says why."""


def run(
    *command: object, cwd: Path | None = None, path: Sequence[str] = (), stdin: str = "", base_url: str = ""
) -> str:
    """Run a command, and return its output; raise CalledProcessError if it fails."""
    done = attempt(*command, cwd=cwd, path=path, stdin=stdin, base_url=base_url)
    done.check_returncode()
    return done.stdout


def attempt(
    *command: object, cwd: Path | None = None, path: Sequence[str] = (), stdin: str = "", base_url: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command with some folders as its PYTHONPATH, and return the completed process."""
    changes = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONPATH": os.pathsep.join(path)}
    if base_url:
        changes["ABEJA_API_URL"] = base_url
    return subprocess.run(  # noqa: S603 - the commands are our own
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **changes},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )


def environment(folder: Path, interpreter: str) -> Path:
    """Make an environment with pip, and return its Python."""
    run(UV, "venv", "--quiet", "--seed", "--python", interpreter, folder / "venv")
    return folder / "venv" / "bin" / "python"


@cache
def find(python: str) -> str:
    """Return a Python of a version that is on this machine."""
    pyenv = os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"
    managed = attempt(UV, "python", "find", "--no-python-downloads", python).stdout.split()
    for candidate in (f"python{python}", *glob(f"{pyenv}/versions/{python}*/bin/python"), *managed):  # noqa: PTH207
        if shutil.which(candidate):
            asked = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
            version, _, path = attempt(candidate, "-c", asked).stdout.strip().partition(" ")
            if version == python:
                return path
    raise CannotRunError(f"no Python {python} on this machine")


def unreachable() -> str:
    """Return why the package index can't be reached; empty where it can."""
    words = (UV, "pip", "compile", "--quiet", "--no-deps", "--refresh", "--python-version", "3.11", "-")
    done = attempt(*words, stdin="abeja-sdk")
    return "" if done.returncode == 0 else " ".join(done.stderr.split())


def build(folder: Path) -> tuple[Path, Path]:
    """Build our wheel, and another one with an older version."""
    copy = folder / "older"
    for name in ROOMS:
        shutil.copytree(ROOT / name, copy / name)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    version = copy / "wrapper" / "abeja_datasets" / "_version.py"
    version.write_text('"""The version."""\n\n__version__ = "0.0.1"\n', encoding="utf-8")
    return _build(ROOT, folder / "dist"), _build(copy, folder / "dist-older")


def _build(source: Path, folder: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=source)
    (found,) = folder.glob("*.whl")
    return found
