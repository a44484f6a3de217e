"""What loading 100,000 JSON lines costs, against `create_items` fed from memory, in turns.

The rows are read as `abeja-datasets import` reads them after its validation. A raw server accepts each item.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any, Final

from creating import DATASET, ORGANIZATION, items
from raw_server import RawServer

from abeja_datasets import APIClient
from abeja_datasets_cli.data.shared.inputs import Input
from abeja_datasets_loading import create_items
from abeja_datasets_loading.formats.options import Options

COUNT: Final = 100_000
ROUNDS: Final = 3


def measure() -> dict[str, Any]:
    """Return rows a second and the ratio."""
    with RawServer() as url, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "items.jsonl"
        path.write_text("".join(f"{json.dumps(item)}\n" for item in items(COUNT)), "utf-8")
        given = list(items(COUNT))
        sources: dict[str, Callable[[], Iterable[Any]]] = {
            "import": Input((str(path),), None, Options(), {}).items,
            "create_items from memory": lambda: given,
        }
        times: dict[str, list[float]] = {name: [] for name in sources}
        for number in range(ROUNDS):
            for name, source in sources.items():
                times[name].append(_load(url, source(), Path(folder) / f"{name}-{number}.journal"))
    ratio = median(b / a for a, b in zip(*times.values(), strict=True))
    return {
        "rows a second": {name: round(COUNT / median(each)) for name, each in times.items()},
        "ratio to create_items from memory (must reach 0.85)": round(ratio, 3),
    }


def _load(url: str, source: Iterable[Any], journal: Path) -> float:
    with APIClient({"auth_token": "benchmark-token"}, base_url=url) as client:
        start = time.perf_counter()
        report = create_items(client, ORGANIZATION, DATASET, source, journal=journal, on_progress=False)
        seconds = time.perf_counter() - start
    assert report.created == COUNT, report
    return seconds


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
