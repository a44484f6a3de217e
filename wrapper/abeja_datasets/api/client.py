"""`APIClient`, where abeja-sdk has it."""

from abeja_datasets.api_client import APIClient

__all__ = ["APIClient"]
