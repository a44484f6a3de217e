from typing import Any

from abeja_datasets.dataset import Dataset as Dataset
from abeja_datasets.dataset import Datasets as Datasets

# abeja-sdk's; see __init__.pyi of this folder.
def __getattr__(name: str) -> Any: ...
