"""Items on which the server fails whenever they are sent: they are given up, and hold up nothing else."""

import time
from typing import Any

import pytest
from tests.loading.odd_servers import FailsOn
from tests.loading.small_run import ORGANIZATION, item
from tests.loading.whole_runs import Loading

from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import Report, delete_items, update_items
from abeja_datasets_loading.settling.settling import ROUNDS

COUNT = 60


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_loading.sending.failures._LONGEST_DELAY", 0.02)


def filled(loading: Loading, count: int = COUNT) -> list[int]:
    loading.add(*(item(number) for number in range(count)))
    listed = loading.plain.iter_dataset_items(ORGANIZATION, loading.dataset_id)
    return [one["dataset_item_id"] for one in listed]


def update(loading: Loading, ids: list[int], **options: Any) -> Report:
    given = [{"dataset_item_id": one, "attributes": {"n": f"<{number}>"}} for number, one in enumerate(ids)]
    options = {"journal": loading.journal, "on_progress": False, **options}
    return update_items(loading.client, ORGANIZATION, loading.dataset_id, given, **options)


def updated(loading: Loading) -> list[int]:
    listed = list(loading.plain.iter_dataset_items(ORGANIZATION, loading.dataset_id))
    return [number for number, one in enumerate(listed) if one["attributes"] == {"n": f"<{number}>"}]


@pytest.mark.parametrize("concurrency", [1, 64])
def test_updates(odd: Any, concurrency: int) -> None:
    loading = odd(FailsOn, texts=["<7>", "<8>", "<50>"])
    report = update(loading, filled(loading), batch=25, concurrency=concurrency)
    assert (report.created, report.unknown, report.rejected, report.stopped) == (COUNT - 3, 3, 0, None)
    assert [index for index, _, _ in report.iter_unknown()] == [7, 8, 50]
    assert all("requests with it failed, the last with: 500" in reason for _, _, reason in report.iter_unknown())
    assert updated(loading) == [number for number in range(COUNT) if number not in (7, 8, 50)]
    assert report.retries < 70


def test_deletions_and_the_rest_is_not_held_up(odd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_loading.sending.failures._LONGEST_DELAY", 0.2)
    loading = odd(FailsOn, texts=["/items/33", "/items/34"])
    ids = filled(loading)
    failing = [one for one in ids if one in (33, 34)]
    ended: list[float] = []

    def look(progress: Any) -> None:
        if progress.created == COUNT - len(failing):
            ended.append(time.monotonic())

    options: dict[str, Any] = {"journal": loading.journal, "concurrency": 1}
    report = delete_items(loading.client, ORGANIZATION, loading.dataset_id, ids, on_progress=look, **options)
    assert (report.created, report.unknown) == (COUNT - len(failing), len(failing))
    # One worker alone sends, and does not wait for those that fail.
    assert time.monotonic() - ended[0] > 0.1
    assert (
        sorted(one["dataset_item_id"] for one in loading.plain.iter_dataset_items(ORGANIZATION, loading.dataset_id))
        == failing
    )


def test_a_run_that_gave_items_up_is_resumed(odd: Any) -> None:
    texts = ["<7>"]
    loading = odd(FailsOn, texts=texts)
    ids = filled(loading)
    assert "to resume, call it again" in repr(update(loading, ids))
    texts.clear()
    report = update(loading, ids)
    assert (report.created, report.earlier, report.unknown) == (1, COUNT - 1, 0)
    assert updated(loading) == list(range(COUNT))


def test_a_server_that_fails_on_all_gives_nothing_up(loading: Loading, dataset_api: DatasetApi) -> None:
    ids = filled(loading, 3)
    failing = ["bulk_update_dataset_item", "get_dataset"]
    dataset_api.faults.add(operations=failing, status=502, after=1, count=45)  # after the run's first get_dataset
    report = update(loading, ids, batch=1)
    assert (report.created, report.unknown) == (3, 0)
    assert report.retries > 30  # ten failures of each would give them up


def test_creates(odd: Any) -> None:
    loading = odd(FailsOn, texts=['/7"', '/50"'])
    report = loading.run([item(number) for number in range(COUNT)])
    assert (report.created, report.unknown, report.stopped) == (COUNT - 2, 2, None)
    assert [index for index, _, _ in report.iter_unknown()] == [7, 50]
    assert f"still unknown after {ROUNDS} rounds" in repr(report)
    assert loading.stored() == [number for number in range(COUNT) if number not in (7, 50)]
