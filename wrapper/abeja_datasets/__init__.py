"""Client for the ABEJA Dataset API.

::

    from abeja_datasets import APIClient

    api_client = APIClient()

`APIClient` and its twin `AsyncAPIClient` take and return JSON as plain dicts and lists, untouched. `Client` has
datasets and items as objects, with the content of items. `models` is a typed view of the same data, and `typed_dicts`
types the dicts themselves. `parse_timestamp` parses the API's timestamps. The errors are in
`abeja_datasets.exceptions`. Importing this stays light: the HTTP library loads with the first request.
"""

from typing import TYPE_CHECKING, Any

from abeja_datasets import forks  # noqa: F401 - before anything that a fork may interrupt
from abeja_datasets._version import __version__
from abeja_datasets.api_client import APIClient

if TYPE_CHECKING:
    from abeja_datasets import models
    from abeja_datasets.async_api_client import AsyncAPIClient
    from abeja_datasets.client import Client
    from abeja_datasets.timestamps import parse_timestamp

__all__ = ["APIClient", "AsyncAPIClient", "Client", "__version__", "models", "parse_timestamp"]

_LAZY = {
    "AsyncAPIClient": "async_api_client",
    "Client": "client",
    "models": "models",
    "parse_timestamp": "timestamps",
}
"""Names that load when they are first used, each with its module."""


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module = importlib.import_module(f"abeja_datasets.{_LAZY[name]}")
    value = globals()[name] = module if name == _LAZY[name] else getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
