from typing import Any

from abeja_datasets.client import Client as Client

# abeja-sdk's; see __init__.pyi of this folder.
def __getattr__(name: str) -> Any: ...
