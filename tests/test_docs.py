"""The programs of the how-to pages, run as they stand there, where the libraries are."""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.wrapper.scripted import Reply, ScriptedServer

from abeja_datasets import Client

if TYPE_CHECKING:
    from abeja_datasets.dataset import Dataset
    from abeja_datasets_cli.pytest_mock import DatasetApi

DOCS: Final = Path(__file__).parent.parent / "docs"
ITEMS: Final = 25


def programs(page: str, having: str = "") -> dict[str, Any]:
    """Run all programs of a page that have a text as modules; return their names."""
    names: dict[str, Any] = {"__name__": "page"}
    text = (DOCS / page).read_text(encoding="utf-8")
    for program in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        if having not in program:
            continue
        assert len(program.splitlines()) < 45, "about twenty lines of code"
        exec(compile(program, page, "exec"), names)
    return names


@pytest.fixture
def contents() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    server.always = lambda request: Reply(body=bytes([int(request.path[1:])] * 4))
    yield server
    server.close()


@pytest.fixture
def dataset(
    dataset_api: "DatasetApi", contents: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator["Dataset"]:
    """A dataset of 25 items; a number is the label and the content of each."""
    monkeypatch.setenv("ABEJA_STORAGE_DIR_PATH", str(tmp_path))
    with Client(dataset_api.organization_id, dataset_api.credential, base_url=dataset_api.url) as client:
        dataset = client.datasets.create("pets", "classification", {})
        for number in range(ITEMS):
            labels = [{"category_id": 1, "label_id": number}]
            dataset.dataset_items.create([{"data_uri": f"{contents.url}/{number}"}], {"classification": labels})
        yield dataset


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_torch_has_each_item_once_with_any_number_of_workers(
    dataset: "Dataset", contents: ScriptedServer, workers: int
) -> None:
    pytest.importorskip("torch")
    from torch.utils.data import DataLoader  # type: ignore[import-not-found]  # no dependency of ours

    page = programs("with-torch.md")
    for _ in range(2):
        batches = list(page["loader"](dataset, workers=workers))
        pairs = [(image.tolist(), int(label)) for images, labels in batches for image, label in zip(images, labels)]  # noqa: B905 - tensors
        assert sorted(pairs, key=lambda pair: pair[1]) == [([number] * 4, number) for number in range(ITEMS)]
    streamed = DataLoader(page["StreamedItems"](dataset), batch_size=4, num_workers=workers)
    assert sorted(int(number) for _, numbers in streamed for number in numbers) == [*range(ITEMS)]
    assert len(contents.requests) == ITEMS, "the second time it came from the disk"


def test_pandas_has_a_table_for_each_page(dataset: "Dataset") -> None:
    pandas = pytest.importorskip("pandas")
    frames = list(programs("with-pandas.md")["frames"](dataset, page_size=10))
    assert [len(frame) for frame in frames] == [10, 10, 5]
    table = pandas.concat(frames, ignore_index=True)
    assert list(table["dataset_item_id"]) == list(table["label_id"]) == [*range(ITEMS)]
    assert str(table["created_at"].dtype) == "datetime64[us]"


def test_arrow_has_a_batch_for_each_page(dataset: "Dataset", tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    page = programs("with-arrow.md")
    assert [batch.num_rows for batch in page["reader"](dataset, page_size=10)] == [10, 10, 5]
    page["write"](dataset, tmp_path / "items.parquet")
    table = pq.read_table(tmp_path / "items.parquet")
    assert table["dataset_item_id"].to_pylist() == table["label_id"].to_pylist() == [*range(ITEMS)]


def test_each_historical_name_is_one_of_ours() -> None:
    from abeja_datasets import client, dataset, dataset_item, source_data

    classes = {
        name: value
        for module in (client, dataset, dataset_item, source_data)
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }
    text = (DOCS / "coming-from-abeja-sdk.md").read_text(encoding="utf-8")
    firsts = [row.split(" | ")[0] for row in re.findall(r"^\| `.*$", text, re.MULTILINE)]
    names = [name for first in firsts for name in re.findall(r"`([A-Z]\w+)[.(]?(\w*)[^`]*`", first)]
    assert len(names) > 30
    for owner, name in names:
        kind = classes[owner]
        described = re.search(rf"^    {name}: ", inspect.getdoc(kind) or "", re.MULTILINE)
        assert not name or hasattr(kind, name) or described or owner == "Client", f"{owner}.{name}"
    for module in (client, dataset, dataset_item):
        public = {name for name, value in classes.items() if value.__module__ == module.__name__}
        assert public <= {owner for owner, _ in names}


def test_a_plan_is_created_run_and_verified(
    dataset_api: "DatasetApi", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in dataset_api.environment.items():
        monkeypatch.setenv(name, value)
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"source_data": [{"data_uri": "s3://bucket/1"}]}\n', encoding="utf-8")
    with dataset_api.client() as client:
        dataset = client.create_dataset(dataset_api.organization_id, "d", "custom", {})["dataset_id"]
        page = programs("cluster.md", "APIClient()")
        page["load"](dataset_api.organization_id, dataset, str(rows), str(tmp_path / "plan"), "local")
        assert client.get_dataset(dataset_api.organization_id, dataset)["total_count"] == 1


def test_the_tables_of_the_model_are_those_of_the_program() -> None:
    """`bench/simulate_loading.py` prints them."""
    program = [sys.executable, str(DOCS.parent / "bench" / "simulate_loading.py")]
    printed = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    assert printed.partition("\n\n")[2].strip() in (DOCS / "scale.md").read_text(encoding="utf-8")
