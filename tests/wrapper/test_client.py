"""`Client`: what each call sends, and what the objects that it returns are like."""

import concurrent.futures
import copy
import inspect
import json
import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.wrapper.scripted import Reply

import abeja_datasets
from abeja_datasets import APIClient, Client
from abeja_datasets.dataset import Dataset, Datasets
from abeja_datasets.dataset_item import DatasetItem, DatasetItems
from abeja_datasets.exceptions import CredentialNotFound, InvalidIdentifier, InvalidResponse, NotFound

if TYPE_CHECKING:
    from tests.wrapper.scripted import Request, ScriptedServer

CREDENTIAL: Final = {"auth_token": "token-of-these-tests"}
ORGANIZATION: Final = "1102940376065"
PROPS: Final = {"categories": [{"category_id": 1, "name": "pets", "labels": [{"label_id": 1, "label": "dog"}]}]}
DATASET: Final = {
    "organization_id": ORGANIZATION,
    "dataset_id": "1410805969256",
    "name": "pets",
    "type": "classification",
    "props": PROPS,
    "created_at": "2018-04-10T07:49:30.514794",
    "updated_at": "2018-04-11T07:49:30.514794",
}
SOURCE: Final = [{"data_uri": "datalake://1200123803688/20170815T044617", "data_type": "image/jpeg", "height": 500}]
ATTRIBUTES: Final = {"classification": [{"category_id": 1, "label_id": 1}]}
ITEM: Final = {
    "organization_id": ORGANIZATION,
    "dataset_id": "1410805969256",
    "dataset_item_id": 7,
    "source_data": SOURCE,
    "attributes": ATTRIBUTES,
    "created_at": "2018-05-20T13:51:16.010344",
    "updated_at": "2018-05-21T13:51:16.010344",
}
REPLIES: Final = {False: Reply(body=json.dumps(DATASET).encode()), True: Reply(body=json.dumps(ITEM).encode())}
DATASETS_PATH: Final = f"/organizations/{ORGANIZATION}/datasets/"
DATASET_PATH: Final = f"{DATASETS_PATH}1410805969256"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABEJA_STORAGE_DIR_PATH", str(tmp_path))


@pytest.fixture
def client(server: "ScriptedServer") -> Iterator[Client]:
    with Client(ORGANIZATION, CREDENTIAL, base_url=server.url) as client:
        yield client


@pytest.fixture
def dataset(client: Client) -> Dataset:
    return Dataset(DATASET, client)


def sent(request: "Request") -> tuple[Any, ...]:
    return request.method, request.target, request.json if request.body else None


CREATE: Final = ("POST", DATASETS_PATH, {"name": "pets", "type": "classification", "props": PROPS})
CALLS: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {
    "create": (lambda c: c.datasets.create("pets", "classification", PROPS), CREATE),
    "create by name": (lambda c: c.datasets.create(props=PROPS, type="classification", name="pets"), CREATE),
    "create in part by name": (lambda c: c.datasets.create("pets", type="classification", props=PROPS), CREATE),
    "get_dataset": (lambda c: c.get_dataset("1410805969256"), ("GET", DATASET_PATH, None)),
    "get_dataset by name": (lambda c: c.get_dataset(dataset_id="1410805969256"), ("GET", DATASET_PATH, None)),
    "get_dataset of an int": (lambda c: c.get_dataset(1410805969256), ("GET", DATASET_PATH, None)),
    "get": (lambda c: c.datasets.get(dataset_id="1410805969256"), ("GET", DATASET_PATH, None)),
    "delete": (lambda c: c.datasets.delete("1410805969256"), ("DELETE", DATASET_PATH, None)),
    "delete by name": (lambda c: c.datasets.delete(dataset_id=1410805969256), ("DELETE", DATASET_PATH, None)),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_for_a_dataset(client: Client, server: "ScriptedServer", name: str) -> None:
    call, expected = CALLS[name]
    server.answer({**DATASET, "total_count": 3, "colour": "red"})
    dataset = call(client)
    assert sent(server.only) == expected
    assert server.only.headers["authorization"] == f"Bearer {CREDENTIAL['auth_token']}"
    assert type(dataset) is Dataset
    assert (dataset.organization_id, dataset.dataset_id) == (ORGANIZATION, "1410805969256")
    assert (dataset.name, dataset.type, dataset.props) == ("pets", "classification", PROPS)
    assert (dataset.created_at, dataset.updated_at) == (DATASET["created_at"], DATASET["updated_at"])
    assert dataset.total_count == 3
    assert dataset.raw["colour"] == "red"


BULK: Final = [{"dataset_item_id": 7, "attributes": ATTRIBUTES}]
CREATE_ITEM: Final = ("POST", f"{DATASET_PATH}/items/", {"source_data": SOURCE, "attributes": ATTRIBUTES})
ITEM_CALLS: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {
    "create": (lambda i: i.create(SOURCE, ATTRIBUTES), CREATE_ITEM),
    "create by name": (lambda i: i.create(source_data=SOURCE, attributes=ATTRIBUTES), CREATE_ITEM),
    "create without attributes": (lambda i: i.create(SOURCE), (*CREATE_ITEM[:2], {"source_data": SOURCE})),
    "get": (lambda i: i.get(7), ("GET", f"{DATASET_PATH}/items/7", None)),
    "get by name": (lambda i: i.get(dataset_item_id="7"), ("GET", f"{DATASET_PATH}/items/7", None)),
    "update": (lambda i: i.update(7, ATTRIBUTES), ("PUT", f"{DATASET_PATH}/items/7", {"attributes": ATTRIBUTES})),
    "update by name": (
        lambda i: i.update(dataset_item_id=7, attributes=ATTRIBUTES),
        ("PUT", f"{DATASET_PATH}/items/7", {"attributes": ATTRIBUTES}),
    ),
    "delete": (lambda i: i.delete(7), ("DELETE", f"{DATASET_PATH}/items/7", None)),
}


@pytest.mark.parametrize("like", ["documented", "deployed"])
@pytest.mark.parametrize("name", ITEM_CALLS)
def test_a_call_for_an_item(dataset: Dataset, server: "ScriptedServer", name: str, like: str) -> None:
    call, expected = ITEM_CALLS[name]
    raw = {**ITEM, "colour": "red"}
    if like == "deployed":
        del raw["organization_id"]
    server.answer(raw)
    item = call(dataset.dataset_items)
    assert sent(server.only) == expected
    assert type(item) is DatasetItem
    assert (item.organization_id, item.dataset_id, item.dataset_item_id) == (ORGANIZATION, "1410805969256", 7)
    assert (item.created_at, item.updated_at) == (ITEM["created_at"], ITEM["updated_at"])
    assert item.attributes == ATTRIBUTES
    assert [source.uri for source in item.source_data] == [SOURCE[0]["data_uri"]]
    assert item.source_data[0].height == 500
    assert item.source_data is item.source_data
    assert item.raw == raw
    assert item.asdict() == raw


def test_a_bulk_update_returns_items(dataset: Dataset, server: "ScriptedServer") -> None:
    server.answer([ITEM, {**ITEM, "dataset_item_id": 8}])
    server.answer([])
    assert [item.dataset_item_id for item in dataset.dataset_items.bulk_update(BULK)] == [7, 8]
    assert dataset.dataset_items.bulk_update(bulk_attributes=[]) == []
    assert [sent(request) for request in server.requests] == [
        ("PUT", f"{DATASET_PATH}/items", BULK),
        ("PUT", f"{DATASET_PATH}/items", []),
    ]


def test_the_list_of_datasets_is_that_of_all_pages(client: Client, server: "ScriptedServer") -> None:
    server.answer([DATASET, {**DATASET, "dataset_id": "2"}], headers={"X-Next-Token": "t"})
    server.answer([{**DATASET, "dataset_id": "3"}])
    datasets = client.datasets.list()
    assert [dataset.dataset_id for dataset in datasets] == ["1410805969256", "2", "3"]
    assert {dataset.total_count for dataset in datasets} == {None}
    assert [request.target for request in server.requests] == [DATASETS_PATH, f"{DATASETS_PATH}?next_token=t"]


def test_making_a_client_and_looking_at_it_sends_nothing(server: "ScriptedServer") -> None:
    client = Client("1", CREDENTIAL, base_url=server.url)
    dataset = Dataset(DATASET, client)
    for each in (client, client.datasets, dataset, dataset.dataset_items, dataset.dataset_items.list()):
        inspect.getmembers(each)
        assert CREDENTIAL["auth_token"] not in repr(each)
        assert hash(each) is not None
    assert isinstance(client.api, APIClient)
    assert isinstance(client.datasets, Datasets)
    assert dataset.dataset_items.api is client.api
    assert server.received == 0
    client.close()


@pytest.mark.parametrize(
    ("given", "variable", "expected"),
    [("1", "2", "1"), (1, "2", 1), (None, "2", "2"), ("", "2", "2"), (0, "2", 0)],
)
def test_the_organization_is_the_argument_else_the_variable(
    monkeypatch: pytest.MonkeyPatch, given: Any, variable: str, expected: Any
) -> None:
    monkeypatch.setenv("ABEJA_ORGANIZATION_ID", variable)
    client = Client(given)
    monkeypatch.delenv("ABEJA_ORGANIZATION_ID")
    assert client.organization_id == expected


FIRST_USES: dict[str, Callable[[Client], Any]] = {
    "organization_id": lambda c: c.organization_id,
    "get_dataset": lambda c: c.get_dataset("1"),
    "list": lambda c: c.datasets.list(),
    "create": lambda c: c.datasets.create("n", "t", {}),
    "delete": lambda c: c.datasets.delete("1"),
}


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("use", FIRST_USES)
def test_a_missing_organization_is_an_error_of_the_first_use(
    server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, use: str, value: str | None
) -> None:
    if value is not None:
        monkeypatch.setenv("ABEJA_ORGANIZATION_ID", value)
    client = Client(credential=CREDENTIAL, base_url=server.url)
    with pytest.raises(InvalidIdentifier, match=r"^organization_id: .*organization_id=….*ABEJA_ORGANIZATION_ID"):
        FIRST_USES[use](client)
    repr(client)
    assert server.received == 0


NO_IDS: dict[str, Callable[[Client], Any]] = {
    "dataset_id": lambda c: c.get_dataset(None),  # type: ignore[arg-type]  # what is refused
    "organization_id": lambda _: Client(True, CREDENTIAL).get_dataset("1"),
    "dataset_item_id": lambda c: Dataset(DATASET, c).dataset_items.get(None),  # type: ignore[arg-type]  # likewise
    "dataset_item_id of update": lambda c: Dataset(DATASET, c).dataset_items.update("", {}),
    "dataset_item_id of delete": lambda c: Dataset(DATASET, c).dataset_items.delete(".."),
    "dataset_id of delete": lambda c: c.datasets.delete("a\nb"),
}


@pytest.mark.parametrize("name", NO_IDS)
def test_what_can_not_be_an_id_is_named_and_not_sent(client: Client, server: "ScriptedServer", name: str) -> None:
    with pytest.raises(InvalidIdentifier, match=f"^{name.partition(' ')[0]}: "):
        NO_IDS[name](client)
    assert server.received == 0


def test_a_missing_credential_is_an_error_of_the_first_call(server: "ScriptedServer") -> None:
    with pytest.raises(CredentialNotFound):
        Client("1", base_url=server.url).get_dataset("2")
    assert server.received == 0


def test_it_takes_the_settings_of_the_api_client(server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = (inspect.signature(each).parameters for each in (Client, APIClient))
    assert [*ours][:3] == ["organization_id", "credential", "timeout"]
    assert {parameter.default for parameter in ours.values()} == {None}
    assert all(ours[name].kind is inspect.Parameter.KEYWORD_ONLY for name in [*ours][3:])
    assert {*theirs} <= {*ours}
    monkeypatch.setenv("ABEJA_API_URL", server.url)
    reports: list[Any] = []
    given = {"deadline": 9, "max_response_bytes": 1000, "user_agent": "me/1", "on_attempt": reports.append}
    client = Client("1", CREDENTIAL, 7, max_retry_count=1, **given)  # type: ignore[arg-type]  # many types
    server.reply(503)
    server.answer(DATASET)
    with client:
        client.get_dataset("2")
    assert (client.api.timeout, len(reports)) == (7, 2)
    assert server.requests[0].headers["user-agent"].endswith("me/1")


@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"timeout": -1}, ValueError, "timeout"),
        ({"credential": {"user_id": "1"}}, ValueError, "personal_access_token"),
        ({"max_content_bytes": -1}, ValueError, "max_content_bytes"),
        ({"max_cached_bytes": "1"}, ValueError, "max_cached_bytes"),
        ({"content_handlers": ["ftp"]}, TypeError, "content_handlers"),
        ({"content_root": 3}, TypeError, "content_root"),
    ],
)
def test_a_setting_that_is_not_usable_fails_at_once(
    settings: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        Client(**{"organization_id": "1", "credential": CREDENTIAL, **settings})


@pytest.mark.parametrize("setting", ["timeout", "max_content_bytes"])
def test_no_frame_of_a_failed_constructor_holds_the_secret(setting: str) -> None:
    with pytest.raises(ValueError, match=setting) as caught:
        Client("1", {"auth_token": CREDENTIAL["auth_token"]}, **{setting: -1})  # type: ignore[arg-type]  # many types
    frames = caught.traceback[1:]
    assert frames
    for frame in frames:
        assert CREDENTIAL["auth_token"] not in repr(frame.frame.f_locals)


@pytest.mark.parametrize("raw", [None, [], "text", 3, {}, {"name": "pets"}])
def test_a_response_that_is_no_dataset_is_an_error(client: Client, server: "ScriptedServer", raw: Any) -> None:
    server.answer(raw)
    with pytest.raises(InvalidResponse, match="not a dataset, an object with `dataset_id`: "):
        client.get_dataset("1")


@pytest.mark.parametrize("raw", [None, [], "text", 3, {}, {"dataset_id": "1"}])
def test_a_response_that_is_no_item_is_an_error(dataset: Dataset, server: "ScriptedServer", raw: Any) -> None:
    server.answer(raw)
    with pytest.raises(InvalidResponse, match="not a dataset item, an object with `dataset_item_id`: "):
        dataset.dataset_items.get(7)


@pytest.mark.parametrize("raw", [None, {"a": 1}, "text", 3])
def test_a_bulk_update_without_a_list_is_an_error(dataset: Dataset, server: "ScriptedServer", raw: Any) -> None:
    server.answer(raw)
    with pytest.raises(InvalidResponse, match="not a list of dataset items"):
        dataset.dataset_items.bulk_update(BULK)


@pytest.mark.parametrize("sources", [{"a": 1}, "text", 3])
def test_an_item_without_a_list_of_sources_can_be_listed(
    dataset: Dataset, server: "ScriptedServer", sources: Any
) -> None:
    server.answer({"items": [{**ITEM, "source_data": sources}], "total_count": 1})
    (item,) = dataset.dataset_items.list()
    assert item.attributes == ATTRIBUTES
    with pytest.raises(InvalidResponse, match="not a dataset item with a list `source_data`"):
        _ = item.source_data


def test_an_item_without_attributes_or_sources_has_none(dataset: Dataset) -> None:
    for raw in ({"dataset_item_id": 7, "attributes": None, "source_data": None}, {"dataset_item_id": 7}):
        item = DatasetItem(raw, dataset.dataset_items)
        assert (item.attributes, item.source_data) == ({}, [])


def test_attributes_may_be_changed_in_place(dataset: Dataset, server: "ScriptedServer") -> None:
    item = DatasetItem(copy.deepcopy(ITEM), dataset.dataset_items)
    item.attributes["custom"] = [1]
    assert item.asdict()["attributes"] == {**ATTRIBUTES, "custom": [1]}
    item.asdict()["attributes"].clear()
    server.answer(ITEM)
    dataset.dataset_items.update(item.dataset_item_id, item.attributes)
    assert server.only.json == {"attributes": {**ATTRIBUTES, "custom": [1]}}
    item.attributes = {"custom": [2]}
    assert item.asdict()["attributes"] == {"custom": [2]}


def test_objects_are_equal_by_their_ids(client: Client, dataset: Dataset) -> None:
    same = Dataset({**DATASET, "name": "other"}, Client("9", CREDENTIAL))
    assert dataset == same
    assert len({dataset, same, Dataset({**DATASET, "dataset_id": "2"}, client)}) == 2
    assert dataset != DATASET["dataset_id"]
    items = dataset.dataset_items
    deployed = {key: value for key, value in ITEM.items() if key != "organization_id"}
    by_number = DatasetItems(client, int(ORGANIZATION), "1410805969256")
    assert (
        DatasetItem(ITEM, items) == DatasetItem({**ITEM, "attributes": {}}, items) == DatasetItem(deployed, by_number)
    )
    assert DatasetItem(ITEM, items) != DatasetItem({**ITEM, "dataset_item_id": 8}, items)
    assert DatasetItem(ITEM, items) != dataset


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {n}": lambda each, n=n: pickle.loads(pickle.dumps(each, n)) for n in range(6)},  # type: ignore[misc] # the default binds n
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("when", ["before", "after"])
def test_all_objects_can_be_copied(server: "ScriptedServer", dataset: Dataset, how: str, when: str) -> None:
    server.always = lambda request: REPLIES["items" in request.path]
    item = DatasetItem(ITEM, dataset.dataset_items)
    item.attributes["colour"] = "red"
    if when == "after":
        _ = item.source_data
        dataset.dataset_items.get(7)
    copied = COPIES[how](item)
    assert copied == item
    assert copied.asdict() == item.asdict()
    assert [source.uri for source in copied.source_data] == [SOURCE[0]["data_uri"]]
    assert COPIES[how](dataset) == dataset
    assert COPIES[how](dataset).dataset_items.get(7) == item
    assert COPIES[how](dataset.dataset_items).get(7) == item
    client = dataset.dataset_items.client
    with COPIES[how](client) as copied_client:
        assert copied_client.get_dataset("1410805969256") == dataset
    assert client.get_dataset("1410805969256") == dataset, "the copy has connections of its own"
    del item.attributes["colour"]


def loaded(item: DatasetItem) -> tuple[Any, ...]:
    again = DatasetItems(item._items.client, item.organization_id, item.dataset_id).get(item.dataset_item_id)
    return item.attributes, item.source_data[0].uri, again == item


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_worker_processes_take_items(server: "ScriptedServer", dataset: Dataset, method: str) -> None:
    server.always = lambda _request: REPLIES[True]
    items = [DatasetItem({**ITEM, "dataset_item_id": number}, dataset.dataset_items) for number in (7, 7, 7)]
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        found = list(executor.map(loaded, items, timeout=30))
    assert found == [(ATTRIBUTES, SOURCE[0]["data_uri"], True)] * 3


def test_what_can_not_be_pickled_is_named(dataset: Dataset) -> None:
    client = Client("1", CREDENTIAL, content_handlers={"ftp": lambda uri: uri.encode()})
    with pytest.raises(TypeError, match=r"^content_handlers\['ftp'\]: "):
        pickle.dumps(Dataset(DATASET, client))
    assert copy.deepcopy(DatasetItem(ITEM, dataset.dataset_items))._items is not None


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_a_copy_takes_the_settings_of_content_along(make: Callable[[Client], Client]) -> None:
    with Client("1", CREDENTIAL, content_handlers={"ftp": lambda uri: uri.encode()}) as client:
        with make(client) as copied:
            item = DatasetItem({"dataset_item_id": 1, "source_data": [{"data_uri": "ftp:a"}]}, items_of(copied))
            assert item.source_data[0].get_content() == b"ftp:a"
        assert copy.deepcopy(item).source_data[0].uri == "ftp:a"
        assert DatasetItem(item.raw, items_of(client)).source_data[0].get_content(cache=False) == b"ftp:a"


def items_of(client: Client) -> DatasetItems:
    return DatasetItems(client, "1", "2")


@pytest.mark.parametrize("is_read", [False, True])
def test_a_closed_client_sends_nothing_more(server: "ScriptedServer", is_read: bool) -> None:
    with Client("1", CREDENTIAL, base_url=server.url) as client:
        item, late = (DatasetItem(ITEM, Dataset(DATASET, client).dataset_items) for _ in range(2))
        source = item.source_data[0] if is_read else None
    uses: list[Callable[[], Any]] = [lambda: client.get_dataset("2"), late.source_data[0].get_content]
    for use in [*uses, source.get_content] if source else uses:
        with pytest.raises(RuntimeError, match="closed"):
            use()
    assert server.received == 0


def test_an_item_that_was_deleted_meanwhile_is_not_found(dataset: Dataset, server: "ScriptedServer") -> None:
    server.answer({"items": [ITEM], "total_count": 1})
    (item,) = dataset.dataset_items.list()
    for use in (dataset.dataset_items.get, dataset.dataset_items.delete):
        server.answer({"error": "not_found", "error_description": "gone"}, 404)
        with pytest.raises(NotFound, match="gone"):
            use(item.dataset_item_id)


def test_it_is_exported_and_found_where_abeja_sdk_has_it() -> None:
    from abeja.datasets.api.client import APIClient as Low
    from abeja.datasets.client import Client as High
    from abeja.datasets.dataset import Dataset as Set
    from abeja.datasets.dataset_item import DatasetItem as Item

    from abeja.datasets import Client as Documented

    assert Documented is High is abeja_datasets.Client
    assert (Low, Set, Item) == (APIClient, Dataset, DatasetItem)
