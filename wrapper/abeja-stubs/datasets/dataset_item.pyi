from typing import Any

from abeja_datasets.dataset_item import DatasetItem as DatasetItem
from abeja_datasets.dataset_item import DatasetItemIterator as DatasetItemIterator
from abeja_datasets.dataset_item import DatasetItems as DatasetItems

# abeja-sdk's; see __init__.pyi of this folder.
def __getattr__(name: str) -> Any: ...
