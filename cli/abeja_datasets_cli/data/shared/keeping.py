"""Putting what a command writes beside the input in its place, without replacing what a person changed there."""

import filecmp
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

_REASONS: Final = ".reasons.csv"
"""The end of the name of a list of reasons, beside a file of rejected rows that has no column for them."""
_REJECTED: Final = ".rejected"


def put(target: Path, write: Callable[[Path], None]) -> Path:
    """Write a file or folder whole; return where it is.

    A file of another content that is there already may hold corrections. It stays, and the new one gets the next free
    name: `c.rejected-2.json`.

    Args:
        target: where it goes.
        write: writes the file or folder, given its path.
    """
    is_special = target.exists() and not (target.is_file() or target.is_dir())
    if is_special or not target.parent.is_dir():  # a pipe or the like, or an error that names the target
        write(target)
        return target
    from abeja_datasets_loading.formats import parts

    with parts.folder(target) as folder:
        made = folder / target.name
        write(made)
        place = next(each for each in _names(target) if not each.exists() or _is_equal(each, made))
        if not place.exists():
            made.rename(place)
        reasons = made.with_name(f"{made.name}{_REASONS}")
        if reasons.exists():
            reasons.replace(place.with_name(f"{place.name}{_REASONS}"))
    return place


def aside(path: Path) -> Path:
    """Keep a file under a second name, such as `c.json.old`, until the first is replaced; return that name."""
    copy = next(each for each in _old_names(path) if not each.exists() or _is_equal(each, path))
    if not copy.exists():
        try:
            os.link(path, copy)
        except OSError:  # not each file system has links
            shutil.copy2(path, copy)
    return copy


def kept_aside(path: Path) -> Iterator[Path]:
    """Iterate over the names under which earlier files of a name were kept."""
    return itertools.takewhile(Path.exists, _old_names(path))


def _old_names(path: Path) -> Iterator[Path]:
    return (path.with_name(f"{path.name}.old{suffix}") for suffix in _suffixes())


def _suffixes() -> Iterator[str]:
    return itertools.chain([""], (f"-{number}" for number in itertools.count(2)))


def _names(target: Path) -> Iterator[Path]:
    suffix = "" if target.suffix == _REJECTED else target.suffix
    stem = target.name.removesuffix(suffix)
    return (target.with_name(f"{stem}{number}{suffix}") for number in _suffixes())


def _is_equal(one: Path, other: Path) -> bool:
    """Return whether two files have the same content, or two folders the same files."""
    if one.is_dir() and other.is_dir():
        names = sorted(path.relative_to(one) for path in one.rglob("*"))
        same = names == sorted(path.relative_to(other) for path in other.rglob("*"))
        return same and all(_is_equal(one / name, other / name) for name in names if not (one / name).is_dir())
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)
