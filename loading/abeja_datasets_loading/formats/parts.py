"""Files and folders that are not whole yet: hidden beside their targets, and locked by the process that writes them.

The system drops a lock when its process dies. What a killed process left is removed by the next one of the same target.
"""

import contextlib
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SUFFIX: Final = ".partial"
_RANDOM: Final = "?" * 8
"""What `tempfile` puts into a name, as a pattern."""


class Part:
    """A file or folder that takes the place of its target when it is whole.

    Args:
        target: the file or folder to write.
        is_folder: whether it is a folder.

    Attributes:
        path: where to write.

    Raises:
        OSError: it can't be made.
    """

    def __init__(self, target: Path, *, is_folder: bool = False) -> None:
        _remove_stale(target)
        self._target = target
        self.path, self._lock = _made(target, is_folder=is_folder)

    def commit(self) -> None:
        """Put it in the place of the target."""
        self.path.chmod((0o777 if self.path.is_dir() else 0o666) & ~_umask())
        self.path.replace(self._target)
        self._unlock()

    def discard(self) -> None:
        """Remove it, where it is there."""
        _remove(self.path)
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
        self._lock = None


@contextlib.contextmanager
def folder(target: Path) -> Iterator[Path]:
    """Make a hidden folder beside a target, and remove it at the end."""
    part = Part(target, is_folder=True)
    try:
        yield part.path
    finally:
        part.discard()


def _made(target: Path, *, is_folder: bool) -> tuple[Path, int | None]:
    """Return a new file or folder, and the descriptor that locks it; None where the system can't."""
    while True:
        path = _new(target, is_folder=is_folder)
        try:
            lock = _lock(path)
        except (BlockingIOError, FileNotFoundError):  # before its lock it looked stale to another process
            continue
        except OSError:
            return path, None
        if path.exists():
            return path, lock
        os.close(lock)


def _new(target: Path, *, is_folder: bool) -> Path:
    prefix = f".{target.name}-"
    if is_folder:
        return Path(tempfile.mkdtemp(_SUFFIX, prefix, target.parent))
    handle, name = tempfile.mkstemp(_SUFFIX, prefix, target.parent)
    os.close(handle)
    return Path(name)


def _remove_stale(target: Path) -> None:
    """Remove what processes left that were killed."""
    for path in target.parent.glob(f".{glob.escape(target.name)}-{_RANDOM}{_SUFFIX}"):
        with contextlib.suppress(OSError):  # another process writes it, or has removed it
            lock = _lock(path)
            try:
                _remove(path)
            finally:
                os.close(lock)


def _lock(path: Path) -> int:
    """Lock a file or folder until the descriptor that is returned is closed.

    Raises:
        BlockingIOError: another process locks it.
        OSError: the system can't lock it.
    """
    if sys.platform == "win32":
        raise OSError("Windows locks no folders")
    import fcntl

    # A network file system locks only what is open for writing.
    descriptor = os.open(path, os.O_NOFOLLOW | (os.O_RDONLY if path.is_dir() else os.O_RDWR))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
