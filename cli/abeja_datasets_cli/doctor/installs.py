"""The installs of a distribution on a search path, as their metadata describe them."""

import base64
import csv
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, PackagePath
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

OURS = "abeja-datasets"
SDK = "abeja-sdk"
_NAME_MODULES = ("abeja/datasets.py", "abeja/exceptions.py")
"""All that our wheel has in the folder `abeja`."""


@dataclass(frozen=True)
class Install:
    """An install of a distribution."""

    name: str
    metadata: Distribution

    @cached_property
    def version(self) -> str:
        """The version, or "unknown" where the metadata are damaged."""
        return _header(self.metadata, "Version") or "unknown"

    @cached_property
    def python(self) -> str:
        """The versions of Python that it supports, such as `>=3.8,<3.12`; empty where it does not say so."""
        return _header(self.metadata, "Requires-Python")

    @cached_property
    def pinned(self) -> str:
        """What pip is asked for to get this version again."""
        return self.name if self.version == "unknown" else f"{self.name}=={self.version}"

    @cached_property
    def folder(self) -> Path:
        """The folder that it is in, such as `site-packages`."""
        return Path(str(self.metadata.locate_file(""))).resolve()

    @cached_property
    def source(self) -> str | None:
        """The source folder of an editable install; None for any other install."""
        try:
            origin = json.loads(self.metadata.read_text("direct_url.json") or "{}")
            return url2pathname(urlsplit(origin["url"]).path) if origin["dir_info"].get("editable") else None
        except (ValueError, KeyError, AttributeError, TypeError):
            return None

    @cached_property
    def files(self) -> dict[Path, PackagePath]:
        """Its Python files by their places, as the installer recorded them."""
        try:
            # Not `metadata.files`, which from Python 3.12 on leaves out what is missing.
            recorded = [_recorded(row) for row in csv.reader((self.metadata.read_text("RECORD") or "").splitlines())]
        except (TypeError, ValueError, csv.Error):  # a damaged one
            recorded = []
        return {
            Path(os.path.normpath(self.folder / file)): file
            for file in recorded
            if file.suffix == ".py" and ".." not in file.parts
        }

    @cached_property
    def missing(self) -> list[PackagePath]:
        """Its Python files that are not there any more."""
        return [file for place, file in self.files.items() if not place.exists()]

    @cached_property
    def changed(self) -> list[PackagePath]:
        """Its files in the folder `abeja` whose content is not what was installed."""
        in_abeja = [(place, file) for place, file in self.files.items() if file.parts[0] == "abeja"]
        return [file for place, file in in_abeja if place.exists() and not _is_unchanged(place, file)]

    @cached_property
    def shared(self) -> list[PackagePath]:
        """Its files in the folder `abeja` that only an old build of abeja-datasets has. abeja-sdk has them too."""
        in_abeja = [file for file in self.files.values() if file.parts[0] == "abeja"]
        return [file for file in in_abeja if file.as_posix() not in _NAME_MODULES] if self.name == OURS else []

    def owns(self, place: Path) -> bool:
        """Return whether a file is there as this distribution installed it."""
        return place in self.files and _is_unchanged(place, self.files[place])


def find_installs(name: str, path: Sequence[str]) -> list[Install]:
    """Return all installs of a distribution, in the order of the search path."""
    found: dict[tuple[Path, str], Install] = {}
    for distribution in importlib.metadata.distributions(name=name, path=_without_doubles(path)):
        install = Install(name, distribution)
        found.setdefault((install.folder, install.version), install)
    return list(found.values())


def find_owner(place: Path, path: Sequence[str]) -> str | None:
    """Return the distribution that installed a file, by the records of all distributions."""
    for distribution in importlib.metadata.distributions(path=_without_doubles(path)):
        install = Install(_header(distribution, "Name"), distribution)
        if place in install.files:
            return install.name
    return None


def _recorded(row: Sequence[str]) -> PackagePath:
    """Return a file that a RECORD names, with its hash."""
    name, digest, *_ = row
    file = PackagePath(name)
    file.hash = importlib.metadata.FileHash(digest) if digest else None
    return file


def _without_doubles(path: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(os.path.realpath(entry) for entry in path))


def _header(distribution: Distribution, name: str) -> str:
    """Return a header of the metadata; empty where it is missing, as it may be in a damaged install."""
    return next(_headers(distribution, name), "")


def _headers(distribution: Distribution, name: str) -> Iterator[str]:
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    for line in text.partition("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        if key.lower() == name.lower():
            yield value.strip()


def required(install: Install) -> list[str]:
    """Return what a distribution requires, each as its metadata write it (PEP 508)."""
    return list(_headers(install.metadata, "Requires-Dist"))


def _is_unchanged(place: Path, file: PackagePath) -> bool:
    if file.hash is None:
        return True
    try:
        digest = hashlib.new(file.hash.mode, place.read_bytes()).digest()
    except (OSError, ValueError):
        return False
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii") == file.hash.value
