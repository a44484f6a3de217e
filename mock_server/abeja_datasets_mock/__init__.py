"""A reference server that keeps the contract of openapi.yaml.

As a program: `python -m abeja_datasets_mock --port 0`. In a test: `with RunningServer() as server: …`. As an ASGI
application: `create_app()`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import create_app
    from .http.authentication import DEMO, Credential, credential_from_environment
    from .likeness import Like
    from .server import RunningServer
    from .storage.database import UnusableDatabase

__all__ = [
    "DEMO",
    "Credential",
    "Like",
    "RunningServer",
    "UnusableDatabase",
    "create_app",
    "credential_from_environment",
]

_MODULES = {
    "create_app": "app",
    "DEMO": "http.authentication",
    "Credential": "http.authentication",
    "credential_from_environment": "http.authentication",
    "UnusableDatabase": "storage.database",
    "Like": "likeness",
    "RunningServer": "server",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for; where a library is missing, a note on the error names the extra."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    except ModuleNotFoundError as error:
        error.add_note(f"What {name} needs is in an extra: pip install 'abeja-datasets[mock]'")
        raise
