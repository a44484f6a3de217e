"""Sixteen clients at once, while the server and the connections go wrong: each answer is one that the model could have
given, and nothing acknowledged is lost, not even for a server that opens the file afterwards."""

import collections
import concurrent.futures
import itertools
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from abeja_datasets import APIClient
from abeja_datasets.calls import waiting
from abeja_datasets.exceptions import Error, NotFound
from abeja_datasets_mock import RunningServer
from abeja_datasets_mock.faults import FaultProxy, Faults, install

CLIENTS = 16
TURNS = 12
ORGANIZATION = "1102940376065"
SOURCE = [{"data_uri": "datalake://1/a"}]
ABSENT = "absent"
PLAN = {
    "seed": 5,
    "faults": [
        {"status": 503, "probability": 0.04},
        {"status": 500, "when": "after", "probability": 0.04},
        {"status": 429, "probability": 0.04},
        {"latency": 0.005, "probability": 0.04},
        {"added_field": True, "null_optional": True, "status_200": True, "probability": 0.04},
        {"reset_before": True, "probability": 0.04},
        {"reset_after": True, "probability": 0.04},
        {"half_answer": True, "probability": 0.04},
        {"garbage": True, "probability": 0.04},
        {"stall": 0.005, "probability": 0.04},
        {"twice": True, "probability": 0.04},
        {"close_idle": True, "probability": 0.04},
        {"refuse": 0.01, "probability": 0.005},
    ],
}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RunningServer, FaultProxy, Faults]]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(waiting, "wait", lambda seconds: time.sleep(seconds / 50))
    server = RunningServer(database=tmp_path / "data.sqlite")
    faults = Faults()
    install(server.app, faults)
    with server, FaultProxy(server.url, faults) as proxy:
        yield server, proxy, faults


class Worker:
    """One client, and all that it knows of what it has made.

    Attributes:
        states: by item, the attributes that it may have, `ABSENT` among them; one, where that is certain.
        maybe: the attributes of creates that may have been carried out.
        seen: of the item that all change, each state that was answered, in the order of the answers.
        tried: what was to be made of that item.
    """

    def __init__(self, number: int, client: APIClient, dataset: str, shared: int) -> None:
        self.number = number
        self.where = (ORGANIZATION, dataset)
        self.states: dict[int, list[Any]] = {}
        self.maybe: list[Any] = []
        self.seen: list[Any] = []
        self.tried: list[Any] = []
        self.unknown = 0
        self._client = client
        self._shared = shared
        self._chance = random.Random(number)

    def work(self) -> None:
        for turn in range(TURNS):
            attributes = {"client": self.number, "turn": turn}
            self.create(attributes)
            for item in self._chance.sample(sorted(self.states), min(2, len(self.states))):
                self._chance.choice((self.update, self.delete, self.read))(item, turn)
            self.bulk(turn)
            self.look()
            self.share(attributes)

    def create(self, attributes: Any) -> None:
        try:
            made = self._client.create_dataset_item(*self.where, SOURCE, attributes)
        except Error as error:
            if self.is_unsure(error):
                self.maybe.append(attributes)
            return
        assert made["attributes"] == attributes
        assert made["dataset_item_id"] not in self.states
        self.states[made["dataset_item_id"]] = [attributes]

    def update(self, item: int, turn: int) -> None:
        attributes = {"client": self.number, "item": item, "new": turn}
        try:
            made = self._client.update_dataset_item(*self.where, item, attributes)
        except NotFound:
            self.settle(item, ABSENT)
        except Error as error:
            if self.is_unsure(error):
                self.states[item] += [] if self.states[item] == [ABSENT] else [attributes]
        else:
            assert self.states[item] != [ABSENT]
            assert made["attributes"] == attributes
            self.states[item] = [attributes]

    def delete(self, item: int, _turn: int) -> None:
        try:
            made = self._client.delete_dataset_item(*self.where, item)
        except NotFound as error:
            if error.outcome == "unknown":
                # An earlier attempt of this call may have taken it.
                self.states[item] += [ABSENT]
            self.settle(item, ABSENT)
        except Error as error:
            if self.is_unsure(error):
                self.states[item] += [ABSENT]
        else:
            self.settle(item, made["attributes"])
            self.states[item] = [ABSENT]

    def read(self, item: int, _turn: int) -> None:
        try:
            self.settle(item, self._client.get_dataset_item(*self.where, item)["attributes"])
        except NotFound:
            self.settle(item, ABSENT)
        except Error as error:
            self.is_unsure(error)

    def bulk(self, turn: int) -> None:
        """Update two items that are there for certain: both, or none."""
        certain = [item for item, states in self.states.items() if ABSENT not in states][:2]
        if len(certain) < 2:
            return
        attributes = {"client": self.number, "bulk": turn}
        entries = [{"dataset_item_id": item, "attributes": attributes} for item in certain]
        try:
            made: list[Any] = self._client.bulk_update_dataset_item(*self.where, entries)
        except Error as error:
            if not self.is_unsure(error):
                return
            page = self.page({"q": f'bulk:{turn} AND client:"{self.number}"'})
            if page is None:
                for item in certain:
                    self.states[item].append(attributes)
                return
            assert len(page) in (0, 2)
            made = page
        for each in made:
            self.states[each["dataset_item_id"]] = [attributes]

    def look(self) -> None:
        """Look at all of its items at once."""
        page = self.page({"q": f"client:{self.number}", "limit": 1000})
        if page is None:
            return
        found = {
            item["dataset_item_id"]: item["attributes"] for item in page if item["dataset_item_id"] != self._shared
        }
        for item in self.states:
            self.settle(item, found.get(item, ABSENT))
        for item, attributes in found.items():
            if item not in self.states:
                # The create that it was not sure of; not one more than those.
                self.maybe.remove(attributes)
                self.states[item] = [attributes]

    def share(self, attributes: Any) -> None:
        """Update, and read, the item that all change."""
        self.tried.append(attributes)
        calls: tuple[Callable[[], Any], ...] = (
            lambda: self._client.update_dataset_item(*self.where, self._shared, attributes),
            lambda: self._client.get_dataset_item(*self.where, self._shared),
        )
        for call in calls:
            try:
                self.seen.append(call())
            except Error as error:
                self.is_unsure(error)

    def page(self, params: dict[str, Any]) -> list[Any] | None:
        try:
            items: list[Any] = self._client.list_dataset_items(*self.where, params)["items"]
        except Error as error:
            self.is_unsure(error)
            return None
        return items

    def settle(self, item: int, state: Any) -> None:
        """Take a state that was answered, which must be one of those that the item may have."""
        assert state in self.states[item], (item, state, self.states[item])
        self.states[item] = [state]

    def is_unsure(self, error: Error) -> bool:
        """Return whether it may have been carried out; only what the plan does may have gone wrong."""
        status = getattr(error, "status_code", None)
        assert status in (None, 429, 500, 503), error
        self.unknown += error.outcome == "unknown"
        return error.outcome == "unknown"


def test_sixteen_clients_with_faults(stage: tuple[RunningServer, FaultProxy, Faults], tmp_path: Path) -> None:
    server, proxy, faults = stage
    with APIClient(server.credential, base_url=server.url) as direct:
        dataset = direct.create_dataset(ORGANIZATION, "shared", "custom", {})["dataset_id"]
        shared = direct.create_dataset_item(ORGANIZATION, dataset, SOURCE, {"first": True})["dataset_item_id"]
        clients = [APIClient(server.credential, base_url=proxy.url, max_retry_count=2) for _ in range(CLIENTS)]
        workers = [Worker(number, client, dataset, shared) for number, client in enumerate(clients)]
        faults.plan = PLAN
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(worker.work) for worker in workers]:
                done.result()
        applied = {record.effect.partition(" ")[0] for record in faults.applied}
        faults.clear()
        for client in clients:
            client.close()
        left = list(direct.iter_dataset_items(ORGANIZATION, dataset))
        assert direct.get_dataset(ORGANIZATION, dataset)["total_count"] == len(left)
    check(left, workers, shared)
    # The faults were met, and calls ended not knowing.
    assert applied >= {"status", "reset_before", "reset_after", "half_answer", "garbage", "twice", "close_idle"}
    assert sum(worker.unknown for worker in workers) > CLIENTS
    server.stop()
    with (
        RunningServer(database=tmp_path / "data.sqlite") as other,
        APIClient(other.credential, base_url=other.url) as client,
    ):
        assert list(client.iter_dataset_items(ORGANIZATION, dataset)) == left


def check(left: list[Any], workers: list[Worker], shared: int) -> None:
    """Hold what is left against what the clients know."""
    found = {item["dataset_item_id"]: item["attributes"] for item in left}
    last = found.pop(shared)
    maybe = collections.Counter(str(attributes) for worker in workers for attributes in worker.maybe)
    for worker in workers:
        for item in worker.states:
            worker.settle(item, found.pop(item, ABSENT))
    # What nobody knows of is a create that somebody was not sure of, carried out once at most.
    assert collections.Counter(map(str, found.values())) <= maybe
    # The item that all changed: each state is somebody's, and who has seen one never sees an earlier one again.
    tried = [attributes for worker in workers for attributes in worker.tried]
    seen = list(itertools.chain.from_iterable(worker.seen for worker in workers))
    assert all(state["attributes"] in [*tried, {"first": True}] for state in seen)
    assert last in tried
    for worker in workers:
        times = [state["updated_at"] for state in worker.seen]
        assert times == sorted(times)
    by_time: dict[str, Any] = {}
    for state in seen:
        assert by_time.setdefault(state["updated_at"], state["attributes"]) == state["attributes"]
