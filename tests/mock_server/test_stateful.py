"""Random sequences of operations, by two organizations, against a model in plain Python."""

import asyncio
import itertools
from typing import Any

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from abeja_datasets_mock import Credential, create_app

ORGANIZATIONS = ("1", "2")
ORGANIZATION = st.sampled_from(ORGANIZATIONS)
NAMES = ["one", "two", "three"]
LABELLED = {"categories": [{"category_id": 1, "name": "c", "labels": [{"label_id": 1}]}]}
LABEL = st.builds(lambda label: [{"category_id": 1, "label_id": label}], st.integers(1, 2))
ATTRIBUTES = st.builds(
    lambda given, labels: {**given, **labels},
    st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([1, 2, "x", None]), max_size=2),
    st.just({}) | st.fixed_dictionaries({"classification": LABEL}),
)
MOSTLY = 9
PLACE = st.integers(0, MOSTLY + 2)
ITEM = st.integers(0, 7)
LIMIT = st.integers(1, 3)
NO_SUCH = "9999999999999"


class Model(RuleBasedStateMachine):
    """The server beside what it should hold: items by dataset and organization, in the order of creation."""

    def __init__(self) -> None:
        super().__init__()
        # So small that the index has a part in what `q` finds.
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("abeja_datasets_mock.storage.index.BLOCK", 2)
        self.patch.setattr("abeja_datasets_mock.storage.index._MANY", 2)
        self.runner = asyncio.Runner()
        self.app = create_app(credentials=[Credential.user(name, name, organization_id=name) for name in ORGANIZATIONS])
        self.datasets: dict[str, dict[str, Any]] = {name: {} for name in ORGANIZATIONS}
        self.items: dict[str, dict[int, Any]] = {}
        self.next: dict[str, itertools.count[int]] = {}

    def teardown(self) -> None:
        self.app.state.store.close()
        self.runner.close()
        self.patch.undo()

    def send(self, organization: str, method: str, path: str, user: str | None = None, **options: Any) -> Any:
        """Send a request, and give its status and JSON."""
        response = self.respond(organization, method, path, user, **options)
        return response.status_code, response.json()

    def respond(
        self, organization: str, method: str, path: str, user: str | None = None, **options: Any
    ) -> httpx.Response:
        async def work() -> httpx.Response:
            user_id = user or organization
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(self.app), base_url="http://mock", auth=(f"user-{user_id}", user_id)
            ) as client:
                return await client.request(method, f"/organizations/{organization}/datasets/{path}", **options)

        return self.runner.run(work())

    def pick(self, organization: str, place: int) -> str:
        """Mostly a dataset of the organization; else any, of either, or one that does not exist."""
        owned = list(self.datasets[organization])
        if place < MOSTLY and owned:
            return owned[place % len(owned)]
        return [*self.items, NO_SUCH][place % (len(self.items) + 1)]

    def owned(self, organization: str, dataset: str) -> bool:
        return dataset in self.datasets[organization]

    def allowed(self, organization: str, dataset: str, attributes: Any) -> bool:
        """Return whether the dataset, which is owned, has the labels that the attributes use."""
        props = self.datasets[organization][dataset]["props"]
        return not props or all(entry["label_id"] == 1 for entry in attributes.get("classification", []))

    @rule(organization=ORGANIZATION, name=st.sampled_from(NAMES), props=st.sampled_from([{}, LABELLED]))
    def create_dataset(self, organization: str, name: str, props: Any) -> None:
        status, answer = self.send(organization, "POST", "", json={"name": name, "type": "custom", "props": props})
        if name in [each["name"] for each in self.datasets[organization].values()]:
            assert status == 400
            return
        assert status == 201
        assert (answer["name"], answer["props"]) == (name, props)
        dataset = answer["dataset_id"]
        assert dataset not in self.items
        self.datasets[organization][dataset] = answer
        self.items[dataset], self.next[dataset] = {}, itertools.count()

    @rule(organization=ORGANIZATION, limit=LIMIT)
    def list_datasets(self, organization: str, limit: int) -> None:
        walked: list[Any] = []
        params: dict[str, Any] = {"max_results": limit}
        while True:
            response = self.respond(organization, "GET", "", params=params)
            assert response.status_code == 200
            walked += response.json()
            if "x-next-token" not in response.headers:
                break
            assert len(response.json()) == limit
            params["next_token"] = response.headers["x-next-token"]
        assert walked == list(self.datasets[organization].values())
        assert self.send(organization, "GET", "", user=next(o for o in ORGANIZATIONS if o != organization))[0] == 401

    @rule(organization=ORGANIZATION, place=PLACE)
    def get_dataset(self, organization: str, place: int) -> None:
        dataset = self.pick(organization, place)
        status, answer = self.send(organization, "GET", dataset)
        if not self.owned(organization, dataset):
            assert status == 404
            return
        expected = {**self.datasets[organization][dataset], "total_count": len(self.items[dataset])}
        assert (status, answer) == (200, expected)

    @rule(organization=ORGANIZATION, place=PLACE)
    def delete_dataset(self, organization: str, place: int) -> None:
        dataset = self.pick(organization, place)
        status, answer = self.send(organization, "DELETE", dataset)
        if not self.owned(organization, dataset):
            assert status == 404
            return
        assert (status, answer) == (200, self.datasets[organization].pop(dataset))
        del self.items[dataset]

    @rule(organization=ORGANIZATION, place=PLACE, many=st.lists(ATTRIBUTES, min_size=1, max_size=3))
    def create_items(self, organization: str, place: int, many: list[Any]) -> None:
        for attributes in many:
            self.create_item(organization, self.pick(organization, place), attributes)

    def create_item(self, organization: str, dataset: str, attributes: Any) -> None:
        body = {"source_data": [{"data_uri": "x"}], "attributes": attributes}
        status, answer = self.send(organization, "POST", f"{dataset}/items/", json=body)
        if not self.owned(organization, dataset) or not self.allowed(organization, dataset, attributes):
            assert status == 400
            return
        assert status == 201
        assert answer["dataset_item_id"] == next(self.next[dataset])
        assert answer == {**answer, **body, "dataset_id": dataset, "organization_id": organization}
        self.items[dataset][answer["dataset_item_id"]] = answer

    @rule(organization=ORGANIZATION, place=PLACE, item=ITEM)
    def get_item(self, organization: str, place: int, item: int) -> None:
        dataset = self.pick(organization, place)
        status, answer = self.send(organization, "GET", f"{dataset}/items/{item}")
        if not self.owned(organization, dataset) or item not in self.items[dataset]:
            assert status == 404
        else:
            assert (status, answer) == (200, self.items[dataset][item])

    @rule(organization=ORGANIZATION, place=PLACE, item=ITEM)
    def delete_item(self, organization: str, place: int, item: int) -> None:
        dataset = self.pick(organization, place)
        status, answer = self.send(organization, "DELETE", f"{dataset}/items/{item}")
        if not self.owned(organization, dataset) or item not in self.items[dataset]:
            assert status == 404
        else:
            assert (status, answer) == (200, self.items[dataset].pop(item))

    @rule(organization=ORGANIZATION, place=PLACE, item=ITEM, attributes=ATTRIBUTES)
    def update_item(self, organization: str, place: int, item: int, attributes: Any) -> None:
        dataset = self.pick(organization, place)
        status, answer = self.send(organization, "PUT", f"{dataset}/items/{item}", json={"attributes": attributes})
        if not self.owned(organization, dataset):
            assert status == 400
        elif item not in self.items[dataset]:
            assert status == 404
        elif not self.allowed(organization, dataset, attributes):
            assert status == 400
        else:
            assert status == 200
            self.check_update(dataset, answer, attributes)

    @rule(organization=ORGANIZATION, place=PLACE, changes=st.lists(st.tuples(ITEM, ATTRIBUTES), max_size=3))
    def bulk_update(self, organization: str, place: int, changes: list[tuple[int, Any]]) -> None:
        dataset = self.pick(organization, place)
        body = [{"dataset_item_id": item, "attributes": attributes} for item, attributes in changes]
        status, answer = self.send(organization, "PUT", f"{dataset}/items", json=body)
        numbers = [item for item, _ in changes]
        known = self.owned(organization, dataset) and set(numbers) <= self.items[dataset].keys()
        unique = len(set(numbers)) == len(numbers)
        if not (known and unique and all(self.allowed(organization, dataset, each) for _, each in changes)):
            assert status == 400
            return
        assert status == 200
        assert [each["dataset_item_id"] for each in answer] == numbers
        for each, (_, attributes) in zip(answer, changes, strict=True):
            self.check_update(dataset, each, attributes)

    def check_update(self, dataset: str, answer: Any, attributes: Any) -> None:
        old = self.items[dataset][answer["dataset_item_id"]]
        assert answer["updated_at"] > old["updated_at"]
        assert answer == {**old, "attributes": attributes, "updated_at": answer["updated_at"]}
        self.items[dataset][answer["dataset_item_id"]] = answer

    @rule(organization=ORGANIZATION, place=PLACE, limit=LIMIT, key=st.sampled_from("ab"))
    def list_items(self, organization: str, place: int, limit: int, key: str) -> None:
        dataset = self.pick(organization, place)
        if not self.owned(organization, dataset):
            assert self.send(organization, "GET", f"{dataset}/items/")[0] == 404
            return
        everything = list(self.items[dataset].values())
        found = [each for each in everything if each["attributes"].get(key) == 1]
        others = [each for each in everything if each not in found]
        for q, expected in ((None, everything), (f"{key}:1", found), (f"NOT {key}:1", others)):
            walked: list[Any] = []
            params: dict[str, Any] = {"limit": limit, **({"q": q} if q else {})}
            while True:
                status, answer = self.send(organization, "GET", f"{dataset}/items/", params=params)
                assert (status, answer["total_count"]) == (200, len(expected))
                walked += answer["items"]
                if "next_page_token" not in answer:
                    break
                assert len(answer["items"]) == limit
                params["next_page_token"] = answer["next_page_token"]
            assert walked == expected


TestModel = Model.TestCase
TestModel.settings = settings(derandomize=True, database=None, deadline=None, max_examples=40, stateful_step_count=50)
