"""Plans and sources on a real S3 server."""

import json
import threading

import pytest
from tests.engines.conftest import Plans
from tests.loading.plans.conftest import row

from abeja_datasets_loading import SourceChanged, plan_status
from abeja_datasets_loading.plans.storage import Storage

pytestmark = pytest.mark.slow


def test_one_of_many_creates_an_object(bucket: str) -> None:
    storage = Storage(f"{bucket}/once")
    storage.check()
    won: list[int] = []

    def create(number: int) -> None:
        if storage.create("one", str(number).encode()):
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert storage.read("one") == str(won[0]).encode()
    assert storage.names("") == ["one"]
    storage.put("one", b"new")
    assert storage.read("one") == b"new"


def test_a_plan_and_its_sources_on_s3(plans: Plans, bucket: str) -> None:
    import s3fs
    from pyarrow import Table
    from pyarrow import parquet as pq

    files = s3fs.S3FileSystem()
    with files.open(f"{bucket}/rows/1.parquet", "wb") as file:
        pq.write_table(Table.from_pylist([row(number) for number in range(260)]), file, row_group_size=100)
    lines = "".join(f"{json.dumps(row(number))}\n" for number in range(260, 530))
    files.pipe_file(f"{bucket}/rows/2.jsonl", lines.encode())
    plan = plans.create(f"{bucket}/rows/*", place=f"{bucket}/plan")
    assert [source.path for source in plan.sources] == [f"{bucket}/rows/1.parquet", f"{bucket}/rows/2.jsonl"]
    plans.api.faults.add(operations="create_dataset_item", reset_after=True, count=3)
    assert [result.state for result in plans.run(plan)] == ["done"] * 4
    assert plans.run(plan, 0)[0].state == "earlier"
    assert plan_status(plan).unknown == 3
    Storage(plan.url).remove(f"done/{plan.unit(3).name}")
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(530)]
    files.pipe_file(f"{bucket}/rows/2.jsonl", lines.replace("260", "999").encode())
    with pytest.raises(SourceChanged, match=f"{bucket}/rows/2.jsonl: the source has changed since .* its etag is"):
        plans.verify(plan)
