"""Content in files of this machine, below the one folder that the caller names.

Those who write items could otherwise name any file that the reader may read.
"""

import os
import re
import stat
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

from abeja_datasets.content.uris import unsupported
from abeja_datasets.exceptions import Forbidden, NotFound

SCHEME: Final = "file"
_PREFIX: Final = re.compile("file:(?://(?:localhost)?)?(?=/)", re.IGNORECASE)
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read(uri: str, root: Path | None, limit: int) -> bytes:
    """Return the content of a file below a folder, or one byte more than the limit.

    Raises:
        UnsupportedURI: there is no such folder, or the file is not below it.
        NotFound: there is no such file.
        Forbidden: it may not be read.
    """
    if root is None:
        raise unsupported(uri, "files are read only below a folder that you name, as Client(content_root=…)")
    path = _path(uri, root)
    try:
        descriptor = os.open(path, _FLAGS)
        with os.fdopen(descriptor, "rb") as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound("not_found", f"data_uri: {uri!r:.300}: there is no such file") from error
    except OSError as error:
        raise Forbidden("forbidden", f"data_uri: {uri!r:.300}: {error.strerror}") from error
    raise unsupported(uri, "it is not a regular file")


def _path(uri: str, root: Path) -> Path:
    prefix = _PREFIX.match(uri)
    if not prefix:
        raise unsupported(uri, "a file on this machine is needed, such as file:///data/cat.jpg")
    text = uri[prefix.end() :]
    if "?" in text or "#" in text:
        raise unsupported(uri, "it has a query or a fragment; write ? as %3F and # as %23")
    path = os.fsdecode(unquote_to_bytes(text))
    if "\0" in path or ".." in re.split(r"[/\\]", path):
        raise unsupported(uri, "a path without .. and NUL is needed")
    try:
        # Only then is it known where symbolic links lead.
        real, base = Path(path).resolve(), root.resolve()
    except (OSError, RuntimeError) as error:  # links in a circle
        raise unsupported(uri, f"the path can't be followed: {error}") from error
    if not real.is_relative_to(base):
        raise unsupported(uri, f"it is not below content_root, {str(root)!r}")
    return real
