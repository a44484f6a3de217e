from typing import Any

from abeja_datasets import APIClient as APIClient
from abeja_datasets import AsyncAPIClient as AsyncAPIClient
from abeja_datasets import Client as Client
from abeja_datasets import __version__ as __version__
from abeja_datasets import models as models
from abeja_datasets import parse_timestamp as parse_timestamp

# Names of abeja-sdk's, in environments where `abeja.datasets` is its own.
def __getattr__(name: str) -> Any: ...
