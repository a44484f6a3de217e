"""A program that type checkers read and nobody runs: what the signatures promise, and what they refuse."""

from collections.abc import Iterator
from typing import Any, assert_type, cast

from abeja_datasets import APIClient, Client
from abeja_datasets.client import Client as Same
from abeja_datasets.dataset import Dataset, Datasets
from abeja_datasets.dataset_item import DatasetItem, DatasetItemIterator, DatasetItems
from abeja_datasets.source_data import SourceData
from abeja_datasets.typed_dicts import Attributes, Props
from abeja_datasets.typed_dicts import DatasetItem as DatasetItemDict
from abeja_datasets.typed_dicts import SourceData as SourceDataDict

client = Client("1", {"auth_token": "t"}, 10, max_retry_count=3, base_url="http://127.0.0.1:1", content_root="here")
same: Same = client
assert_type(client.api, APIClient)
assert_type(client.organization_id, str | int)
assert_type(client.datasets, Datasets)
assert_type(client.get_dataset(1), Dataset)
assert_type(client.datasets.list(), list[Dataset])

dataset = client.datasets.create("pets", "custom", {"categories": [{"category_id": 1, "name": "n", "labels": []}]})
client.datasets.create(name="pets", type="custom", props={"not documented": 1})
props: Props = {"categories": []}
client.datasets.create("pets", "custom", props)
assert_type(dataset, Dataset)
assert_type(dataset.name, str | None)
assert_type(dataset.props, dict[str, Any])
assert_type(dataset.total_count, int | None)
assert_type(dataset.raw, dict[str, Any])

items = dataset.dataset_items
assert_type(items, DatasetItems)
item = items.create(source_data=[{"data_uri": "datalake://1/2", "data_type": "image/jpeg"}])
assert_type(item, DatasetItem)
assert_type(item.dataset_item_id, int)
assert_type(item.attributes, dict[str, Any])
assert_type(item.source_data, list[SourceData])
assert_type(item.source_data[0].get_content(cache=False), bytes)
assert_type(item.asdict(), dict[str, Any])

plain: list[dict[str, Any]] = [{"data_uri": "datalake://1/2", "colour": "red"}]
texts: list[dict[str, str]] = [{"data_uri": "datalake://1/2"}]
typed: list[SourceDataDict] = [{"data_uri": "datalake://1/2", "height": 500}]
attributes: Attributes = {"detection": [{"category_id": 1, "label_id": 2}]}
items.create(plain, {"classification": [{"category_id": 1, "label_id": 1, "score": 0.5}], "mine": None})
items.create(texts, {"custom": 1})
items.create(typed, attributes)
items.create([{"data_uri": "datalake://1/2", "not documented": {}}])
assert_type(items.update(1, attributes), DatasetItem)
assert_type(items.bulk_update([{"dataset_item_id": 1, "attributes": attributes}]), list[DatasetItem])

listed = items.list("token", 10, prefetch=True, q="label:dog")
assert_type(listed, DatasetItemIterator)
anything_that_iterates: Iterator[DatasetItem] = listed
assert_type([one.attributes for one in listed], list[dict[str, Any]])

api = client.api
assert_type(api.create_dataset("1", "n", "t", {"categories": []}), dict[str, Any])
assert_type(api.create_dataset_item("1", "2", typed, attributes), dict[str, Any])
api.create_dataset_item("1", "2", [{"data_uri": "datalake://1/2"}], {"custom": []})
api.create_dataset_item("1", "2", plain)
api.update_dataset_item("1", "2", 3, attributes)
api.bulk_update_dataset_item("1", "2", [{"dataset_item_id": 1, "attributes": {}}])
checked = cast("DatasetItemDict", api.get_dataset_item("1", "2", 3))
assert_type(checked["source_data"][0]["data_uri"], str)

items.create("datalake://1/2")  # type: ignore[arg-type]  # a URI is not a list
items.create({"data_uri": "datalake://1/2"})  # type: ignore[arg-type]  # nor is one source
items.create(plain, [1])  # type: ignore[arg-type]
client.get_dataset(None)  # type: ignore[arg-type]
client.datasets.create("pets")  # type: ignore[call-arg]
misspelled: SourceDataDict = {"data_url": "datalake://1/2"}  # type: ignore[typeddict-item]
