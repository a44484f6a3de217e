"""Markers: writing them, finding items by them, and taking them out again."""

import asyncio
from typing import Any

import pytest
from tests.loading.small_run import LOSE_AFTER, LOSE_BEFORE, ORGANIZATION, SmallRun, item, listed, lose, numbers, play

from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import remove_marker, remove_marker_async
from abeja_datasets_loading.errors import InvalidItem
from abeja_datasets_loading.settling.marker import check_key, mark, marker_of, unmarked

KEY = "loaded_by"


@pytest.mark.parametrize("key", ["a b", "", "a:b", "classification", "OR", "ä", "1a", "a" * 101, 'a"'])
def test_keys_that_can_be_none(key: object) -> None:
    with pytest.raises(ValueError, match=r"marker: .* can't be the key of a marker"):
        check_key("marker", key)


@pytest.mark.parametrize("key", [None, 5, True, b"by", ["by"], {}])
def test_a_key_of_a_wrong_type(key: object) -> None:
    with pytest.raises(TypeError, match=r"^marker: the key of a marker, a str, is needed, not "):
        check_key("marker", key)


def test_marks() -> None:
    given = item(1, a=1)
    marked = mark(given, KEY, "0af3", 7)
    assert marked["attributes"] == {"a": 1, KEY: "0af3-7"}
    assert given == item(1, a=1)
    assert mark({"source_data": []}, KEY, "0af3", 7) == {"source_data": [], "attributes": {KEY: "0af3-7"}}
    assert [marker_of(marked, KEY, run) for run in ("0af3", None, "0af", "ff")] == ["0af3-7", "0af3-7", None, None]
    assert unmarked(marked, KEY) == given
    with pytest.raises(InvalidItem, match=f"item 7: attributes.{KEY}: is there already"):
        mark(marked, KEY, "0af3", 7)


@pytest.mark.parametrize("value", ["0af3", "0af3-", "0af3-07", "x-1", "0af3-1 ", 5, None, ["0af3-1"]])
def test_values_that_are_no_marker(value: object) -> None:
    assert marker_of(item(1, **{KEY: value}), KEY) is None
    assert marker_of({"attributes": value}, KEY) is None


def test_an_item_is_found_by_q_though_somebody_writes_equal_items(dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_AFTER, after=4, count=2)

    async def story(run: SmallRun) -> None:
        for number in 1, 1, 9:
            await run.client.create_dataset_item(ORGANIZATION, run.dataset_id, **item(number))
        await run.load([item(1), item(1), item(1)])
        await run.client.create_dataset_item(ORGANIZATION, run.dataset_id, **item(1))
        dataset_api.requests.clear()
        settled = await run.settle()
        assert (settled.created, settled.again, settled.unknown) == (2, 0, 0)
        # By one query, and no list.
        wanted = " OR ".join(f'{KEY}:"{run.journal.run_id}-{index}"' for index in (1, 2))
        assert [dict(request.query)["q"] for request in dataset_api.requests] == [wanted]

    play(dataset_api, story, marker=KEY)


def test_what_q_does_not_find_is_listed(dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_AFTER, count=1)
    dataset_api.faults.add(**LOSE_BEFORE, count=1)

    async def story(run: SmallRun) -> None:
        await run.load([item(1), item(1), item(1)])
        await run.client.create_dataset_item(ORGANIZATION, run.dataset_id, **item(1))
        # A search that is off finds nothing.
        empty = {"items": [], "total_count": 0, "next_page_token": None}
        dataset_api.faults.add(operations="list_dataset_items", status=200, body=empty, count=1)
        settled = await run.settle()
        assert (settled.created, settled.again, settled.unknown) == (1, 1, 0)
        assert numbers(await listed(run)) == [1] * 4
        markers = sorted(one["attributes"].get(KEY, "") for one in await listed(run))
        assert markers == ["", *(f"{run.journal.run_id}-{index}" for index in range(3))]

    play(dataset_api, story, marker=KEY)


def test_a_server_without_q(dataset_api: DatasetApi) -> None:
    async def story(run: SmallRun) -> None:
        await lose(run, item(1), create=True)
        await lose(run, item(2), create=True)
        dataset_api.faults.add(operations="list_dataset_items", status=400, count=1)
        assert (await run.settle()).created == 2

    play(dataset_api, story, marker=KEY)


def test_many_are_asked_for_in_groups(dataset_api: DatasetApi) -> None:
    async def story(run: SmallRun) -> None:
        for number in range(120):
            await lose(run, item(number), create=True)
        dataset_api.requests.clear()
        assert (await run.settle()).created == 120
        assert len(dataset_api.requests) == 3
        assert all(len(request.path) + len(str(request.query)) < 4096 for request in dataset_api.requests)

    play(dataset_api, story, marker=KEY)


def test_a_server_that_drops_the_marker_leaves_items_unknown(dataset_api: DatasetApi) -> None:
    async def story(run: SmallRun) -> None:
        await lose(run, item(1))
        await run.client.create_dataset_item(ORGANIZATION, run.dataset_id, **item(1))  # ours, without its marker
        settled = await run.settle()
        assert (settled.again, settled.unknown) == (0, 1)
        assert f"without the marker {KEY}" in (settled.reason or "")

    play(dataset_api, story, marker=KEY)


def test_markers_are_removed(dataset_api: DatasetApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_loading.settling.listing.PAGE_SIZE", 3)

    async def story(run: SmallRun) -> None:
        def plain(number: int) -> Any:
            return item(number, classification=[{"category_id": 1, "label_id": number}], custom={KEY: "ff-1"})

        await run.load([plain(number) for number in range(5)])
        for attributes in {KEY: "ff-1"}, {KEY: "mine"}, {}:
            await run.client.create_dataset_item(ORGANIZATION, run.dataset_id, **item(9, **attributes))
        place = run.client.with_options(max_retry_count=3), ORGANIZATION, run.dataset_id, KEY
        # One item is deleted by somebody between the list and the update, which is then refused as a whole.
        dataset_api.faults.add(operations="bulk_update_dataset_item", status=400, count=1)
        dataset_api.faults.add(operations="bulk_update_dataset_item", status=503, when="after", count=1)
        assert await remove_marker_async(*place, run=run.journal.run_id) == 5
        assert await remove_marker_async(*place, run=run.journal.run_id) == 0
        found = await listed(run)
        assert found[:5] == [plain(number) for number in range(5)]
        assert [one["attributes"] for one in found[5:]] == [{KEY: "ff-1"}, {KEY: "mine"}, {}]
        assert await remove_marker_async(*place) == 1
        assert [one["attributes"] for one in (await listed(run))[5:]] == [{}, {KEY: "mine"}, {}]
        with pytest.raises(ValueError, match="marker"):
            await remove_marker_async(*place[:3], "a b")

    play(dataset_api, story, marker=KEY)


def test_an_item_that_is_gone_has_no_marker(dataset_api: DatasetApi) -> None:
    gone = {"error": "not_found", "error_description": "no such item"}

    async def story(run: SmallRun) -> None:
        await run.load([item(1), item(2)])
        dataset_api.faults.add(operations="bulk_update_dataset_item", status=400)
        dataset_api.faults.add(operations="update_dataset_item", status=404, body=gone, count=1)
        assert await remove_marker_async(run.client, ORGANIZATION, run.dataset_id, KEY) == 1

    play(dataset_api, story, marker=KEY)


def test_markers_are_removed_without_an_event_loop(dataset_api: DatasetApi) -> None:
    client = dataset_api.client()
    dataset = client.create_dataset(ORGANIZATION, "d", "custom", {})["dataset_id"]
    client.create_dataset_item(ORGANIZATION, dataset, **item(1, **{KEY: "ff-1"}))
    assert remove_marker(client, ORGANIZATION, dataset, KEY) == 1
    assert client.get_dataset_item(ORGANIZATION, dataset, 0)["attributes"] == {}

    async def inside() -> int:
        return remove_marker(client, ORGANIZATION, dataset, KEY)  # as in a notebook

    assert asyncio.run(inside()) == 0
