"""Runs with the journal of an earlier run: what is done is compared with the input, and not sent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import InputChanged, create_items, create_items_async
from abeja_datasets_loading.items.items import Checker
from abeja_datasets_loading.journal.fingerprints import BLOCK
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Change, State, Target

Item = dict[str, Any]
COUNT: Final = 2 * BLOCK + 100


def item(number: int) -> Item:
    return {"source_data": [{"data_uri": f"datalake://1/{number}"}], "attributes": {"n": number, "half": number / 2}}


@pytest.fixture
def dataset(dataset_api: DatasetApi) -> str:
    made = dataset_api.client().create_dataset(dataset_api.organization_id, "resumed", "custom", {})
    dataset_api.requests.clear()
    return str(made["dataset_id"])


@pytest.fixture
def begun(dataset_api: DatasetApi, dataset: str, tmp_path: Path) -> Callable[..., Path]:
    """Makes the journal of a run that created all items but some, which it only read."""

    def make(*planned: int) -> Path:
        path, checker = tmp_path / "journal", Checker()
        target = Target("create", dataset_api.client().base_url, dataset_api.organization_id, dataset)
        journal = Journal.open(path, target)
        journal.take_block(0, [checker.prepare(number, item(number)).fingerprint for number in range(COUNT)])
        done = (number for number in range(COUNT) if number not in planned)
        journal.record(Change(number, State.DONE, 7 + number, 1) for number in done)
        journal.close()
        return path

    return make


@pytest.fixture
def resume(dataset_api: DatasetApi, dataset: str) -> Callable[..., Any]:
    def run(items: Iterable[Any], journal: Path) -> Any:
        place = (dataset_api.client(), dataset_api.organization_id, dataset)
        return create_items(*place, items, journal=journal, on_progress=False)

    return run


def sent(api: DatasetApi) -> list[str]:
    return [request.method for request in api.requests]


def test_a_finished_journal_takes_a_handful_of_requests(dataset_api: DatasetApi, begun: Any, resume: Any) -> None:
    report = resume(map(item, range(COUNT)), begun())
    assert (report.read, report.earlier, report.created) == (COUNT, COUNT, 0)
    assert sent(dataset_api) == ["GET"] * len(sent(dataset_api))
    assert len(sent(dataset_api)) <= 3


@pytest.mark.parametrize("planned", [0, BLOCK - 1, BLOCK, COUNT - 1])
def test_what_is_left_of_a_block_is_sent(dataset_api: DatasetApi, begun: Any, resume: Any, planned: int) -> None:
    report = resume(map(item, range(COUNT)), begun(planned))
    assert (report.read, report.earlier, report.created) == (COUNT, COUNT - 1, 1)
    assert sent(dataset_api).count("POST") == 1
    assert [index for index, _ in report.iter_created()] == list(range(COUNT))


def test_a_longer_input_goes_on(begun: Any, resume: Any) -> None:
    report = resume(map(item, range(COUNT + 3)), begun())
    assert (report.earlier, report.created) == (COUNT, 3)


def test_a_shorter_input_is_refused(begun: Any, resume: Any) -> None:
    with pytest.raises(InputChanged, match=rf"^item {BLOCK}: is missing"):
        resume(map(item, range(BLOCK)), begun())


def test_the_same_content_in_another_form_goes_on(begun: Any, resume: Any) -> None:
    """An export has the keys of a response, in another order, and a reader may make tuples or whole floats."""

    def other(number: int) -> Item:
        one = item(number)
        attributes = {"half": int(number / 2) if number % 2 == 0 else number / 2, "n": float(number)}
        return {"dataset_item_id": number, "attributes": attributes, "source_data": tuple(one["source_data"])}

    report = resume(map(other, range(COUNT)), begun())
    assert (report.earlier, report.created, report.left_out) == (COUNT, 0, COUNT)


@pytest.mark.parametrize(
    ("position", "changed"),
    [
        (0, item(-1)),
        (BLOCK, item(-1)),
        (COUNT - 1, item(-1)),
        (5, {**item(5), "attributes": {"n": True}}),
        (5, {"source_data": [{"data_uri": "datalake://1/5"}]}),
        (5, {**item(5), "other": 1}),
        (5, {**item(5), "attributes": {"n": float("nan")}}),
        (5, {**item(5), "attributes": {"n": "\ud800"}}),
        (5, {**item(5), "attributes": {"n": object()}}),
        (5, {**item(5), "attributes": {1: 1, "1": 1}}),
        (5, []),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_changed_item_is_refused_with_its_index(begun: Any, resume: Any, position: int, changed: Any) -> None:
    items = [changed if number == position else item(number) for number in range(COUNT)]
    with pytest.raises(InputChanged, match=rf"^item {position}: "):
        resume(items, begun())


def test_an_async_input_leaves_the_event_loop_alive(dataset_api: DatasetApi, dataset: str, begun: Any) -> None:
    journal = begun()
    turns, seen = 0, list[int]()

    async def items() -> AsyncIterator[Item]:
        for number in range(COUNT):
            yield item(number)
            seen.append(turns)

    async def main() -> None:
        nonlocal turns
        place = (dataset_api.client(), dataset_api.organization_id, dataset)
        run = asyncio.create_task(create_items_async(*place, items(), journal=journal, on_progress=False))
        while not run.done():
            turns += 1
            await asyncio.sleep(0)
        assert (await run).earlier == COUNT

    asyncio.run(main())
    assert seen[0] < seen[-1]
