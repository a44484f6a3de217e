"""Arguments of the functions of loading that can't be used: each is refused before anything is sent or written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abeja_datasets import APIClient
from abeja_datasets.exceptions import NotFound
from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import create_items, delete_items, export_items, update_items, verify

ITEM = {"source_data": [{"data_uri": "datalake://1/1", "data_type": "image/png"}]}
WITH_INPUT: list[tuple[Callable[..., Any], str]] = [
    (create_items, "items"),
    (update_items, "entries"),
    (delete_items, "ids"),
    (verify, "items"),
]


@pytest.mark.parametrize("value", [5, True, b"file", "", "a\0b"])
@pytest.mark.parametrize("function", [function for function, _ in WITH_INPUT])
def test_a_journal_that_is_no_path(dataset_api: DatasetApi, function: Any, value: Any) -> None:
    with dataset_api.client() as client, pytest.raises((TypeError, ValueError), match=r"^journal: the path of a file"):
        function(client, "1", "2", [], journal=value)
    assert not dataset_api.requests


@pytest.mark.parametrize("value", [None, 5, True, b"file", "", "a\0b"])
def test_a_path_of_an_export_that_is_none(dataset_api: DatasetApi, value: Any) -> None:
    with dataset_api.client() as client, pytest.raises((TypeError, ValueError), match=r"^path: the path of a file"):
        export_items(client, "1", "2", value)
    assert not dataset_api.requests


@pytest.mark.parametrize("value", [None, 5, "text", ITEM])
@pytest.mark.parametrize(("function", "name"), WITH_INPUT)
def test_an_input_that_is_none(dataset_api: DatasetApi, function: Any, name: str, value: Any) -> None:
    with dataset_api.client() as client, pytest.raises(TypeError, match=f"^{name}: an iterable of {name}"):
        function(client, "1", "2", value)
    assert not dataset_api.requests


def test_a_length_that_raises_is_not_asked_for(dataset_api: DatasetApi) -> None:
    class Rows(list[Any]):
        def __len__(self) -> int:
            raise OSError("the table is not open")

    with dataset_api.client() as client:
        report = create_items(client, *made(client, dataset_api), Rows([ITEM]), on_progress=False)
    assert report.created == 1


def test_a_wrong_id_does_not_spoil_the_journal(dataset_api: DatasetApi, tmp_path: Path) -> None:
    path = tmp_path / "items.journal"
    with dataset_api.client() as client:
        organization_id, dataset_id = made(client, dataset_api)
        with pytest.raises(NotFound):
            create_items(client, organization_id, "999", [ITEM], journal=path, on_progress=False)
        report = create_items(client, organization_id, dataset_id, [ITEM], journal=path, on_progress=False)
    assert report.created == 1


def made(client: APIClient, api: DatasetApi) -> tuple[str, str]:
    dataset: Any = client.create_dataset(api.organization_id, "loaded", "custom", {})
    return api.organization_id, dataset["dataset_id"]
