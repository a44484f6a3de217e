"""What README tells a newcomer to do works as it stands there."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from abeja_datasets_mock import RunningServer
from abeja_datasets_mock.faults import load_plan

if TYPE_CHECKING:
    from abeja_datasets_cli.pytest_mock import DatasetApi

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FAULTS = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def run(program: str, environment: dict[str, str]) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ABEJA_", "PLATFORM_AUTH_TOKEN"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**clean, **environment}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_quick_start_is_its_first_program_and_runs(dataset_api: "DatasetApi") -> None:
    # scripts/release tries it from the wheel. tests/docs/test_pages.py runs all programs.
    program = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert program
    assert run(program[1], dataset_api.environment) == "0 datalake://1/a\n"


# As programs that use abeja-sdk are written: ids and attributes of many kinds, in a loop.
PROGRAM_FOR_ABEJA_SDK = """
from abeja_datasets import APIClient

credential = {"user_id": "%(user_id)s", "personal_access_token": "%(personal_access_token)s"}
org = "1102940376065"
api_client = APIClient(credential)
props = {"categories": [{"category_id": 0, "name": "parts", "labels": [{"label_id": 0, "label": "wheel"}]}]}
dataset = APIClient(credential).create_dataset(org, "from-abeja-sdk", "custom", props)
every = [
    {"video": [{"frame": 1, "objects": []}]},
    {"detection": [{"category_id": 0, "label_id": 0, "label": "wheel", "score": 0.98,
                    "rect": {"xmin": 0.5, "ymin": 1.25, "xmax": 10.0, "ymax": 20.75}}]},
    {"segmentation": {"polygons": [[0, 0, 1.5, 1.5]]}},
    None,
]
for index, attributes in enumerate(every):
    source = [{"data_uri": f"datalake://1/{index}", "data_type": "video/mp4"}]
    item = api_client.create_dataset_item(org, dataset["dataset_id"], source, attributes)
    assert item["attributes"] == (attributes or {}), item
page = api_client.list_dataset_items(org, dataset["dataset_id"], params={"limit": 2})
print(page["total_count"], len(page["items"]), "next_page_token" in page)
"""


def test_a_program_written_for_abeja_sdk_runs_unchanged() -> None:
    with RunningServer() as server:
        assert run(PROGRAM_FOR_ABEJA_SDK % server.credential, {"ABEJA_API_URL": server.url}) == "4 2 True\n"


def test_every_script_it_names_exists_and_every_script_is_named_somewhere() -> None:
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if path.is_file()}
    documents = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"(?<!tests/)scripts/(\w[\w-]*)", documents)) == scripts


def test_the_plan_of_faults_is_one(tmp_path: Path) -> None:
    plan = re.search(r"```yaml\n(.*?)```", FAULTS, re.DOTALL)
    assert plan
    file = tmp_path / "plan.yaml"
    file.write_text(plan[1], encoding="utf-8")
    assert [fault.level for fault in load_plan(file).faults] == ["server", "server", "wire"]


def test_the_page_lists_each_kind_of_fault_and_counts_the_scenarios() -> None:
    maker = runpy.run_path(str(ROOT / "docs" / "make_faults_table.py"))
    assert maker["written"](FAULTS) == FAULTS, "run .venv/bin/python docs/make_faults_table.py"
    assert maker["table"]() in FAULTS


def test_its_figures_are_those_that_were_measured() -> None:
    figures = json.loads((ROOT / "bench" / "figures.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "abeja-sdk.md").read_text(encoding="utf-8")
    rows = re.search(r"(\d+) rows.*fails (\d+):", page, re.DOTALL)
    assert rows
    call = figures["one call"]["microseconds a call"]
    speed = figures["loading"]["speed, ratio to abeja-sdk in 32 threads (must reach 4.5)"]
    words = " ".join(README.split())
    assert f"fails {rows[2]} of {rows[1]} [measured" in words
    assert f"{call['ours'] / call['abeja-sdk']:.0%}".replace("%", " %") in words
    assert f"loading is {int(speed)} times as fast" in words
    bare = figures["loading"]["speed, ratio to bare aiohttp (must reach 0.75)"]
    why = " ".join((ROOT / "docs" / "explanations" / "exactly-once.md").read_text(encoding="utf-8").split())
    assert f"reaches {100 * bare:.0f} % of the speed of a bare aiohttp loop" in why
    assert f"{int(speed)} times the speed of abeja-sdk in 32 threads" in why


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 170
    assert max(map(len, README.splitlines())) <= 120
