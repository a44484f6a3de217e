"""Find the Pythons of this machine: on PATH, and among those that pyenv and uv have installed.

    python scripts/upkeep/install/pythons.py     prints each version that the project supports, and where it is, or "-"

Like `installing`, it runs before anything is installed.
"""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_CLASSIFIER = "Programming Language :: Python :: 3."
_VERSION = "import sys; print('' if 't' in sys.abiflags else '.'.join(map(str, sys.version_info[:3])))"


def supported() -> list[str]:
    """Return the versions that pyproject.toml promises, such as "3.11", the oldest first."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [text.rpartition(" ")[2] for text in project["classifiers"] if text.startswith(_CLASSIFIER)]


def find(version: str) -> Path | None:
    """Return a Python of a version, such as "3.12" or "3.12.1"; None where the machine has none.

    One that merely has the right name does not count: pyenv's stand-ins do not run for versions that are not selected.
    """
    return next((python for python in _candidates(version) if fits(_version(python), version)), None)


def fits(found: str, version: str) -> bool:
    """Check that a found version is the asked one, or one of it."""
    return f"{found}.".startswith(f"{version}.")


def _candidates(version: str) -> Iterator[Path]:
    short = ".".join(version.split(".")[:2])
    for folder in os.get_exec_path():
        if on_path := shutil.which(f"python{short}", path=folder):
            yield Path(on_path)
    for installed in (_pyenv(), _uv()):
        yield from sorted(installed.glob(f"*{short}*/bin/python{short}"), key=_numbers, reverse=True)


def _pyenv() -> Path:
    return Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"


def _uv() -> Path:
    """Return the folder of uv's own Pythons (https://docs.astral.sh/uv/reference/storage/)."""
    if given := os.environ.get("UV_PYTHON_INSTALL_DIR"):
        return Path(given)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "uv" / "python"


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parent.parent.name)]


def _version(python: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a Python of this machine
            [python, "-ISc", _VERSION], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def main() -> None:
    """Print the supported versions, and where each is."""
    for version in supported():
        print(version, find(version) or "-")


if __name__ == "__main__":
    main()
