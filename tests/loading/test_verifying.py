"""Verifying a dataset against an input, both as multisets."""

import asyncio
import os
import pickle
import signal
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.loading.small_run import ORGANIZATION, item

from abeja_datasets import APIClient
from abeja_datasets.exceptions import NotFound
from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import JournalError, LoadingError, NotAllLoaded, verify, verify_async
from abeja_datasets_loading.items.items import content_key
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Change, State, Target
from abeja_datasets_loading.settling.baseline import IdRanges
from abeja_datasets_loading.settling.marker import mark
from abeja_datasets_loading.verifying.comparing import Comparison


class Loaded:
    """A dataset with items in it, and the journal that says which input each was."""

    def __init__(self, api: DatasetApi, path: Path, marker: str | None = None) -> None:
        self.api, self.client = api, api.client()
        self.dataset_id = self.client.create_dataset(ORGANIZATION, path.name, "custom", {})["dataset_id"]
        self.path = path
        self.target = Target("create", self.client.base_url, ORGANIZATION, self.dataset_id, marker)

    def create(self, one: Any) -> int:
        created = self.client.create_dataset_item(ORGANIZATION, self.dataset_id, **one)
        return int(created["dataset_item_id"])

    def record(self, items: list[Any], ids: dict[int, int], before: int = 0, **reasons: State) -> None:
        """Write the journal of a run that created these of its inputs."""
        journal = Journal.open(self.path, self.target)
        journal.take_block(0, [content_key(one) for one in items])
        baseline = IdRanges()
        for number in range(before):
            baseline.add(number)
        journal.baseline = baseline.to_json()
        journal.record([Change(position, State.DONE, item_id) for position, item_id in ids.items()])
        journal.record([Change(int(name[1:]), state, reason="busy") for name, state in reasons.items()])
        journal.close()

    def verify(self, items: Any, *, journal: bool = True) -> Any:
        return verify(self.client, ORGANIZATION, self.dataset_id, items, journal=self.path if journal else None)


@pytest.fixture
def loaded(dataset_api: DatasetApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    monkeypatch.setattr("abeja_datasets_loading.verifying.verifying.BEHIND", ())
    return Loaded(dataset_api, tmp_path / "journal")


def test_each_exactly_once(loaded: Loaded) -> None:
    items = [item(1), item(2), item(1), {"source_data": item(3)["source_data"]}]
    for one in reversed(items):
        loaded.create(one)
    found = loaded.verify(iter(items), journal=False)
    assert (found.read, found.stored, found.missing, found.twice, found.different, found.others) == (4, 4, 0, 0, 0, 0)
    assert found.is_complete
    found.raise_for_errors()
    assert "4 read, 4 in the dataset: each exactly once" in repr(found)
    assert [*found.iter_missing(), *found.iter_twice(), *found.iter_different()] == []


def test_nothing_is_written(loaded: Loaded) -> None:
    loaded.create(item(1))
    loaded.api.requests.clear()
    loaded.verify([item(1)], journal=False)
    assert {request.method for request in loaded.api.requests} == {"GET"}


def test_missing_twice_and_different(loaded: Loaded) -> None:
    for number in 1, 2, 2, 2, 9:
        loaded.create(item(number))
    found = loaded.verify([item(1), item(2), item(3, a=1), item(3)], journal=False)
    assert (found.read, found.stored, found.missing, found.twice, found.different) == (4, 5, 2, 2, 1)
    assert [(index, one) for index, one, _ in found.iter_missing()] == [(2, item(3, a=1)), (3, item(3))]
    # An id of those that are equal is as good as another.
    assert [index for index, _ in found.iter_twice()] == [1, 1]
    assert {item_id for _, item_id in found.iter_twice()} < {1, 2, 3}
    assert list(found.iter_different()) == [(None, 4)]
    with pytest.raises(NotAllLoaded) as raised:
        found.raise_for_errors()
    assert raised.value.report is found
    for text in str(raised.value), repr(found):
        assert "2 missing, 2 twice, 1 different; the first missing is item 2" in text
        assert "the first different is item 4 of the dataset" in text


def test_numbers_and_missing_attributes_compare_as_json(loaded: Loaded) -> None:
    loaded.create(item(1, n=1.0, t=True))
    loaded.create(item(2))
    found = loaded.verify([item(1, n=1, t=True), {**item(2), "attributes": None, "dataset_item_id": 99}], journal=False)
    assert found.is_complete
    assert loaded.verify([item(1, n=1, t=1)], journal=False).missing == 1


def test_a_journal_tells_ours_from_others(loaded: Loaded) -> None:
    for number in 1, 5:  # before the run
        loaded.create(item(number))
    items = [item(1), item(2), item(3), item(4)]
    ids = {index: loaded.create(items[index]) for index in (0, 1)}
    loaded.create(item(7))  # somebody else's
    loaded.record(items, ids, before=2, p2=State.REJECTED, p3=State.UNKNOWN)
    found = loaded.verify(items)
    assert (found.read, found.stored, found.missing, found.twice, found.different, found.others) == (4, 3, 2, 0, 0, 1)
    assert list(found.iter_missing()) == [(2, item(3), "rejected: busy"), (3, item(4), "unknown: busy")]
    assert "1 others, which this run did not create" in repr(found)
    assert not list(found.iter_different())


def test_what_was_created_and_changed_or_deleted(loaded: Loaded) -> None:
    items = [item(1), item(2), item(1)]
    ids = {index: loaded.create(one) for index, one in enumerate(items)}
    loaded.record(items, ids)
    loaded.client.update_dataset_item(ORGANIZATION, loaded.dataset_id, ids[0], {"label": "cat"})
    loaded.client.delete_dataset_item(ORGANIZATION, loaded.dataset_id, ids[1])
    found = loaded.verify(items)
    assert (found.missing, found.twice, found.different) == (1, 0, 1)
    assert list(found.iter_different()) == [(0, ids[0])]
    assert [(index, reason) for index, _, reason in found.iter_missing()] == [
        (1, f"it was created as item {ids[1]}, which is not there")
    ]
    assert "somebody deleted them" in repr(found)


def test_a_create_that_was_carried_out_twice(loaded: Loaded) -> None:
    ids = {0: loaded.create(item(1))}
    again = loaded.create(item(1))
    loaded.record([item(1)], ids)
    found = loaded.verify([item(1)])
    assert (found.missing, found.twice) == (0, 1)
    assert list(found.iter_twice()) == [(0, again)]
    assert f"the first twice is item {again} of the dataset, as item 0 of the input" in repr(found)


def test_an_input_that_is_shorter_than_what_was_created(loaded: Loaded) -> None:
    items = [item(1), item(2), item(2)]
    loaded.record(items, {index: loaded.create(one) for index, one in enumerate(items)})
    found = loaded.verify(items[:2])
    assert (found.read, found.missing, found.twice, found.others) == (2, 0, 1, 0)


def test_a_marker_is_no_content(dataset_api: DatasetApi, tmp_path: Path) -> None:
    loaded = Loaded(dataset_api, tmp_path / "journal", marker="loaded_by")
    loaded.record([item(1), item(2)], {})
    journal = Journal.open(loaded.path, loaded.target)
    run_id = journal.run_id
    journal.record([Change(0, State.DONE, loaded.create(mark(item(1), "loaded_by", run_id, 0)))])
    journal.close()
    loaded.create(mark(item(2), "loaded_by", "ff", 1))  # of another run
    found = loaded.verify([item(1), item(2)])
    assert [index for index, _, _ in found.iter_missing()] == [1]
    # Once the marker is taken out, the content is the same.
    loaded.client.update_dataset_item(ORGANIZATION, loaded.dataset_id, 0, {})
    assert loaded.verify([item(1)]).is_complete


def test_invalid_inputs_are_missing(loaded: Loaded) -> None:
    found = loaded.verify([{"source_data": []}, item(1, a=float("nan")), "text"], journal=False)
    assert found.missing == 3
    reasons = [reason for _, _, reason in found.iter_missing()]
    assert all(reason.startswith("the item is invalid: ") for reason in reasons)
    assert "attributes.a" in reasons[1]


def test_a_list_that_is_behind_is_loaded_again(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_loading.verifying.verifying.BEHIND", (0.01,))
    loaded.create(item(1))
    empty = {"items": [], "total_count": 0}
    loaded.api.faults.add(operations="list_dataset_items", status=200, body=empty, count=1)
    assert loaded.verify([item(1)], journal=False).is_complete
    loaded.api.faults.add(operations="list_dataset_items", status=200, body=empty)
    found = loaded.verify([item(1)], journal=False)
    assert "the list has 0 items, and total_count of the dataset is 1" in repr(found)


def test_async_iterables_and_iterables_that_raise(loaded: Loaded) -> None:
    loaded.create(item(1))

    async def ones() -> AsyncIterator[Any]:
        yield item(1)

    def breaks() -> Iterator[Any]:
        yield item(1)
        raise OSError("the file is gone")

    async def main() -> None:
        client = loaded.api.async_client()
        place = client, ORGANIZATION, loaded.dataset_id
        assert (await verify_async(*place, ones())).is_complete
        with pytest.raises(OSError, match="the file is gone"):
            await verify_async(*place, breaks())

    asyncio.run(main())


def test_ctrl_c_ends_it_at_once(loaded: Loaded) -> None:
    def blocks() -> Iterator[Any]:
        yield item(1)
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        threading.Event().wait(20)

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        loaded.verify(blocks(), journal=False)
    assert time.monotonic() - start < 5


def test_journals_that_do_not_fit(loaded: Loaded, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="does not exist"):
        loaded.verify([])
    loaded.path.write_bytes(b"no database at all, but text that is long enough" * 100)
    with pytest.raises(JournalError, match="is not a journal"):
        loaded.verify([])
    other = Loaded(loaded.api, tmp_path / "other")
    other.record([item(1)], {})
    with pytest.raises(JournalError, match="of another target: its dataset_id"):
        verify(loaded.client, ORGANIZATION, loaded.dataset_id, [], journal=other.path)
    journal = Journal.open(other.path, other.target)
    with pytest.raises(JournalError, match="in use"):
        other.verify([])
    journal.close()


def test_a_dataset_that_does_not_exist(loaded: Loaded) -> None:
    with pytest.raises(NotFound):
        verify(loaded.client, ORGANIZATION, "404", [])


def test_a_verification_pickles_with_its_counts(loaded: Loaded) -> None:
    found = loaded.verify([item(1)], journal=False)
    copy = pickle.loads(pickle.dumps(found))
    assert (copy.read, copy.missing, copy.is_complete) == (1, 1, False)
    assert copy == found
    assert "1 missing" in repr(copy)
    with pytest.raises(LoadingError, match="was pickled"):
        next(copy.iter_missing())


@given(st.lists(st.integers(0, 4), max_size=12), st.lists(st.integers(0, 5), max_size=12), st.data())
def test_multisets(inputs: list[int], stored: list[int], data: st.DataObject) -> None:
    comparison = Comparison()
    comparison.add_stored((item_id, b"%d" % content) for item_id, content in enumerate(stored))
    # A journal links some inputs with items that are equal.
    free = dict(enumerate(stored))
    links: dict[int, int] = {}
    for position, content in enumerate(inputs):
        equal = [item_id for item_id, other in free.items() if other == content]
        link = data.draw(st.sampled_from([None, *equal]))
        if link is not None:
            links[position] = link
            del free[link]
    assert comparison.link(links.items()) == 0
    for position, content in enumerate(inputs):
        if not comparison.take(position, b"%d" % content, links.get(position)):
            comparison.add_missing(position, None, None)
    comparison.finish(len(inputs))
    missing, rest = Counter(inputs) - Counter(stored), Counter(stored) - Counter(inputs)
    twice = {content: count for content, count in rest.items() if content in inputs}
    counts = comparison.counts()
    assert Counter(inputs[position] for position, _, _ in comparison.iter_missing()) == missing
    assert Counter(stored[item_id] for _, item_id in comparison.iter_twice()) == twice  # type: ignore[index] # all ids are ints
    assert all(inputs[position] == stored[item_id] for position, item_id in comparison.iter_twice())  # type: ignore[index] # as above
    assert counts[1:] == (missing.total(), sum(twice.values()), 0, rest.total() - sum(twice.values()))


def test_clients_without_aiohttp_or_with_an_http_client(loaded: Loaded) -> None:
    import httpx

    loaded.create(item(1))
    with (
        httpx.Client(trust_env=False) as http,
        APIClient(loaded.api.credential, base_url=loaded.api.url, http_client=http) as client,
    ):
        assert verify(client, ORGANIZATION, loaded.dataset_id, [item(1)]).is_complete
