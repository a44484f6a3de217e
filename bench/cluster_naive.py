"""The naive sink: a task of Ray for each 500 rows, which creates them one by one in threads and repeats what failed.

Arguments: the dataset, the number of rows, and the number of workers. It prints the process ids of its first workers,
so that a user can kill them.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import ray

from abeja_datasets import APIClient
from abeja_datasets.exceptions import Error

ORGANIZATION: Final = "1102940376065"
UNIT: Final = 500
TRIES: Final = 5


def create(client: APIClient, dataset: str, number: int) -> None:
    """Create an item, and repeat the request until there is a success."""
    source: Any = [{"data_type": "image/jpeg", "data_uri": f"s3://bucket/{number}"}]
    for attempt in range(TRIES):
        try:
            client.create_dataset_item(ORGANIZATION, dataset, source, {"number": number})
        except Error:
            if attempt == TRIES - 1:
                raise
            time.sleep(0.1)
        else:
            return


def load(dataset: str, start: int, stop: int) -> int:
    """Create the rows of a task."""
    with APIClient() as client, ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(create, client, dataset, number) for number in range(start, stop)]:
            future.result()
    return stop - start


def process_id() -> int:
    """Return the id of the process of a worker."""
    time.sleep(0.5)  # so that each worker is asked once
    return os.getpid()


def main() -> None:
    """Load all rows."""
    dataset, rows, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    ray.init(log_to_driver=False)
    asked: Any = ray.remote(process_id)
    print(*ray.get([asked.remote() for _ in range(workers)]), flush=True)
    task: Any = ray.remote(max_retries=3, retry_exceptions=True)(load)
    starts = range(0, rows, UNIT)
    print("created", sum(ray.get([task.remote(dataset, start, min(rows, start + UNIT)) for start in starts])))


if __name__ == "__main__":
    main()
