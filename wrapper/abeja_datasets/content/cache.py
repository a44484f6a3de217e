"""Content that is kept on this machine, one file for each URI.

A file's name is the hash of its whole URI, so that no URI names another file. A file is written under a temporary name
and renamed, so that it is there whole or not at all, for every process.
"""

import hashlib
import logging
import os
import re
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from abeja_datasets.content.paths import absolute

FOLDER: Final = "abeja-datasets"
VARIABLE: Final = "ABEJA_STORAGE_DIR_PATH"
_NAME: Final = re.compile("[0-9a-f]{64}")
_TEMPORARY: Final = re.compile(r"\.[0-9a-f]{64}\.[0-9a-f]{16}")
_ABANDONED: Final = 3600.0
"""Seconds after which a temporary file is one of a process that was killed."""
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_log = logging.getLogger("abeja.datasets")
# A program that has set up no logging would otherwise get the warning on its standard error.
_log.addHandler(logging.NullHandler())


class Size(NamedTuple):
    """How much there is."""

    files: int
    bytes: int


def folder_below(cache_dir: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the cache's own folder; None where there is no place for it.

    Args:
        cache_dir: the folder that it is to be in; else the one that `ABEJA_STORAGE_DIR_PATH` names, where abeja-sdk
            keeps its files too, else the user's cache folder.
        environ: the environment variables.
    """
    try:
        named = environ.get(VARIABLE)
        base = cache_dir or (absolute(named) if named else _user_cache(environ))
    except (RuntimeError, OSError):  # nobody's home is known, or the working directory is gone
        return None
    return base / FOLDER


def _user_cache(environ: Mapping[str, str]) -> Path:
    # The specification has relative paths ignored.
    if (xdg := environ.get("XDG_CACHE_HOME")) and os.path.isabs(xdg):  # noqa: PTH117 - a str
        return Path(xdg)
    if sys.platform == "win32" and (local := environ.get("LOCALAPPDATA")):
        return Path(local)
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")


class Cache:
    """The files of the cache. Where it can't be read or written it is left out, with one warning in the log.

    Args:
        folder: its own; None for no cache.
        max_bytes: of the largest content that is kept.
    """

    def __init__(self, folder: Path | None, max_bytes: int) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._has_warned = False

    def read(self, key: str, limit: int) -> bytes | None:
        """Return the content that is kept for a key, or one byte more than the limit; None where there is none."""
        if self.folder is None:
            return None
        try:
            self._check_folder(self.folder)
            descriptor = os.open(self.folder / _name(key), os.O_RDONLY | _NO_LINKS | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(descriptor, "rb") as file:
                is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
                # After a power failure a file may be empty, and so none that is whole is empty.
                return (file.read(limit + 1) or None) if is_file else None
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn("read", error)
            return None

    def write(self, key: str, content: bytes) -> bool:
        """Keep content, unless it is empty or too large, or can't be kept; return whether it is kept."""
        if self.folder is None or not 0 < len(content) <= self._max_bytes:
            return False
        try:
            self._make_folder(self.folder)
            _write_whole(self.folder, _name(key), content)
        except OSError as error:
            self._warn("written", error)
            return False
        return True

    def size(self) -> Size:
        """Return how much is kept.

        Raises:
            OSError: the folder can't be read.
        """
        sizes = [found.st_size for path, found in self._files() if _NAME.fullmatch(path.name)]
        return Size(len(sizes), sum(sizes))

    def clear(self, older_than: float = 0.0) -> Size:
        """Remove what was written more than this many seconds ago; return how much that was.

        Raises:
            OSError: the folder can't be read, or a file can't be removed.
        """
        now = time.time()
        files = total = 0
        for path, found in self._files():
            age = now - found.st_mtime
            if _NAME.fullmatch(path.name) and (older_than <= 0 or age >= older_than):
                path.unlink(missing_ok=True)
                files, total = files + 1, total + found.st_size
            elif _TEMPORARY.fullmatch(path.name) and age >= max(older_than, _ABANDONED):
                path.unlink(missing_ok=True)
        return Size(files, total)

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Return the regular files in the folder."""
        if self.folder is None:
            return
        self._check_folder(self.folder)
        if not self.folder.exists():
            return
        with os.scandir(self.folder) as entries:
            for entry in entries:
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # another process has removed it
                    continue
                if stat.S_ISREG(found.st_mode):
                    yield Path(entry.path), found

    def _check_folder(self, folder: Path) -> None:
        if folder.is_symlink():
            raise NotADirectoryError(0, "it is a symbolic link, which may lead anywhere", str(folder))

    def _make_folder(self, folder: Path) -> None:
        self._check_folder(folder)
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)

    def _warn(self, what: str, error: OSError) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "the cache of content, %s, can't be %s: %s; what is not in it is fetched each time (logged once)",
                self.folder,
                what,
                error.strerror or error,
            )


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _write_whole(folder: Path, name: str, content: bytes) -> None:
    temporary = folder / f".{name}.{os.urandom(8).hex()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            view = memoryview(content)
            while view:
                view = view[file.write(view) :]
        temporary.replace(folder / name)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
