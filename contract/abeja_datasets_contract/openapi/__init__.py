"""The one reader of OpenAPI documents, for the check, the diff and the project's scripts.

from abeja_datasets_contract.openapi import load

document = load("openapi.yaml")
document.at("#/info/title"), document.line("#/info/title")
"""

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.reading import load, parse

__all__ = ["Document", "DocumentError", "load", "parse"]
