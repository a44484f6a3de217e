# Generated from openapi.yaml by scripts/generate; do not edit.
"""Contains all the data models used in inputs/outputs"""

from .attributes import Attributes
from .bulk_update_entry import BulkUpdateEntry
from .category import Category
from .classification_label import ClassificationLabel
from .create_dataset_item_request import CreateDatasetItemRequest
from .create_dataset_request import CreateDatasetRequest
from .dataset import Dataset
from .dataset_item import DatasetItem
from .dataset_item_page import DatasetItemPage
from .dataset_with_count import DatasetWithCount
from .detection_label import DetectionLabel
from .error import Error
from .label import Label
from .props import Props
from .rect import Rect
from .response_attributes import ResponseAttributes
from .source_data import SourceData
from .update_dataset_item_request import UpdateDatasetItemRequest

__all__ = (
    "Attributes",
    "BulkUpdateEntry",
    "Category",
    "ClassificationLabel",
    "CreateDatasetItemRequest",
    "CreateDatasetRequest",
    "Dataset",
    "DatasetItem",
    "DatasetItemPage",
    "DatasetWithCount",
    "DetectionLabel",
    "Error",
    "Label",
    "Props",
    "Rect",
    "ResponseAttributes",
    "SourceData",
    "UpdateDatasetItemRequest",
)
