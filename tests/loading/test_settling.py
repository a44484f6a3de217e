"""Settling unknown outcomes against the reference server, with its faults, and with servers that are odd."""

import asyncio
import time
from typing import Any

import pytest
from tests.loading.odd_servers import ChangedBodies, CommitsLate, behind
from tests.loading.small_run import (
    LOSE_AFTER,
    LOSE_BEFORE,
    ORGANIZATION,
    SmallRun,
    Story,
    item,
    listed,
    lose,
    numbers,
    play,
    running,
)

from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading.settling.settling import ROUNDS
from abeja_datasets_mock import RunningServer


def play_odd(story: Story, middleware: Any, options: dict[str, Any], **run_options: Any) -> None:
    """Play against a server with a middleware."""
    server = RunningServer()
    server.app.add_middleware(middleware, **options)

    async def main() -> None:
        async with running(server.url, server.credential, **run_options) as run:
            await story(run)

    with server:
        asyncio.run(main())


def test_what_was_created_is_found_and_what_was_not_is_created(dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_AFTER, after=1, count=1)
    dataset_api.faults.add(**LOSE_BEFORE, after=3, count=1)

    async def story(run: SmallRun) -> None:
        await run.load([item(number) for number in range(6)])
        assert len(run.reasons()) == 2
        settled = await run.settle()
        assert (settled.created, settled.again, settled.unknown, settled.reason) == (1, 1, 0, None)
        assert sorted(run.created()) == list(range(6))
        assert numbers(await listed(run)) == list(range(6))
        assert len(set(run.created().values())) == 6

    play(dataset_api, story)


@pytest.mark.parametrize("fault", [{"status": 503, "when": "after"}, {"half_answer": True}, {"garbage": True}])
def test_any_lost_response_is_settled(dataset_api: DatasetApi, fault: dict[str, Any]) -> None:
    dataset_api.faults.add(operations="create_dataset_item", **fault)

    async def story(run: SmallRun) -> None:
        await run.load([item(1), item(2), item(1)])
        dataset_api.faults.clear()
        assert (await run.settle()).created == 3
        assert numbers(await listed(run)) == [1, 1, 2]
        assert run.sent == [0, 1, 2]

    play(dataset_api, story)


def test_equal_inputs_are_two_items(dataset_api: DatasetApi) -> None:
    # Of three equal items, one is recorded, one was carried out, and one was not.
    dataset_api.faults.add(**LOSE_AFTER, after=1, count=1)
    dataset_api.faults.add(**LOSE_BEFORE, after=1, count=1)

    async def story(run: SmallRun) -> None:
        await run.load([item(1), item(1), item(1)])
        settled = await run.settle()
        assert (settled.created, settled.again) == (1, 1)
        assert numbers(await listed(run)) == [1, 1, 1]
        assert len(set(run.created().values())) == 3

    play(dataset_api, story)


def test_equal_items_that_were_there_before_are_never_ours(dataset_api: DatasetApi) -> None:
    async def story(run: SmallRun) -> None:
        for _ in range(2):
            await run.client.create_dataset_item(ORGANIZATION, run.dataset_id, **item(1))
        dataset_api.faults.add(**LOSE_BEFORE, count=1)
        await run.load([item(1)])
        settled = await run.settle()
        assert (settled.created, settled.again) == (0, 1)
        assert numbers(await listed(run)) == [1, 1, 1]

    play(dataset_api, story)


def test_an_empty_dataset_is_not_listed_for_the_baseline(dataset_api: DatasetApi) -> None:
    async def story(run: SmallRun) -> None:
        dataset_api.requests.clear()
        await run.load([item(1)])
        assert [request.method for request in dataset_api.requests] == ["GET", "POST"]
        await run.settle()
        assert len(dataset_api.requests) == 2

    play(dataset_api, story)


def test_somebody_who_writes_equal_items_leaves_them_unknown(dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_AFTER, count=1)

    async def story(run: SmallRun) -> None:
        await run.load([item(1)])
        await run.client.create_dataset_item(ORGANIZATION, run.dataset_id, **item(1))
        settled = await run.settle()
        assert (settled.created, settled.again, settled.unknown) == (0, 0, 1)
        assert settled.reason
        assert "somebody else writes" in settled.reason
        assert run.reasons() == {0: settled.reason}
        assert run.sent == [0]

    play(dataset_api, story)


def test_somebody_who_writes_other_items_leaves_them_unknown(dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_BEFORE, count=1)

    async def story(run: SmallRun) -> None:
        await run.load([item(1), item(2)])
        await run.client.create_dataset_item(ORGANIZATION, run.dataset_id, **item(9))
        settled = await run.settle()
        assert (settled.again, settled.unknown) == (0, 1)
        assert numbers(await listed(run)) == [2, 9]

    play(dataset_api, story)


def test_unknown_again_while_settling(dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_BEFORE, count=3)
    dataset_api.faults.add(**LOSE_AFTER, count=1)

    async def story(run: SmallRun) -> None:
        await run.load([item(1)])
        settled = await run.settle()
        assert (settled.created, settled.again, settled.unknown) == (1, 3, 0)
        assert run.sent == [0] * 4
        assert numbers(await listed(run)) == [1]

    play(dataset_api, story)


def test_rounds_end(dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_BEFORE)

    async def story(run: SmallRun) -> None:
        await run.load([item(1)])
        settled = await run.settle()
        assert (settled.again, settled.unknown) == (ROUNDS, 1)
        assert f"after {ROUNDS} rounds" in (run.reasons()[0] or "")
        dataset_api.faults.clear()
        # A resume begins anew.
        assert (await run.settle()).unknown == 0
        assert numbers(await listed(run)) == [1]

    play(dataset_api, story)


def test_a_server_that_adds_a_label(dataset_api: DatasetApi) -> None:  # noqa: ARG001 - keeps proxies of the machine out
    def labelled(body: Any) -> Any:
        return {**body, "attributes": {**body["attributes"], "label": "added"}}

    async def told(run: SmallRun) -> None:
        await run.load([item(1)])
        # The outcome of the second is unknown, and it was not carried out.
        await lose(run, item(2))
        settled = await run.settle()
        assert (settled.again, settled.unknown, settled.reason) == (0, 1, "the server changes what it stores")

    async def untold(run: SmallRun) -> None:
        # No response shows the change: what is listed does.
        await lose(run, item(1), create=True)
        settled = await run.settle()
        assert (settled.again, settled.unknown) == (0, 1)
        assert "changes what it stores" in (settled.reason or "")
        assert numbers(await listed(run)) == [1]

    for story in told, untold:
        play_odd(story, ChangedBodies, {"create": labelled})


def test_a_server_that_changes_what_it_stores_still_settles_by_marker(dataset_api: DatasetApi) -> None:  # noqa: ARG001
    def labelled(body: Any) -> Any:
        return {**body, "attributes": {**body["attributes"], "label": "added"}}

    async def story(run: SmallRun) -> None:
        await run.load([item(1)])
        await lose(run, item(2), create=True)
        await lose(run, item(3))
        settled = await run.settle()
        assert (settled.created, settled.again, settled.unknown) == (1, 1, 0)
        assert numbers(await listed(run)) == [1, 2, 3]

    play_odd(story, ChangedBodies, {"create": labelled}, marker="loaded_by")


@pytest.mark.parametrize("seconds", [0.3, pytest.param(3.0, marks=pytest.mark.slow)])
def test_a_list_that_is_behind(dataset_api: DatasetApi, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr("abeja_datasets_loading.settling.looking.BEHIND", [seconds / 3] * 4)

    async def story(run: SmallRun) -> None:
        await run.load([item(1)])
        await lose(run, item(2), create=True)
        await lose(run, item(3))
        settled = await run.settle()
        assert (settled.created, settled.again, settled.unknown) == (1, 1, 0)
        assert any("the list" in note for note in run.notes)
        await asyncio.sleep(seconds)
        assert numbers(await listed(run)) == [1, 2, 3]

    play_odd(story, ChangedBodies, {"page": behind(seconds)})


def test_a_list_that_is_behind_when_nothing_is_recorded(
    dataset_api: DatasetApi,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("abeja_datasets_loading.settling.looking.BEHIND", [0.1] * 4)

    # total_count alone shows that the list is behind.
    async def story(run: SmallRun) -> None:
        await lose(run, item(1), create=True)
        settled = await run.settle()
        assert (settled.created, settled.again) == (1, 0)

    play_odd(story, ChangedBodies, {"page": behind(0.3)})


def test_a_list_that_stays_behind(dataset_api: DatasetApi, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr("abeja_datasets_loading.settling.looking.BEHIND", (0.05,))

    async def story(run: SmallRun) -> None:
        await run.load([item(1)])
        await lose(run, item(2))
        settled = await run.settle()
        assert (settled.again, settled.unknown) == (0, 1)
        assert "lacks 1 of those that this journal created" in (settled.reason or "")

    play_odd(story, ChangedBodies, {"page": behind(3600)})


def test_a_commit_after_the_timeout(dataset_api: DatasetApi) -> None:  # noqa: ARG001
    async def story(run: SmallRun) -> None:
        run.settle_after = 1.3
        start = time.monotonic()
        await run.load([item(1), item(2)])
        settled = await run.settle()
        assert time.monotonic() - start > 1.3
        assert (settled.created, settled.again, settled.unknown) == (1, 0, 0)
        assert numbers(await listed(run)) == [1, 2]
        assert any("until no request can be under way" in note for note in run.notes)
        assert run.notes[-1] == ""

    play_odd(story, CommitsLate, {"seconds": 0.5, "count": 1}, patience=0.2)


def test_the_wait_is_after_what_a_killed_process_sent(dataset_api: DatasetApi, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def pause(seconds: float, stopping: asyncio.Event) -> None:
        del stopping
        waits.append(seconds)

    async def story(run: SmallRun) -> None:
        run.settle_after = 100
        await run.load([item(1)])
        run.journal.mark_sent([0])  # the process was killed before it recorded the outcome
        # The clock may have been set back since.
        for ago, least, most in (0.0, 90, 100), (60, 30, 40), (-3600, 100, 100):
            waits.clear()
            run.journal.set("last_sent", time.time() - ago)
            await run.settle()
            assert least <= waits[0] <= most
            run.journal.mark_sent([0])
        waits.clear()
        run.journal.set("last_sent", time.time() - 101)
        await run.settle()
        assert waits == []

    monkeypatch.setattr("abeja_datasets_loading.settling.settling.pause", pause)
    play(dataset_api, story)


def test_an_item_that_was_not_read_again_is_matched_and_never_created(dataset_api: DatasetApi) -> None:
    async def story(run: SmallRun) -> None:
        await run.load([item(1), item(2)])
        run.journal.mark_sent([0, 1])
        await run.client.delete_dataset_item(ORGANIZATION, run.dataset_id, 1)
        settled = await run.settle()
        assert (settled.created, settled.again, settled.unknown) == (1, 0, 1)
        assert "not read again" in (run.reasons()[1] or "")

    play(dataset_api, story)


def test_somebody_deletes_what_the_run_created(dataset_api: DatasetApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_loading.settling.looking.BEHIND", ())
    dataset_api.faults.add(**LOSE_BEFORE, after=1, count=1)

    async def story(run: SmallRun) -> None:
        await run.load([item(1), item(2)])
        await run.client.delete_dataset_item(ORGANIZATION, run.dataset_id, run.created()[0])
        settled = await run.settle()
        assert settled.unknown == 1
        assert "somebody deleted" in (settled.reason or "")

    play(dataset_api, story)


def test_a_run_that_stops_leaves_the_rest_unknown(dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_BEFORE, count=1)

    async def story(run: SmallRun) -> None:
        await run.load([item(1)])
        run.settle_after = 60
        asyncio.get_running_loop().call_later(0.05, run.stopping.set)
        settled = await run.settle()
        assert (settled.unknown, settled.reason) == (1, None)
        assert run.sent == [0]

    play(dataset_api, story)


def test_listing_goes_on_through_failures(dataset_api: DatasetApi) -> None:
    dataset_api.faults.add(**LOSE_AFTER, count=3)

    async def story(run: SmallRun) -> None:
        await run.load([item(number) for number in range(3)])
        dataset_api.faults.plan = [
            {"operations": "list_dataset_items", "half_answer": True, "count": 1},
            {"operations": "get_dataset", "status": 503, "count": 1},
        ]
        assert (await run.settle()).created == 3

    play(dataset_api, story)
