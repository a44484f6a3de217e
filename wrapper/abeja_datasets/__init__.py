"""Client for the ABEJA Dataset API.

    from abeja_datasets import APIClient

    api_client = APIClient()

`APIClient` and its twin `AsyncAPIClient` take and give JSON as plain dicts and lists, untouched. `models` is the typed
view of the same data, for those who want one. `parse_timestamp` reads the API's timestamps. What is raised is in
`abeja.exceptions`. Importing this stays light: the HTTP library loads with the first request.
"""

from typing import TYPE_CHECKING, Any

from abeja_datasets._version import __version__
from abeja_datasets.api_client import APIClient
from abeja_datasets.async_api_client import AsyncAPIClient
from abeja_datasets.timestamps import parse_timestamp

if TYPE_CHECKING:
    from abeja_datasets import models

__all__ = ["APIClient", "AsyncAPIClient", "__version__", "models", "parse_timestamp"]


def __getattr__(name: str) -> Any:
    if name == "models":
        import importlib

        return importlib.import_module("abeja_datasets.models")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
