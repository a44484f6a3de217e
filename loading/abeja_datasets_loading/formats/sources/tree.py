"""Files below a folder, in the order of their names, whatever links lead in a circle."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_JUNK: Final = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


def is_junk(name: str) -> bool:
    """Return whether a file or folder was made by an operating system, or is hidden."""
    return name.startswith(".") or name.lower() in _JUNK


def files_below(folder: Path) -> Iterator[Path]:
    """Iterate over the files below a folder, and over dead links. Links count where they lie; a circle ends.

    Raises:
        OSError: a folder can't be read.
    """
    opened = [_Opened(folder)]
    while opened:
        path = next(opened[-1].paths, None)
        if path is None:
            opened.pop()
        elif not path.is_dir():
            yield path
        elif (inner := _Opened(path)).identity not in [each.identity for each in opened]:
            opened.append(inner)


class _Opened:
    """A folder whose files are being read: its identity, and the paths that are left."""

    def __init__(self, folder: Path) -> None:
        status = folder.stat()
        self.identity = status.st_dev, status.st_ino
        with os.scandir(folder) as found:
            names = sorted(each.name for each in found if not is_junk(each.name))
        self.paths = map(folder.joinpath, names)
