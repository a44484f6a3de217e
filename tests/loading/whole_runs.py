"""Whole runs of `create_items` into a dataset of their own."""

from pathlib import Path
from typing import Any

from tests.loading.small_run import ORGANIZATION, numbers

from abeja_datasets import APIClient
from abeja_datasets_loading import Report, create_items, verify


class Loading:
    """A dataset, and runs that load it. Requests of `plain` meet no faults."""

    def __init__(self, client: APIClient, plain: APIClient, journal: Path) -> None:
        self.client, self.plain, self.journal = client, plain, journal
        self.dataset_id = plain.create_dataset(ORGANIZATION, "loaded", "custom", {})["dataset_id"]
        self.options: dict[str, Any] = {"settle_after": 0.0, "on_progress": False}

    def run(self, items: Any, **options: Any) -> Report:
        options = {**self.options, "journal": self.journal, **options}
        return create_items(self.client, ORGANIZATION, self.dataset_id, items, **options)

    def add(self, *items: Any) -> None:
        for one in items:
            self.plain.create_dataset_item(ORGANIZATION, self.dataset_id, **one)

    def stored(self) -> list[int]:
        return numbers(list(self.plain.iter_dataset_items(ORGANIZATION, self.dataset_id)))

    def verify(self, items: Any) -> Any:
        return verify(self.plain, ORGANIZATION, self.dataset_id, items, journal=self.journal)
