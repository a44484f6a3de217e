"""The typed view of the API's data: attrs classes, generated from `openapi.yaml`.

They are opt-in. `APIClient` itself takes and returns plain JSON, which no model can change or refuse.

::

    from abeja_datasets.models import DatasetItem

    item = DatasetItem.from_dict(api_client.get_dataset_item(organization_id, dataset_id, 0))
    item.attributes.to_dict()

`from_dict` raises KeyError or ValueError on data that the document does not allow.
"""

import sys

from abeja_datasets_openapi.models import (
    Attributes,
    BulkUpdateEntry,
    Category,
    ClassificationLabel,
    CreateDatasetItemRequest,
    CreateDatasetRequest,
    Dataset,
    DatasetItem,
    DatasetItemPage,
    DatasetWithCount,
    DetectionLabel,
    Error,
    Label,
    Props,
    Rect,
    ResponseAttributes,
    SourceData,
    UpdateDatasetItemRequest,
)

__all__ = [
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
]

# The generated modules name one another for type checkers alone; `typing.get_type_hints` looks the names up in them.
for _name in __all__:
    vars(sys.modules[globals()[_name].__module__]).update({name: globals()[name] for name in __all__})
