"""OpenAPI documents: read from a file, standard input or a git revision, and refused where they can't be compared."""

import re
from pathlib import Path

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.linking.bundling import bundle
from abeja_datasets_contract.openapi.operations import check_path_items
from abeja_datasets_contract.openapi.structure import check_structure
from abeja_datasets_contract.openapi.texts.files import MAX_BYTES, Files, open_file, open_source
from abeja_datasets_contract.openapi.texts.json_text import JsonText
from abeja_datasets_contract.openapi.texts.text import Text, decode
from abeja_datasets_contract.openapi.texts.yaml_text import YamlText

_JSON = re.compile(r'\s*\{\s*("|\}|$)')
"""How JSON begins, where the name of a file does not say what it is."""


def parse(text: str, name: str) -> Document:
    """Read an OpenAPI document from text, JSON or YAML, and check that it can be compared.

    Raises:
        DocumentError: broken syntax, not an OpenAPI 3 document, or a reference that leads nowhere, out of the document
            or in a circle.
    """
    return _document(_read_text(text, name), None)


def load(source: str, *, folder: Path | None = None, root: Path | None = None, max_bytes: int = MAX_BYTES) -> Document:
    """Read a document by its name on the command line.

    Args:
        source: a file, `-` for standard input, or `REV:path` of the git repository around `folder`.
        folder: where paths and git start from; without it the current folder.
        root: the folder that all its files must be in; without it the folder of the document.
        max_bytes: refuse a document that has more bytes with its files, before it is parsed.

    Raises:
        DocumentError: there is no such file or revision, it is too large, or `parse` refuses it.
    """
    raw, files = open_source(source, folder or Path.cwd(), root, max_bytes)
    return _document(_read_raw(raw, source), files)


def load_file(path: Path, name: str | None = None) -> Document:
    """Read a document from a file.

    Args:
        path: the file.
        name: what messages call it; without it the name of the file.

    Raises:
        DocumentError: it can't be read, or `parse` refuses it.
    """
    name = name or path.name
    raw, files = open_file(path, name)
    return _document(_read_raw(raw, name), files)


def _document(text: Text, files: Files | None) -> Document:
    if not isinstance(text.data, dict):
        raise DocumentError(f"{text.name}: not an OpenAPI document: its top is not a mapping")
    document = Document(text.name, text.data, text)
    _check_version(document)
    bundle(document, files, _read_raw)
    check_structure(document)
    check_path_items(document)
    return document


def _read_raw(raw: bytes, name: str) -> Text:
    return _read_text(decode(raw, name), name)


def _read_text(text: str, name: str) -> Text:
    """Read JSON or YAML, by the name of the file, or else by how the text begins."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise DocumentError(f"{name}: empty")
    if name.lower().endswith(".json"):
        return JsonText(text, name)
    if not _JSON.match(text):
        return YamlText(text, name)
    try:
        return JsonText(text, name)
    except DocumentError:
        if name.lower().endswith((".yaml", ".yml")):
            return YamlText(text, name)
        raise


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
