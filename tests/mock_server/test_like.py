"""Responses as the platform is documented, and as it is deployed."""

import json
import subprocess
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets import APIClient
from abeja_datasets_mock import RunningServer, create_app

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

SECONDS = 60


@pytest.fixture
def deployed() -> Iterator[RunningServer]:
    with RunningServer(like="deployed") as server:
        yield server


def pages(api: "Api", dataset: dict[str, Any], **params: Any) -> Iterator[dict[str, Any]]:
    while True:
        page = api.ok("GET", api.items_path(dataset), params=params)
        yield page
        if not page.get("next_page_token"):
            return
        params["next_page_token"] = page["next_page_token"]


def test_no_item_names_its_organization(deployed: RunningServer, make_api: Callable[..., "Api"]) -> None:
    api = make_api(deployed, "o")
    dataset = api.create_dataset()
    assert dataset["organization_id"] == "o"
    item = api.create_item(dataset, {"a": 1})
    bulk = [{"dataset_item_id": item["dataset_item_id"], "attributes": {"a": 2}}]
    responses = [
        item,
        api.ok("GET", api.item_path(item)),
        *api.ok("GET", api.items_path(dataset))["items"],
        *api.ok("GET", api.items_path(dataset), params={"q": "a:1"})["items"],
        api.ok("PUT", api.item_path(item), json={"attributes": {"a": 3}}),
        *api.ok("PUT", api.items_path(dataset), json=bulk),
        api.ok("DELETE", api.item_path(item)),
    ]
    assert len(responses) == 7
    members = {
        "attributes", "created_at", "dataset_id", "dataset_item_id", "source_data", "updated_at",
    }  # fmt: skip
    assert [set(response) for response in responses] == [members] * 7
    assert api.ok("GET", api.dataset_path(dataset))["organization_id"] == "o"
    assert api.ok("DELETE", api.dataset_path(dataset))["organization_id"] == "o"


@pytest.mark.parametrize(("like", "extra"), [("documented", 0), ("deployed", 1)])
@pytest.mark.parametrize("q", [None, "even:true"])
@pytest.mark.parametrize("count", [0, 1, 3, 4, 6])
def test_how_a_list_of_items_ends(
    like: Any, extra: int, q: str | None, count: int, make_api: Callable[..., "Api"]
) -> None:
    size = 3
    with RunningServer(like=like) as server:
        api = make_api(server, "o")
        dataset = api.create_dataset()
        created = [api.create_item(dataset, {"even": True}) for _ in range(count)]
        walked = list(pages(api, dataset, limit=size, **({} if q is None else {"q": q})))
    assert [item for page in walked for item in page["items"]] == created
    assert {page["total_count"] for page in walked} == {count}
    full = -(-count // size)
    assert len(walked) == (full + extra if like == "deployed" else max(full, 1))
    *_, last = walked
    if like == "deployed":
        assert last == {"items": [], "total_count": count, "next_page_token": None}
        assert all(page["items"] and page["next_page_token"] for page in walked[:-1])
    else:
        assert "next_page_token" not in last


@pytest.mark.parametrize("count", [0, 1, 100, 101])
def test_our_client_reads_all_items_of_either(deployed: RunningServer, count: int) -> None:
    with RunningServer() as documented:
        for server, page_sizes in ((documented, [None, 1000]), (deployed, [None, 50])):
            with APIClient(server.credential, base_url=server.url) as client:
                dataset = client.create_dataset("o", "n", "custom", {})["dataset_id"]
                for number in range(count):
                    client.create_dataset_item("o", dataset, [{"data_uri": "u"}], {"n": number})
                for size in page_sizes:
                    items = client.iter_dataset_items("o", dataset, {"limit": size})
                    assert [item["attributes"]["n"] for item in items] == list(range(count))


@pytest.mark.parametrize("like", ["", "Deployed", "depolyed", None, 1, ["deployed"]])
def test_any_other_value_is_an_error_that_names_the_choices(like: Any) -> None:
    with pytest.raises(ValueError, match=r"^like: .* is not one of 'documented', 'deployed'$"):
        create_app(like=like)
    with pytest.raises(ValueError, match=r"^like: .* is not one of 'documented', 'deployed'$"):
        RunningServer(like=like)


# What a program of the historical Client does, which reads source data too when it prefetches.
PROGRAM = """
import json, os
from abeja.datasets import Client

client = Client(organization_id="o", credential=json.loads(os.environ["CREDENTIAL"]))
read = {}
for count in (0, 1, 100, 101):
    made = client.datasets.create(name=str(count), type="custom", props={})
    dataset = client.get_dataset(made.dataset_id)
    for number in range(count):
        source = [{"data_type": "application/yaml", "data_uri": os.environ["ABEJA_API_URL"] + "/openapi.yaml"}]
        item = dataset.dataset_items.create(source, {"n": number})
        assert dataset.dataset_items.get(item.dataset_item_id).attributes == {"n": number}
    listed = [item.attributes["n"] for item in dataset.dataset_items.list(prefetch=False)]
    prefetched = [item.attributes["n"] for item in dataset.dataset_items.list(prefetch=True)]
    read[count] = [listed, sorted(prefetched)]
print(json.dumps(read))
"""


def test_the_high_level_client_of_abeja_sdk_works(
    deployed: RunningServer, abeja_sdk: types.ModuleType, tmp_path: Path
) -> None:
    environment = {
        "ABEJA_API_URL": deployed.url,
        "CREDENTIAL": json.dumps(deployed.credential),
        "HOME": str(tmp_path),  # it keeps what it has read there
    }
    done = subprocess.run(
        [abeja_sdk.PYTHON, "-c", PROGRAM],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {str(count): [list(range(count))] * 2 for count in (0, 1, 100, 101)}
