"""Programs that were written for abeja-sdk's `Client`, run unchanged, with content, against the mock server."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.wrapper import client_programs as programs
from tests.wrapper.programs import ABEJA_SDK, write

if TYPE_CHECKING:
    from abeja_datasets_cli.pytest_mock import DatasetApi

pytestmark = pytest.mark.dataset_api(like="deployed")

Run = Callable[..., str]
ROOT: Final = Path(__file__).parent.parent.parent
REAL_SDK: Final = ROOT / "bench" / ".peers" / "abeja-sdk" / "bin" / "python"
CHANNEL: Final = "1200000000001"
CLASSES: Final = ["airplane", "bird", "cat"]
VOC: Final = """<annotation><filename>{number}.jpg</filename><size><width>200</width><height>500</height></size>
<object><name>dog</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>31</xmax><ymax>42</ymax></bndbox></object>
<object><name>person</name><bndbox><xmin>5</xmin><ymin>6</ymin><xmax>7</xmax><ymax>9</ymax></bndbox></object>
</annotation>"""
COCO: Final = {
    "categories": [{"id": 18, "name": "dog"}],
    "images": [{"id": 7, "file_name": "7.jpg"}, {"id": 8, "file_name": "8.jpg"}],
    "annotations": [
        {"image_id": 7, "category_id": 18, "bbox": [1.5, 2, 30.25, 40], "segmentation": [[1.5, 2, 30.25, 2, 30, 40]]}
    ],
}


@pytest.fixture
def run(dataset_api: "DatasetApi", tmp_path: Path) -> Run:
    """Run a program in a folder with images and annotations, whose images are content of the Data Lake."""
    files = {f"cifar/{name}/{name}-{number}.png": f"{name}{number}" for name in CLASSES for number in range(3)}
    files |= {f"voc/Annotations/{number}.xml": VOC.format(number=number) for number in (1, 2)}
    content = {f"content/{CHANNEL}/{Path(name).name}": text for name, text in files.items() if name.endswith(".png")}
    write(tmp_path, {**files, **content, "coco/instances.json": json.dumps(COCO)})
    dataset_api.serve_content(tmp_path / "content")
    ours = {
        **dataset_api.environment,
        "ABEJA_ORGANIZATION_ID": dataset_api.organization_id,
        "ORGANIZATION": dataset_api.organization_id,
        "TOKEN": dataset_api.credential["auth_token"],
        "ABEJA_STORAGE_DIR_PATH": str(tmp_path / "cache"),
    }

    def run(program: str, *arguments: str, python: Path = Path(sys.executable), **environment: str) -> str:
        write(tmp_path, {"program.py": program})
        taken_over = ["-m", "abeja_datasets"] if environment else []
        done = subprocess.run(
            [python, *([] if environment else ["-W", "error"]), *taken_over, "program.py", *arguments],
            cwd=tmp_path, env={**os.environ, **ours, **environment}, capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert environment or done.stderr == ""
        return done.stdout.strip()

    return run


@pytest.fixture
def cifar(run: Run) -> str:
    return run(programs.UPLOAD_CLASSES)


def test_classes_are_uploaded_and_trained_on(run: Run, cifar: str, dataset_api: "DatasetApi") -> None:
    expected = " ".join(f"{name}{number}:{name}" for name in CLASSES for number in range(3))
    assert run(programs.TRAIN, cifar) == expected
    items = dataset_api.client().list_dataset_items(dataset_api.organization_id, cifar)["items"]
    assert "organization_id" not in items[0]
    assert items[4]["source_data"] == [{"data_type": "image/png", "data_uri": f"datalake://{CHANNEL}/bird-1.png"}]
    assert items[4]["attributes"] == {"classification": [{"category_id": 0, "label_id": 1}], "id": "bird-1.png"}


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_worker_processes_load_content(run: Run, cifar: str, method: str) -> None:
    found = run(programs.TRAIN_IN_PROCESSES, cifar, method)
    assert found.split() == [f"{name}{n}:{label}:image/png" for label, name in enumerate(CLASSES) for n in range(3)]


@pytest.mark.slow
def test_threads_share_a_client(run: Run, cifar: str) -> None:
    expected = " ".join(f"{name}{number}" for name in CLASSES for number in range(3))
    assert run(programs.FETCH_IN_THREADS, cifar) == expected


def test_boxes_are_uploaded_viewed_and_corrected(run: Run, dataset_api: "DatasetApi") -> None:
    dataset_id = run(programs.UPLOAD_BOXES)
    items = dataset_api.client().list_dataset_items(dataset_api.organization_id, dataset_id)["items"]
    assert items[0]["attributes"]["detection"][1] == {
        "category_id": 1, "label_id": 2, "rect": {"xmin": 5, "ymin": 6, "xmax": 7, "ymax": 9},
    }  # fmt: skip
    assert run(programs.VIEW, dataset_id).splitlines() == [
        "dog 30 40",
        "person 2 3",
        f"500 datalake://{CHANNEL}/1.jpg 1",
        "True True",
        "voc",
    ]


@pytest.mark.slow
def test_masks_are_uploaded_as_they_are(run: Run, dataset_api: "DatasetApi") -> None:
    dataset_id = run(programs.UPLOAD_MASKS.format(organization=dataset_api.organization_id))
    items = dataset_api.client().list_dataset_items(dataset_api.organization_id, dataset_id)["items"]
    assert [len(item["attributes"]["segmentation"]) for item in items] == [1, 0]
    assert items[0]["attributes"]["segmentation"][0]["points"] == [[1.5, 2, 30.25, 2, 30, 40]]
    assert items[0]["attributes"]["detection"][0]["rect"]["xmax"] == 30.25


def test_a_program_mixes_it_with_abeja_sdks_other_clients(run: Run, cifar: str, tmp_path: Path) -> None:
    sdk = write(tmp_path / "sdk", ABEJA_SDK)
    assert run(programs.MIX, cifar, PYTHONPATH=str(sdk)) == "9\nabeja_datasets.exceptions abeja.datalake.client"


@pytest.mark.slow
@pytest.mark.skipif(not REAL_SDK.exists(), reason="abeja-sdk is not there; scripts/bench installs it")
def test_a_program_mixes_it_with_the_real_abeja_sdk(run: Run, cifar: str) -> None:
    path = os.pathsep.join([str(ROOT / "wrapper"), str(ROOT / "generated"), sysconfig.get_path("purelib")])
    found = run(programs.MIX, cifar, python=REAL_SDK, PYTHONPATH=path)
    assert found == "9\nabeja_datasets.exceptions abeja.datalake.client"
