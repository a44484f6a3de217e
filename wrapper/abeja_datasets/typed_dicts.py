"""TypedDicts of the documented requests and responses, generated from `openapi.yaml`, for type checkers and editors.

The methods return plain dicts. To have their keys checked by a type checker, cast them.

::

    from typing import cast
    from abeja_datasets.typed_dicts import DatasetItem

    item = cast(DatasetItem, api_client.get_dataset_item(organization_id, dataset_id, 0))
"""

from abeja_datasets_openapi.typed_dicts import *  # noqa: F403 - what there is, the document alone says
from abeja_datasets_openapi.typed_dicts import __all__ as __all__  # noqa: PLC0414 - else no type checker exports it
