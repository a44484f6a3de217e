"""The files of a document: on disk or in a git revision, below one folder, and within a limit of size. No network."""

import os
import posixpath
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from abeja_datasets_contract.openapi.errors import DocumentError

MAX_BYTES = 50_000_000
"""By default, a document of more bytes, with all its files, is refused before it is parsed."""
_MEGABYTE = 1_000_000
STDIN = "-"


class Budget:
    """The bytes that the files of one document may have together.

    Args:
        most: that number.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most

    def check(self, size: int, name: str) -> None:
        """Check that a file of this size fits.

        Raises:
            DocumentError: it does not.
        """
        if size > self._left:
            together = " with its other files" if self._left < self._most else ""
            limit = f"{self._most / _MEGABYTE:g} MB{together}"
            raise DocumentError(f"{name}: over the limit of {limit}, so it is not read; `diff --max-size` raises it")

    def read(self, file: BinaryIO, name: str) -> bytes:
        """Read a file that fits.

        Raises:
            DocumentError: it does not.
        """
        raw = file.read(self._left + 1)
        self.take(raw, name)
        return raw

    def take(self, raw: bytes, name: str) -> None:
        """Count the bytes of a file.

        Raises:
            DocumentError: they are too many.
        """
        self.check(len(raw), name)
        self._left -= len(raw)


class Files(NamedTuple):
    """Where the files of one document are.

    Attributes:
        main: the path of the document itself, below the root, with slashes.
        root: what messages call the root.
        read: returns the bytes of a file, by its path below the root and what messages call it.
        prefix: what stands before the paths in messages: the revision and a colon, or nothing.
    """

    main: str
    root: str
    read: Callable[[str, str], bytes]
    prefix: str = ""


class Opened(NamedTuple):
    """A document before it is parsed: its bytes, and the files beside it; None where it has no folder."""

    raw: bytes
    files: Files | None


def open_source(source: str, folder: Path, root: Path | None, most: int) -> Opened:
    """Read what the command line calls a document: a file, `-`, or `REV:path` of git.

    Args:
        source: what it is called.
        folder: where paths and git start from.
        root: the folder that its other files must be in; None is the folder of the document.
        most: the limit of bytes.

    Raises:
        DocumentError: there is no such file or revision, or it is too large.
    """
    if source == STDIN:
        budget = Budget(most)
        files = _on_disk(folder / "-", root, budget) if root else None
        return Opened(budget.read(sys.stdin.buffer, source), files)
    path = folder / source
    if ":" in source and not path.exists():
        return _in_git(source, folder, root, Budget(most))
    return open_file(path, source, root, most)


def open_file(path: Path, name: str, root: Path | None = None, most: int = MAX_BYTES) -> Opened:
    """Read a file; the arguments are those of `open_source`.

    Raises:
        DocumentError: it can't be read, is too large, or is outside of the root.
    """
    budget = Budget(most)
    try:
        with path.open("rb") as file:
            budget.check(os.fstat(file.fileno()).st_size, name)
            raw = budget.read(file, name)
    except OSError as error:
        raise DocumentError(f"{name}: {error.strerror}") from error
    return Opened(raw, _on_disk(path, root, budget))


def _on_disk(path: Path, root: Path | None, budget: Budget) -> Files:
    top = (root or path.parent).resolve()
    here = path.parent.resolve() / path.name
    if not here.is_relative_to(top):
        raise DocumentError(f"{path}: outside of the root {root}; name a folder that holds the document")

    def read(below: str, name: str) -> bytes:
        file = top / below
        try:
            if not file.resolve().is_relative_to(top):
                raise DocumentError(f"{name}: a link that leads out of {top}, so it is not read")
            if not file.is_file():
                raise DocumentError(f"{name}: {'not a file' if file.exists() else 'no such file'}")
            with file.open("rb") as opened:
                return budget.read(opened, name)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise DocumentError(f"{name}: {getattr(error, 'strerror', None) or error}") from error

    return Files(here.relative_to(top).as_posix(), str(root or path.parent), read)


def _in_git(source: str, folder: Path, root: Path | None, budget: Budget) -> Opened:
    revision, _, path = source.partition(":")
    if not revision or revision.startswith("-") or not path:
        raise DocumentError(f"{source}: neither a file nor REV:path of git")
    git(["rev-parse", "--git-dir"], folder, f"{source}: no such file, and {folder} is not in a git repository")
    missing = f"{source}: git has no revision {revision}"
    git(["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"], folder, missing)
    if path.startswith(("./", "../")):
        prefix = git(["rev-parse", "--show-prefix"], folder, source).decode().rstrip("\n")
        path = posixpath.normpath(prefix + path)
    top = _top_in_git(path, folder, root)

    def read(below: str, name: str) -> bytes:
        return _blob(revision, posixpath.join(top, below), folder, name, budget)

    raw = _blob(revision, path, folder, source, budget)
    main = posixpath.relpath(path, top or ".")
    return Opened(raw, Files(main, top or "the top of the repository", read, f"{revision}:"))


def _top_in_git(path: str, folder: Path, root: Path | None) -> str:
    """Return the path of the root in a repository."""
    if root is None:
        return posixpath.dirname(path)
    top = Path(git(["rev-parse", "--show-toplevel"], folder, str(folder)).decode().rstrip("\n")).resolve()
    inside = (folder / root).resolve()
    if not inside.is_relative_to(top) or not (top / path).is_relative_to(inside):
        raise DocumentError(f"{path}: outside of the root {root}; name a folder that holds the document")
    return "" if inside == top else inside.relative_to(top).as_posix()


def _blob(revision: str, path: str, folder: Path, name: str, budget: Budget) -> bytes:
    missing = f"{name}: revision {revision} has no file {path}"
    blob = f"{revision}:{path}"
    if git(["cat-file", "-t", blob], folder, missing).strip() != b"blob":
        raise DocumentError(f"{name}: not a file")
    budget.check(int(git(["cat-file", "-s", blob], folder, missing)), name)
    raw = git(["cat-file", "blob", blob], folder, missing)
    budget.take(raw, name)
    return raw


def git(arguments: list[str], folder: Path, otherwise: str) -> bytes:
    """Run git, and return its output.

    Raises:
        DocumentError: it failed; the message is `otherwise`.
    """
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)  # noqa: S603, S607 - git, wherever it is, with our own words
    except OSError as error:
        raise DocumentError(f"{otherwise} (git: {error.strerror})") from error
    if done.returncode:
        raise DocumentError(otherwise)
    return done.stdout
