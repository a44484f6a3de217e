"""Storage: objects that are written once, in local folders and in memory. `scripts/test-engines` adds S3."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.loading.full_disk import full_after

from abeja_datasets_loading import PlanError
from abeja_datasets_loading.plans.storage import Storage


@pytest.fixture(params=["file", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return Storage(str(tmp_path / "p") if request.param == "file" else f"memory://{tmp_path}")


def test_an_object_is_created_once(storage: Storage) -> None:
    assert storage.create("units/one", b"1")
    assert not storage.create("units/one", b"2")
    assert storage.create("units/one", b"1"), "a client that repeats a lost request finds its own object"
    assert storage.read("units/one") == b"1"
    storage.put("units/one", b"3")
    storage.put("units/two", b"4")
    assert [*storage.read_all(["units/two", "units/none", "units/one"])] == [
        ("units/two", b"4"), ("units/none", None), ("units/one", b"3"),
    ]  # fmt: skip
    assert storage.names("units") == ["one", "two"]
    assert storage.names("none") == []
    storage.remove("units/one")
    storage.remove("units/one")
    assert storage.names("units") == ["two"]
    storage.check()


def test_a_full_disk_leaves_no_part_of_an_object(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path))
    with full_after(1000), pytest.raises(PlanError, match="File too large"):
        storage.put("one", bytes(2000))
    assert [*tmp_path.iterdir()] == []


def test_one_of_many_creates_it(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path))
    won: list[int] = []

    def create(number: int) -> None:
        if storage.create("one", str(number).encode() * 10_000):
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert storage.read("one") == str(won[0]).encode() * 10_000
    assert [path.name for path in tmp_path.iterdir()] == ["one"], "no part of a file is left"


def test_a_storage_without_conditional_writes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage("memory://without")
    pipe_file = storage._files.pipe_file
    monkeypatch.setattr(storage._files, "pipe_file", lambda path, data, **_: pipe_file(path, data))
    with pytest.raises(PlanError, match="memory://without: the storage replaces an object that is to be created once"):
        storage.check()
    monkeypatch.setattr(storage._files, "cat_file", lambda _: b"old")
    with pytest.raises(PlanError, match="an object just written can't be read back"):
        storage.check()


def test_failures_of_a_storage_name_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage("memory://failing")

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no network")

    for name in ("pipe_file", "cat_file", "ls", "rm_file"):
        monkeypatch.setattr(storage._files, name, fail)
    for call in (
        lambda: storage.create("one", b""), lambda: storage.put("one", b""), lambda: storage.read("one"),
        lambda: storage.names("one"), lambda: storage.remove("one"),
    ):  # fmt: skip
        with pytest.raises(
            PlanError, match="memory://failing/one: the storage can't be used: RuntimeError: no network"
        ):
            call()


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(PlanError, match=r"s3://bucket: this storage can't be used: .*s3fs"):
        Storage("s3://bucket")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(
        PlanError, match=r"needs fsspec, which is not installed: pip install 'abeja-datasets\[loading\]'"
    ):
        Storage("plan")
