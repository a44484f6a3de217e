"""The typed view: the generated models read and write the documented examples."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from abeja_datasets import models

if TYPE_CHECKING:
    from tests.wrapper.reference import Documented

ANSWERS: dict[str, Any] = {
    "create_dataset": models.Dataset,
    "get_dataset": models.DatasetWithCount,
    "list_datasets": models.Dataset,
    "delete_dataset": models.Dataset,
    "create_dataset_item": models.DatasetItem,
    "get_dataset_item": models.DatasetItem,
    "list_dataset_items": models.DatasetItemPage,
    "update_dataset_item": models.DatasetItem,
    "bulk_update_dataset_item": models.DatasetItem,
}


def test_each_documented_answer_survives_the_models(documented: "Documented") -> None:
    if documented.answer is None:
        assert documented.name == "delete_dataset_item"
        return
    entries = documented.answer if isinstance(documented.answer, list) else [documented.answer]
    assert entries
    for entry in entries:
        assert ANSWERS[documented.name].from_dict(entry).to_dict() == entry


@pytest.mark.parametrize(
    ("model", "operation"),
    [
        (models.CreateDatasetItemRequest, "create_dataset_item"),
        (models.UpdateDatasetItemRequest, "update_dataset_item"),
    ],
)
def test_the_documented_requests_survive_the_models(documented: "Documented", model: Any, operation: str) -> None:
    if documented.name == operation:
        request = dict(documented.requests)
        assert model.from_dict(request).to_dict() == request
    if documented.name == "bulk_update_dataset_item":
        (entry,) = documented.requests["bulk_attributes"]
        assert models.BulkUpdateEntry.from_dict(entry).to_dict() == entry
    if documented.name == "create_dataset":
        request = {"name": "n", "type": "t", "props": documented.requests["props"]}
        assert models.CreateDatasetRequest.from_dict(request).to_dict() == request


def test_models_give_typed_access(documented: "Documented") -> None:
    if documented.name == "get_dataset_item":
        item = models.DatasetItem.from_dict(documented.answer)
        assert item.dataset_item_id == 0
        assert item.source_data[0].height == 500
        assert isinstance(item.attributes.detection, list)
        rect = item.attributes.detection[0].rect
        assert isinstance(rect, models.Rect)
        assert (rect.xmin, rect.ymin, rect.xmax, rect.ymax) == (22, 145, 140, 220)


def test_unknown_fields_survive_the_models_where_objects_are_open() -> None:
    attributes = {"custom": [1], "video": {"a": None}, "own": {"b": [0.5]}, "segmentation": {"c": 1}}
    assert models.Attributes.from_dict(attributes).to_dict() == attributes


def test_all_schemas_of_objects_have_a_model() -> None:
    contract = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8"))
    objects = {
        name
        for name, schema in contract["components"]["schemas"].items()
        if schema.get("type") == "object" or "allOf" in schema
    }
    # Enums in the document make models too.
    assert objects <= set(models.__all__)
