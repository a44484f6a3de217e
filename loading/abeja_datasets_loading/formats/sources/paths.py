"""Names of files for the items that are written."""

import itertools
import re
from pathlib import PurePosixPath
from typing import Any, Final

from abeja_datasets_loading.formats.sources.tree import is_junk
from abeja_datasets_loading.formats.sources.uris import URL

_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')

_LONGEST_NAME: Final = 200
"""Bytes of a name in a path. File systems take 255; a number and a suffix come after it."""

_LONGEST_PATH: Final = 2000
"""Bytes of the folders in a path. Linux takes 4,096 with those above."""

_DEEPEST: Final = 100
"""Folders in a path. Python makes each inside a call of the one above."""


class Names:
    """Paths for items, each another one: that of the URI below its scheme, without its suffix.

    Args:
        suffix: that of the files at these paths. No folder gets it, so that none has the name of a file.
    """

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._used: set[str] = set()
        self._counts: dict[str, int] = {}
        """How often each path was tried, so that many equal ones take no longer than others."""

    def of(self, uri: Any) -> PurePosixPath:
        """Return the path of an item, relative, without a suffix."""
        parts = [part for part in URL.sub("", str(uri)).split("/") if part not in ("", ".", "..")]
        path = PurePosixPath(*(_UNSAFE.sub("_", part) for part in parts or ["item"])).with_suffix("")
        *folders, name = map(_usable, path.parts)
        folders = _fitting([f"{each}_" if each.endswith(self._suffix) else each for each in folders])
        name = given = "/".join([*folders, name])
        # Some file systems take names in upper and lower case as one.
        while name.casefold() in self._used:
            self._counts[given] = count = self._counts.get(given, 1) + 1
            name = f"{given}-{count}"
        self._used.add(name.casefold())
        return PurePosixPath(name)


def _usable(name: str) -> str:
    """Return a name that a file system takes, and that a reader does not skip."""
    short = name.encode()[:_LONGEST_NAME].decode(errors="ignore")
    return f"_{short}" if is_junk(short) else short


def _fitting(folders: list[str]) -> list[str]:
    """Return the last folders of a path, as many as are not too long together."""
    lengths = itertools.accumulate(len(folder.encode()) + 1 for folder in reversed(folders[-_DEEPEST:]))
    return folders[len(folders) - sum(length <= _LONGEST_PATH for length in lengths) :]


def suffix_of(uri: Any) -> str:
    """Return the suffix that `Names` leaves out."""
    return PurePosixPath(_UNSAFE.sub("_", URL.sub("", str(uri)))).suffix
