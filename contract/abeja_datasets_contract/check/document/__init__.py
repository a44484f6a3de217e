"""The document as the check reads it: operations, their documented responses, limits, and validators of its schemas.

The document that the client was generated from ships as data of its package, which is found without being imported.
"""

import functools
from importlib.util import find_spec
from pathlib import Path

from abeja_datasets_contract.openapi import DocumentError
from abeja_datasets_contract.openapi.reading import load_file
from abeja_datasets_contract.openapi.responses import json_media

from .contract import PAGE_SIZES, Contract
from .naming import KNOWN, Target
from .operation import Bounds, Operation

__all__ = ["KNOWN", "PAGE_SIZES", "Bounds", "Contract", "Operation", "Target"]
__all__ += ["contract_of", "document_path", "installed"]

_FIRST = "list_datasets"


def document_path() -> Path:
    """Return the path of the document that is installed with the client.

    Raises:
        FileNotFoundError: the package that holds it is not installed.
    """
    spec = find_spec("abeja_datasets_openapi")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package abeja_datasets_openapi, which holds openapi.yaml, is not installed")
    return Path(spec.submodule_search_locations[0]) / "openapi.yaml"


def contract_of(document: Path | None = None) -> Contract:
    """Read a document, or the one that is installed with the client. A file that has not changed is read once.

    Raises:
        ValueError: it can't be read, is not an OpenAPI 3.1 document, has a schema that is not JSON Schema, or lacks the
            list of datasets, with which each check begins; the message is one line.
    """
    if document is None:
        return installed()
    try:
        stat = document.stat()
        return _read(document, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise ValueError(f"{document}: {error.strerror}") from error
    except (DocumentError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error


@functools.cache
def installed() -> Contract:
    """Return the document that is installed with the client."""
    path = document_path()
    return Contract(load_file(path), path)


@functools.lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _size: int) -> Contract:
    contract = Contract(load_file(path), path)
    if _FIRST not in contract.operations:
        raise DocumentError(
            f"{path.name}: no operation has the operationId {_FIRST} or its place; each check begins with it"
        )
    for name, operation in contract.operations.items():
        contents = [(f"response {status}", json_media(known)) for status, known in operation.responses.items()]
        for what, media in (("request", {"schema": operation.request_schema}), *contents):
            try:
                contract.schemas.validator(media.get("schema") or {})
            except ValueError as error:
                raise DocumentError(
                    f"{path.name}: {name}: the schema of its {what} is not a JSON Schema: {error}"
                ) from error
    return contract
