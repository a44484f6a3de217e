"""Which documents are compared where none are named: the last release's, and the one being worked on."""

import re
from pathlib import Path
from typing import NamedTuple

from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.texts.files import git

DOCUMENT = "openapi.yaml"


class Before(NamedTuple):
    """What is compared against.

    Attributes:
        revision: the git revision.
        source: its document, as `documents.load` takes it.
        note: what a reader should know of that choice; else an empty text.
    """

    revision: str
    source: str
    note: str


def repository(folder: Path | None = None) -> Path:
    """Return the top of the git repository around a folder.

    Raises:
        DocumentError: there is none.
    """
    folder = folder or Path.cwd()
    top = git(["rev-parse", "--show-toplevel"], folder, f"{folder}: not in a git repository, so name OLD and NEW")
    return Path(top.decode().rstrip("\n"))


def last_release(top: Path) -> Before:
    """Find the last release: the greatest version among the tags `v*`, or HEAD where there is no tag yet."""
    tags = git(["tag", "--list", "v*"], top, f"{top}: git can't list its tags").decode().split()
    versions = sorted((_version(tag), tag) for tag in tags if _version(tag))
    if not versions:
        return Before("HEAD", f"HEAD:{DOCUMENT}", "There is no release tag (v*) yet, so the last commit is compared.")
    tag = versions[-1][1]
    return Before(tag, f"{tag}:{DOCUMENT}", "")


def revision_of(source: str, folder: Path | None = None) -> str:
    """Return the git revision that a source names; an empty text for a file or standard input."""
    if source == "-" or ":" not in source or (folder or Path.cwd()).joinpath(source).exists():
        return ""
    return source.partition(":")[0]


def _version(tag: str) -> tuple[int, ...]:
    match = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)", tag)
    return tuple(int(part) for part in match.groups()) if match else ()


def working_document(top: Path) -> Path:
    """Return the document being worked on.

    Raises:
        DocumentError: the repository has none.
    """
    path = top / DOCUMENT
    if not path.is_file():
        raise DocumentError(f"{path}: no such file, so name OLD and NEW")
    return path
