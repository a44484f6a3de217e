"""Arguments of the functions of loading that can't be used: each is refused before anything is sent or written."""

import inspect
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.sampling import every

from abeja_datasets import APIClient
from abeja_datasets.exceptions import NotFound
from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import (
    JournalError,
    create_items,
    delete_items,
    export_items,
    remove_marker,
    update_items,
    verify,
)

ITEM = {"source_data": [{"data_uri": "datalake://1/1", "data_type": "image/png"}]}
WITH_INPUT: list[tuple[Callable[..., Any], str]] = [
    (create_items, "items"),
    (update_items, "entries"),
    (delete_items, "ids"),
    (verify, "items"),
]


async def async_function(progress: Any) -> None:
    del progress


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


NAN, INFINITE, HUGE = float("nan"), float("inf"), 10**400
NUMBERS = [-1, NAN, INFINITE, HUGE, "5", True, [], Decimal(1)]
BAD: dict[str, list[Any]] = {
    "concurrency": [0, -1, True, 1.0, "4", None, NAN],
    "rate": [0, *NUMBERS],
    "on_error": ["x", "", None, True, 5, []],
    "max_errors": [-1, True, 1.5, "3"],
    "on_progress": [5, "x", [], async_function],
    "settle_after": NUMBERS,
    "max_outage": [*NUMBERS, None],
    "total": [-1, 1.5, "5", True],
    "marker": [5, True, b"x", ["a"], {}, "", "a b", "classification", "é", "a" * 101],
    "batch": [0, 1001, True, "5", 1.5, None],
    "page_size": [0, 1001, True, "5", None],
    "q": [5, b"x", True, []],
    "run": [5, True, b"x", "", "ZZ", "1-2"],
    "key": [None, 5, b"x", "", "a b"],
    "organization_id": ["", None, "..", 5.0, True, "\0", b"x", [], "\ud800"],
    "dataset_id": ["", None, "..", 5.0, True, "\0", b"x", [], "\ud800"],
    "client": [None, 5, "x", APIClient, object(), httpx.Client],
}
FUNCTIONS = (create_items, update_items, delete_items, export_items, verify, remove_marker)
CASES = [
    (function, name, value)
    for function in FUNCTIONS
    for name in inspect.signature(function).parameters
    for value in BAD.get(name, [])
]


@pytest.mark.parametrize(
    ("function", "name", "value"), every(10, CASES), ids=lambda value: "huge" if value is HUGE else None
)
def test_an_argument_that_can_not_be_used(tmp_path: Path, function: Any, name: str, value: Any) -> None:
    required: dict[str, Any] = {"organization_id": "1", "dataset_id": "2", "items": [], "entries": [], "ids": []}
    required |= {"path": tmp_path / "out", "key": "by"}
    # Nothing listens there: a request would be another error.
    with APIClient({"auth_token": "t"}, base_url="http://127.0.0.1:9", max_retry_count=0) as client:
        given = {
            "client": client,
            **{key: required[key] for key in required if key in signature(function)},
            name: value,
        }
        with pytest.raises((TypeError, ValueError), match=f"^{name}: "):
            function(**given)
    assert list(tmp_path.iterdir()) == []


def test_every_option_has_values_that_can_not_be_used() -> None:
    others = {"items", "entries", "ids", "path", "journal"}  # see the tests above
    assert {name for function in FUNCTIONS for name in signature(function)} == others | set(BAD)


def test_ids_may_be_what_the_clients_take(dataset_api: DatasetApi, tmp_path: Path) -> None:
    class Ids(str, Enum):  # noqa: UP042 - str() of a StrEnum is its value, of this one it is not
        ORGANIZATION = dataset_api.organization_id

    class Number:
        def __init__(self, value: str) -> None:
            self.value = int(value)

        def __index__(self) -> int:
            return self.value

    with dataset_api.client() as client:
        organization_id, dataset_id = made(client, dataset_api)
        places: list[Any] = [(Ids.ORGANIZATION, Number(dataset_id)), (organization_id, int(dataset_id))]
        for one, other in places:
            report = create_items(client, one, other, [ITEM], journal=tmp_path / "j", on_progress=False)
            assert export_items(client, one, other, tmp_path / "out", on_progress=False).read == 1
    assert report.earlier == 1


def test_a_journal_to_verify_whose_name_is_too_long(dataset_api: DatasetApi) -> None:
    with dataset_api.client() as client, pytest.raises(JournalError, match="does not exist; pass the journal"):
        verify(client, "1", "2", [], journal="x" * 300)


def signature(function: Any) -> Any:
    return inspect.signature(function).parameters


def made(client: APIClient, api: DatasetApi) -> tuple[str, str]:
    dataset: Any = client.create_dataset(api.organization_id, "loaded", "custom", {})
    return api.organization_id, dataset["dataset_id"]
