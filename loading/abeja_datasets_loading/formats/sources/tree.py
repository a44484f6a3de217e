"""Files below a folder, in the order of their names, whatever links lead in a circle."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_JUNK: Final = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


def is_junk(name: str) -> bool:
    """Return whether a file or folder was made by an operating system, or is hidden."""
    return name.startswith(".") or name.lower() in _JUNK


def files_below(folder: Path, _above: frozenset[tuple[int, int]] = frozenset()) -> Iterator[Path]:
    """Iterate over the files below a folder, and over dead links. Links count where they lie; a circle ends.

    Raises:
        OSError: a folder can't be read.
    """
    status = folder.stat()
    here = status.st_dev, status.st_ino
    if here in _above:
        return
    with os.scandir(folder) as found:
        names = sorted(each.name for each in found if not is_junk(each.name))
    for name in names:
        path = folder / name
        if path.is_dir():
            yield from files_below(path, _above | {here})
        else:
            yield path
