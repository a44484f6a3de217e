"""Objects in a folder on shared storage, through fsspec: written once, whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from abeja_datasets_loading.errors import PlanError

_AT_ONCE: Final = 32
"""Objects that are read at the same time."""
_NO_FSSPEC: Final = "needs fsspec, which is not installed: pip install 'abeja-datasets[loading]'"
_PROBE: Final = "probe"


def opened(url: str) -> tuple[Any, str]:
    """Return the file system of a URL or a local path, and the path on it.

    Raises:
        PlanError: fsspec, or its package for this kind of storage, is not installed; or there is no such kind.
    """
    try:
        import fsspec
    except ImportError:
        raise PlanError(url, _NO_FSSPEC, "storage") from None
    try:
        # A list that is kept would hide what other processes write.
        files, path = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError, OSError) as error:
        raise PlanError(url, f"this storage can't be used: {error}", "storage") from error
    return files, str(path)


def has_protocol(files: Any, name: str) -> bool:
    """Return whether a file system is of a protocol, such as `file` for that of this machine."""
    found = files.protocol
    return name in ((found,) if isinstance(found, str) else found)


@contextlib.contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn the failure of a storage into a `PlanError` with its URL; a missing object stays `FileNotFoundError`."""
    try:
        yield
    except (FileNotFoundError, FileExistsError, PlanError):
        raise
    except Exception as error:
        # The packages behind fsspec raise errors of their own, such as those of botocore.
        raise PlanError(url, f"the storage can't be used: {type(error).__name__}: {error}", "storage") from error


class Storage:
    """A folder of objects.

    Args:
        url: of the folder: a local path, or such as `s3://bucket/loads/cats`.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") or "/"
        self._files, self._root = opened(self.url)
        self._is_local = has_protocol(self._files, "file")
        if self._is_local:
            self.url = self._root  # which means the same in any folder
        self.is_in_memory = has_protocol(self._files, "memory")
        """Whether only this process has it."""

    def url_of(self, name: str) -> str:
        """Return the URL of an object."""
        return f"{self.url}/{name}"

    def create(self, name: str, data: bytes) -> bool:
        """Write a new object, durably; return False where there is one of this name already.

        Raises:
            PlanError: it can't be written.
        """
        with explained(self.url_of(name)):
            try:
                if self._is_local:
                    self._link(self._path(name), data)
                else:
                    self._files.pipe_file(self._path(name), data, mode="create")
            except FileExistsError:
                # A client that repeats a request whose response was lost finds its own object.
                return self.read(name) == data
        return True

    def put(self, name: str, data: bytes) -> None:
        """Write an object, and replace one that is there.

        Raises:
            PlanError: it can't be written.
        """
        with explained(self.url_of(name)):
            if self._is_local:
                os.replace(self._written(self._path(name), data), self._path(name))  # noqa: PTH105 - fsspec has texts
            else:
                self._files.pipe_file(self._path(name), data)

    def read(self, name: str) -> bytes | None:
        """Return an object; None where there is none.

        Raises:
            PlanError: it can't be read.
        """
        with explained(self.url_of(name)):
            try:
                return bytes(self._files.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def read_all(self, names: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        """Iterate over objects, some of them read at the same time, in the order of the names."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for start in range(0, len(names), 4 * _AT_ONCE):
                part = names[start : start + 4 * _AT_ONCE]
                yield from zip(part, pool.map(self.read, part), strict=True)

    def remove(self, name: str) -> None:
        """Remove an object, if there is one."""
        with explained(self.url_of(name)), contextlib.suppress(FileNotFoundError):
            self._files.rm_file(self._path(name))

    def names(self, folder: str) -> list[str]:
        """Return the names of the objects in a folder below this one, sorted, without the folder."""
        with explained(self.url_of(folder)):
            self._files.invalidate_cache()
            try:
                found = self._files.ls(self._path(folder), detail=False)
            except FileNotFoundError:
                return []
        names = (str(path).rstrip("/").rpartition("/")[2] for path in found)
        return sorted(name for name in names if not name.startswith("."))

    def check(self) -> None:
        """Check that an object can be created once, and is seen at once.

        Raises:
            PlanError: the storage does not allow that.
        """
        name = f"{_PROBE}-{secrets.token_hex(8)}"
        try:
            if not self.create(name, b"one") or self.read(name) != b"one":
                raise PlanError(self.url, "an object just written can't be read back; use another storage", "storage")
            if self.create(name, b"two"):
                raise PlanError(
                    self.url,
                    "the storage replaces an object that is to be created once (it has no conditional writes); "
                    "use another storage",
                    "storage",
                )
        finally:
            self.remove(name)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _link(self, path: str, data: bytes) -> None:
        """Write a file that appears as a whole, and only where there is none."""
        partial = self._written(path, data)
        try:
            os.link(partial, path)
        finally:
            os.unlink(partial)  # noqa: PTH108 - as above
        _sync(os.path.dirname(path))  # noqa: PTH120 - as above

    @staticmethod
    def _written(path: str, data: bytes) -> str:
        folder, _, name = path.rpartition("/")
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - as above
        partial = f"{folder}/.{name}.{secrets.token_hex(8)}"
        try:
            with open(partial, "xb") as file:  # noqa: PTH123 - as above
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:  # a lease is written again and again while a disk is full
            with contextlib.suppress(OSError):
                os.unlink(partial)  # noqa: PTH108 - as above
            raise
        return partial


def _sync(folder: str) -> None:
    with contextlib.suppress(OSError):  # a system or a file system that syncs no folders
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
