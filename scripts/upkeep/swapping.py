"""Put a folder or a file in the place of another, so that at every moment one of them is there; one run at a time."""

import ctypes
import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = ".generating-"
_OLD = "old"
_CURRENT_FOLDER = -100
_EXCHANGE = 2


@contextmanager
def workplace(place: Path) -> Iterator[Path]:
    """Make a folder beside a place, from which a folder can be moved to that place, and remove it at the end.

    Another run waits until this one ends. What a killed run has left is removed, and what it has moved away moves back.
    """
    place.parent.mkdir(exist_ok=True)
    lock = os.open(place.parent, os.O_RDONLY)  # a folder is locked as a file is, and no file is left
    try:
        _wait_for(lock, place)
        for left in sorted(place.parent.glob(f"{_PREFIX}*")):
            _recover(left / _OLD, place)
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place.parent) as folder:
            try:
                yield Path(folder)
            finally:
                _recover(Path(folder) / _OLD, place)
    finally:
        os.close(lock)


def _wait_for(lock: int, place: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"scripts/generate: another run is at work in {place.parent.name}/; waiting for it", file=sys.stderr)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _recover(old: Path, place: Path) -> None:
    if old.exists() and not place.exists():
        old.rename(place)


def replace(place: Path, fresh: Path) -> None:
    """Move a complete folder to a place; what is there is left beside where the folder was."""
    if not place.exists():
        fresh.rename(place)
    elif not exchanged(fresh, place):
        place.rename(fresh.with_name(_OLD))
        fresh.rename(place)


def write(file: Path, text: str) -> None:
    """Write a file as a whole: a reader, also after an interruption, finds the old text or the new one."""
    draft = file.with_name(f".{file.name}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; return whether the operating system and the file system can do it."""
    names = os.fsencode(one), os.fsencode(other)
    library = ctypes.CDLL(None)
    if sys.platform == "darwin":
        return hasattr(library, "renamex_np") and library.renamex_np(*names, _EXCHANGE) == 0
    if not hasattr(library, "renameat2"):
        return False
    return bool(library.renameat2(_CURRENT_FOLDER, names[0], _CURRENT_FOLDER, names[1], _EXCHANGE) == 0)
