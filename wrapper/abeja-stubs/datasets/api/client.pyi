from typing import Any

from abeja_datasets.api_client import APIClient as APIClient

# abeja-sdk's; see __init__.pyi of this folder.
def __getattr__(name: str) -> Any: ...
