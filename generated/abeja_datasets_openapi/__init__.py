# Generated from openapi.yaml by scripts/generate; do not edit.
"""A client library for accessing ABEJA Dataset API"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
