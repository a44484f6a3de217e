"""A program that creates items in a soak: `python clients.py ours|abeja-sdk URL DATASET COUNT …`.

It prints its figures as JSON. It runs in the environment of its client, so that it imports nothing else.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

ORGANIZATION: Final = "1"
USER: Final = {"user_id": "1", "personal_access_token": "soak"}
"""The credential that the server of a soak accepts."""
TIMEOUT: Final = 1
"""Seconds, half of those that a stalled response takes."""
THREADS: Final = 32


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Make items, of which each third is there twice."""
    for number in range(count):
        uri = f"datalake://1200123803688/{number - 1 if number % 3 == 1 else number}"
        yield {"source_data": [{"data_type": "image/jpeg", "data_uri": uri}], "attributes": {}}


class _Waits:
    """Adds up the seconds in which a run waits until no request can be under way."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._last = time.monotonic()

    def __call__(self, progress: Any) -> None:
        now = time.monotonic()
        if "until no request can be under way" in progress.note:
            self.seconds += now - self._last
        self._last = now


def ours(url: str, dataset: str, count: int, journal: str, concurrency: str) -> dict[str, Any]:
    """Create items with `create_items`."""
    from abeja_datasets import APIClient
    from abeja_datasets_loading import create_items

    waits = _Waits()
    with APIClient(USER, timeout=TIMEOUT, base_url=url) as client:
        given: dict[str, Any] = {"journal": journal, "concurrency": int(concurrency), "on_progress": waits}
        report = create_items(client, ORGANIZATION, dataset, rows(count), **given)
    found = {"created": report.created + report.earlier, "failed": report.rejected + report.unknown}
    return {**found, "seconds": report.seconds, "waits": waits.seconds}


def abeja_sdk(url: str, dataset: str, count: int) -> dict[str, Any]:
    """Create items with abeja-sdk's client, in threads."""
    os.environ["ABEJA_API_URL"] = url
    # Of another distribution than ours.
    client: Any = importlib.import_module("abeja.datasets").APIClient(USER, timeout=TIMEOUT)

    def create(item: dict[str, Any]) -> bool:
        try:
            client.create_dataset_item(ORGANIZATION, dataset, **item)
        except Exception:  # noqa: BLE001 - it raises those of several libraries
            return False
        return True

    begun = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        created = sum(pool.map(create, rows(count)))
    return {"created": created, "failed": count - created, "seconds": time.monotonic() - begun, "waits": 0.0}


_CLIENTS: Final[dict[str, Callable[..., dict[str, Any]]]] = {"ours": ours, "abeja-sdk": abeja_sdk}


def main(name: str, url: str, dataset: str, count: str, *more: str) -> None:
    """Create `count` items."""
    print(json.dumps(_CLIENTS[name](url, dataset, int(count), *more)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
