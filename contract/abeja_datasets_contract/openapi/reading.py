"""OpenAPI documents: read from a file, standard input or a git revision, and refused where they can't be compared."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.lines import lines_of_json, read_json, read_yaml
from abeja_datasets_contract.openapi.references import check_references
from abeja_datasets_contract.openapi.structure import check_structure

MAX_BYTES = 64 * 1024 * 1024
"""A document over this size is refused: no API needs it, and reading it takes minutes."""


def parse(text: str, name: str) -> Document:
    """Read an OpenAPI document from text, JSON or YAML, and check that it can be compared.

    Raises:
        DocumentError: broken syntax, not an OpenAPI 3 document, or a reference that leads nowhere, out of the document
            or in a circle.
    """
    if not text.strip():
        raise DocumentError(f"{name}: empty")
    if name.endswith(".json") or (text.lstrip()[:1] == "{" and not name.endswith((".yaml", ".yml"))):
        document = Document(name, _mapping(read_json(text, name), name), lambda: lines_of_json(text))
    else:
        data, lines = read_yaml(text, name)
        document = Document(name, _mapping(data, name), lambda: lines)
    _check_version(document)
    check_references(document)
    check_structure(document)
    return document


def _mapping(data: Any, name: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise DocumentError(f"{name}: not an OpenAPI document: its top is no mapping")
    return data


def _check_version(document: Document) -> None:
    data = document.data
    if "swagger" in data:
        raise DocumentError(
            f"{document.where('#/swagger')}: Swagger {data['swagger']} is not read; convert the document to OpenAPI 3"
        )
    version = data.get("openapi")
    if not isinstance(version, str) or not re.match(r"3\.[0-2](\.|$)", version):
        said = f"openapi: {version!r}" if "openapi" in data else "no `openapi` at its top"
        raise DocumentError(f"{document.where('#/openapi')}: not an OpenAPI 3.0, 3.1 or 3.2 document ({said})")


def load(source: str, *, folder: Path | None = None) -> Document:
    """Read a document by what the command line calls it.

    Args:
        source: a file, `-` for standard input, or `REV:path` of the git repository around `folder`.
        folder: where paths and git start from; without it the current folder.

    Raises:
        DocumentError: there is no such file or revision, or `parse` refuses it.
    """
    folder = folder or Path.cwd()
    if source == "-":
        return parse(_decode(sys.stdin.buffer.read(MAX_BYTES + 1), "-"), "-")
    path = folder / source
    if ":" in source and not path.exists():
        return parse(_decode(show(source, folder), source), source)
    return load_file(path, source)


def load_file(path: Path, name: str | None = None) -> Document:
    """Read a document from a file.

    Args:
        path: the file.
        name: what messages call it; without it the name of the file.

    Raises:
        DocumentError: it can't be read, or `parse` refuses it.
    """
    name = name or path.name
    try:
        with path.open("rb") as file:
            return parse(_decode(file.read(MAX_BYTES + 1), name), name)
    except OSError as error:
        raise DocumentError(f"{name}: {error.strerror}") from error


def _decode(raw: bytes, name: str) -> str:
    if len(raw) > MAX_BYTES:
        raise DocumentError(f"{name}: over {MAX_BYTES // 1024 // 1024} MB; a document of that size is not read")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError(f"{name}, line {line}: not UTF-8 text") from error


def show(source: str, folder: Path) -> bytes:
    """Return the bytes of `REV:path` from the git repository around `folder`.

    Raises:
        DocumentError: no git, no repository, no such revision, or no such file in it.
    """
    revision, _, path = source.partition(":")
    if not revision or revision.startswith("-") or not path:
        raise DocumentError(f"{source}: neither a file nor REV:path of git")
    git(["rev-parse", "--git-dir"], folder, f"{source}: no such file, and {folder} is not in a git repository")
    git(
        ["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"],
        folder,
        f"{source}: git has no revision {revision}",
    )
    return git(["show", f"{revision}:{path}"], folder, f"{source}: revision {revision} has no file {path}")


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
