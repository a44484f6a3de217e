"""A reference server that keeps the contract of openapi.yaml.

As a program: `python -m abeja_datasets_mock --port 0`. In a test: `with RunningServer() as server: …`. As an ASGI
application: `create_app()`.
"""

from .app import create_app
from .authentication import DEMO, Credential, credential_from_environment
from .database import UnusableDatabase
from .likeness import Like
from .server import RunningServer

__all__ = [
    "DEMO",
    "Credential",
    "Like",
    "RunningServer",
    "UnusableDatabase",
    "create_app",
    "credential_from_environment",
]
