"""A dataset, source files, and a plan of loading them."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import Plan, PlanReport, UnitResult, create_plan, run_unit, verify_plan
from abeja_datasets_loading.plans import leases


def row(number: int, **attributes: Any) -> dict[str, Any]:
    source = [{"data_type": "image/jpeg", "data_uri": f"s3://bucket/{number}"}]
    return {"source_data": source, "attributes": {"number": number, **attributes}}


class Plans:
    """A dataset, and plans of loading files into it."""

    def __init__(self, api: DatasetApi, folder: Path) -> None:
        self.api = api
        self.client = api.client(max_retry_count=0)
        self.plain = api.client(base_url=api.server_url)
        self.folder = folder
        self.dataset_id = str(self.plain.create_dataset(api.organization_id, "loaded", "custom", {})["dataset_id"])

    def write(self, rows: Sequence[Any], name: str = "rows.jsonl") -> Path:
        path = self.folder / name
        path.write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in rows))
        return path

    def create(self, *paths: Any, place: Any = None, **options: Any) -> Plan:
        options = {"unit_rows": 250, "settle_after": 0, "lease_seconds": 60, **options}
        folder = self.folder / "plan" if place is None else place
        return create_plan(self.client, self.api.organization_id, self.dataset_id, paths, folder, **options)

    def of(self, *counts: int, **options: Any) -> Plan:
        """Return a plan of units of so many rows, numbered from 0 on."""
        numbers = iter(range(sum(counts)))
        rows = [[row(number) for number in islice(numbers, count)] for count in counts]
        return self.create(*(self.write(one, f"{part}.jsonl") for part, one in enumerate(rows)), **options)

    def run(self, plan: Plan, *units: int, **options: Any) -> list[UnitResult]:
        numbers = units or range(plan.units)
        return [run_unit(plan.url, number, client=self.client, **options) for number in numbers]

    def verify(self, plan: Plan, **options: Any) -> PlanReport:
        return verify_plan(plan.url, client=self.client, **{"on_progress": False, **options})

    def stored(self) -> list[int]:
        """Return the numbers of the rows in the dataset, sorted."""
        items = self.plain.iter_dataset_items(self.api.organization_id, self.dataset_id, {"limit": 1000})
        return sorted(item["attributes"]["number"] for item in items)

    def sent(self) -> Counter[str]:
        """Return how many requests of each operation the server received."""
        return Counter(str(request.operation) for request in self.api.requests)

    def add(self, *rows: Any) -> None:
        """Create items that are not of the plan."""
        for one in rows:
            self.plain.create_dataset_item(self.api.organization_id, self.dataset_id, **one)

    def lose(self, plan: Plan, kind: str, number: int) -> None:
        """Remove an object of a unit."""
        (Path(plan.url) / kind / plan.unit(number).name).unlink()


@pytest.fixture
def plans(dataset_api: DatasetApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plans]:
    # A lease outlives any pause of a busy machine, and no test waits that long for its end.
    still_held = leases.still_held
    monkeypatch.setattr(leases, "still_held", lambda storage, names, _: still_held(storage, names, 0.05))
    for name, value in dataset_api.environment.items():
        monkeypatch.setenv(name, value)  # for processes of engines
    made = Plans(dataset_api, tmp_path)
    yield made
    made.client.close()
    made.plain.close()
