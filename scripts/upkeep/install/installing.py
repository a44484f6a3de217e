"""Make the environments of the project: .venv, and .venv-NAME for another Python or for the oldest dependencies.

`scripts/install` runs this file on a bare Python, before anything is installed: it imports the standard library alone.

A stamp is the last file that an install writes, and the first that the next one removes. An environment whose stamp is
missing, or does not fit, is built again as a whole. So an install that was interrupted at any moment leaves nothing
that a later one would take for sound.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]
LOCK = "requirements.lock"
LOWEST = "requirements-lowest.lock"
_STAMP = ".installed"
_IDENTITY = "import sys; print(sys.version, sys.base_prefix)"
_UV = re.compile(r"^uv==.*(?:\n .*)*", re.MULTILINE)
"""The entry of uv in the lock file, with its hashes."""
_ELSEWHERE = frozenset({
    "PIP_DRY_RUN", "PIP_PREFIX", "PIP_PYTHON", "PIP_ROOT", "PIP_TARGET", "PIP_USER",
    "UV_BREAK_SYSTEM_PACKAGES", "UV_PREFIX", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_TARGET",
})  # fmt: skip
"""Settings of pip and uv that would install into another place. Those of the index and the like hold."""
_ROOM = 256
"""MiB. Where less is free after a failure, that is taken for the reason: an environment takes 512."""


class CannotInstall(Exception):
    """An install that can't be made; the message is one line."""


class Environment(NamedTuple):
    """An environment to be made.

    Attributes:
        folder: where it lies. Its programs hold this path, so it can't be moved.
        python: the Python to make it with; None is any.
        lowest: whether the core dependencies are the oldest that are allowed.
    """

    folder: Path
    python: str | None
    lowest: bool


def main(arguments: list[str]) -> int:
    """Make what is asked for, unless it is there; the exit code is 0 then, and 1 where it can't be made."""
    parser = argparse.ArgumentParser(prog="scripts/install", description="Install all that the project needs.")
    parser.add_argument("--check", action="store_true", help="install nothing; the exit code is 1 where it would")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--python", metavar="VERSION", help="such as 3.12, into .venv-3.12")
    which.add_argument("--lowest", action="store_true", help="the oldest core dependencies, into .venv-lowest")
    options = parser.parse_args(arguments)
    try:
        environment = _asked(options.python, lowest=options.lowest)
        if not is_ready(environment) and not options.check:
            with _locked(environment.folder):
                if not is_ready(environment):  # another install may have made it meanwhile
                    _make(environment)
        return 0 if not options.check or is_ready(environment) else 1
    except CannotInstall as error:
        message = str(error)
    except PermissionError as error:
        message = f"can't write to {Path(str(error.filename)).parent}: {error.strerror}"
    except OSError as error:
        message = f"{error.filename or ROOT}: {error.strerror}"
    except KeyboardInterrupt:
        message = "interrupted; run it again"
    print(f"scripts/install: {message}", file=sys.stderr)
    return 1


def _asked(version: str | None, *, lowest: bool) -> Environment:
    if version is not None:
        sys.path.insert(0, str(ROOT / "scripts"))  # a Python started with -I has no folder of the script there
        from upkeep.install.pythons import find, fits, supported

        if not any(fits(version, each) for each in supported()):
            raise CannotInstall(f"--python {version}: the project supports {', '.join(supported())}")
        python = find(version)
        if python is None:
            raise CannotInstall(f"no Python {version} on this machine (looked on PATH, and at pyenv's and uv's)")
        return Environment(ROOT / f".venv-{version}", str(python), lowest=False)
    return Environment(ROOT / (".venv-lowest" if lowest else ".venv"), os.environ.get("PYTHON"), lowest=lowest)


def is_ready(environment: Environment) -> bool:
    """Check that an environment is whole, is for this place, this Python and these lock files, and still runs."""
    try:
        stamp = json.loads((environment.folder / _STAMP).read_bytes())
        if stamp["wanted"] != _wanted(environment.folder):
            return False
        if stamp["identity"] != _identity(environment.folder / "bin" / "python"):
            return False
        if environment.python and stamp["identity"] != _identity(Path(environment.python)):
            return False
        folder = environment.folder
        runs = all(os.access(folder / file, os.X_OK) for file in stamp["programs"])
        return runs and all(os.path.lexists(folder / file) for file in stamp["files"])
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _wanted(folder: Path) -> str:
    """Return the digest that identifies an install: of the files it follows, and of its place."""
    digest = hashlib.sha256(str(folder).encode())
    for name in (LOCK, LOWEST, "scripts/upkeep/install/installing.py"):
        digest.update((ROOT / name).read_bytes())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    # The settings of tools beside these are read from the file itself.
    followed = [project["project"], project["build-system"], project["tool"]["hatch"]]
    digest.update(json.dumps(followed).encode())
    return digest.hexdigest()


def _identity(python: Path) -> str:
    """Return the version and the place of a Python; an upgraded one differs."""
    if python.absolute() == Path(sys.executable).absolute():
        return f"{sys.version} {sys.base_prefix}\n"
    return subprocess.run(  # noqa: S603 - a Python
        [python, "-ISc", _IDENTITY], capture_output=True, text=True, check=False, timeout=60
    ).stdout


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait until no other install is at work in a folder.

    The lock is inherited: what an interrupted install has left running holds it until it ends.
    """
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"scripts/install: another one is at work in {folder.name}; waiting for it", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(environment: Environment) -> None:
    folder = environment.folder
    _remove(folder)
    _run("no environment can be made", environment.python or _base(), "-Im", "venv", folder)
    python = folder / "bin" / "python"
    _install_uv(python)
    install = [folder / "bin" / "uv", "pip", "install", "--quiet", "--python", python]
    _run("the dependencies can't be installed", *install, "--require-hashes", "-r", ROOT / LOCK)
    if environment.lowest:
        lowest = ["--require-hashes", "--no-deps", "-r", ROOT / LOWEST]
        _run("the oldest dependencies can't be installed", *install, *lowest)
    _run("the project can't be installed", *install, "--no-deps", "--no-build-isolation", "-e", ROOT)
    _stamp(folder)


def _remove(folder: Path) -> None:
    """Remove what is there, the stamp first: what is left of an interrupted removal is not an environment."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    (folder / _STAMP).unlink(missing_ok=True)
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:  # its file name is relative to a folder that it does not name
        raise CannotInstall(f"can't remove {folder}: {error.strerror}") from error


def _base() -> str:
    """Return the Python that this one's environment was made with, for that environment is gone by now."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _install_uv(python: Path) -> None:
    """Install uv as the lock file pins it."""
    found = _UV.search((ROOT / LOCK).read_text(encoding="utf-8"))
    if found is None:
        raise CannotInstall(f"{LOCK} does not pin uv; run scripts/lock")
    pinned = python.parent.parent / "uv.txt"
    pinned.write_text(found[0] + "\n", encoding="utf-8")
    pip = [python, "-Im", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run("uv can't be installed", *pip, "--no-deps", "--require-hashes", "-r", pinned)


def _stamp(folder: Path) -> None:
    files = [
        os.path.relpath(Path(place, name), folder)
        for place, _, names in os.walk(folder)
        if not place.endswith("__pycache__")
        for name in names
    ]
    stamp: dict[str, Any] = {
        "wanted": _wanted(folder),
        "identity": _identity(folder / "bin" / "python"),
        "programs": [file for file in files if os.access(folder / file, os.X_OK)],
        "files": files,
    }
    draft = folder / f"{_STAMP}.draft"
    draft.write_text(json.dumps(stamp), encoding="utf-8")
    draft.replace(folder / _STAMP)


def _run(failure: str, *command: object) -> None:
    words = [str(word) for word in command]
    settings = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    try:
        # The lock's descriptor goes along (see _locked).
        done = subprocess.run(words, env=settings, check=False, close_fds=False)  # noqa: S603 - our own commands
    except OSError as error:
        raise CannotInstall(f"{failure}: {words[0]}: {error.strerror}") from error
    if done.returncode:
        raise CannotInstall(f"{failure} (exit code {done.returncode}, see above); {_remedy()}")


def _remedy() -> str:
    free = shutil.disk_usage(ROOT).free // 2**20
    return f"only {free} MiB are free for {ROOT}: make room, and run it again" if free < _ROOM else "run it again"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
