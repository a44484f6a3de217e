"""Names of files for the items that are written."""

import re
from pathlib import PurePosixPath
from typing import Any, Final

from abeja_datasets_loading.formats.sources.uris import URL

_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')


class Names:
    """Paths for items, each another one: that of the URI below its scheme, without its suffix."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._counts: dict[str, int] = {}
        """How often each path was tried, so that many equal ones take no longer than others."""

    def of(self, uri: Any) -> PurePosixPath:
        """Return the path of an item, relative, without a suffix."""
        parts = [part for part in URL.sub("", str(uri)).split("/") if part not in ("", ".", "..")]
        path = PurePosixPath(*(_UNSAFE.sub("_", part) for part in parts or ["item"])).with_suffix("")
        name = given = str(path)
        while name in self._used:
            self._counts[given] = count = self._counts.get(given, 1) + 1
            name = f"{given}-{count}"
        self._used.add(name)
        return PurePosixPath(name)


def suffix_of(uri: Any) -> str:
    """Return the suffix that `Names` leaves out."""
    return PurePosixPath(_UNSAFE.sub("_", URL.sub("", str(uri)))).suffix
