"""What is shipped: the wheel's contents, and a user's program checked and run against the installed wheel."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PROGRAM = """
import datetime
from collections.abc import Iterator
from typing import Any, assert_type

from abeja_datasets import APIClient, AsyncAPIClient, models, parse_timestamp
from abeja_datasets.exceptions import BadRequest, Error, Outcome

api_client = APIClient({"user_id": 1, "personal_access_token": "token"}, 10, 3, base_url="http://127.0.0.1:1")
assert_type(api_client.iter_dataset_items(1, "2", {"limit": 10}), Iterator[dict[str, Any]])
assert_type(parse_timestamp("2018-05-20T13:51:16.010344"), datetime.datetime)


def create(name: str) -> str | None:
    try:
        dataset = api_client.create_dataset("1", name, "custom", {})
    except BadRequest as error:
        assert_type(error.error_description, str)
        return None
    except Error as error:
        assert_type(error.outcome, Outcome)
        raise
    assert_type(dataset, dict[str, Any])
    return models.Dataset.from_dict(dataset).name


async def count() -> int:
    async with AsyncAPIClient() as client:
        return len([item async for item in client.iter_dataset_items("1", "2")])


print(api_client)
"""


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=ROOT)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, and our own libraries as its dependencies, since there may be no network."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    run(uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel, cwd=folder)
    (site_packages,) = folder.glob("lib/*/site-packages")
    # A folder named in a .pth file is searched, but no .pth file in it is read: so not our editable install.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


def test_it_holds_each_package_with_its_types_and_the_document(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    typed = {name for name in names if name.endswith("/py.typed")}
    assert typed == {
        "abeja_datasets/py.typed",
        "abeja_datasets_openapi/py.typed",
        "abeja_datasets_mock/py.typed",
        "abeja_datasets_contract/py.typed",
        "abeja_datasets_cli/py.typed",
    }
    assert "abeja_datasets_openapi/openapi.yaml" in names
    assert "abeja_datasets_mock/scenarios/scenarios.yaml" in names
    assert "abeja/__init__.py" not in names, "abeja is a namespace package"
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"abeja", "abeja-stubs", *(name.partition("/")[0] for name in typed)}


def test_a_users_program_type_checks_against_it(python: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    mypy = [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "--cache-dir", tmp_path / "cache"]
    run(*mypy, "program.py", cwd=tmp_path)


def test_a_users_program_runs_against_it(python: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    assert run(python, "-W", "error", "program.py", cwd=tmp_path).startswith("<APIClient base_url='http://127.0.0.1:1'")
    where = run(python, "-c", "import abeja_datasets; print(abeja_datasets.__file__)", cwd=tmp_path)
    assert where.startswith(str(python.parent.parent)), "it must be the wheel that runs, not this checkout"
