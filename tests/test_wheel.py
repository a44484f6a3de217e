"""What is shipped: the wheel's contents, and a user's program checked and run against the installed wheel."""

import importlib.util
import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterable
from itertools import product
from pathlib import Path, PurePosixPath

import pytest
from tests.sampling import every

ROOT = Path(__file__).parent.parent
LISTINGS = sorted((ROOT / "tests" / "data").glob("abeja-sdk-*.txt"))
"""The names of the files in each abeja-sdk wheel that pip installs beside ours: the latest, and that of Python 3.12."""

PROGRAM = """
import datetime
from collections.abc import Iterator
from typing import Any, assert_type

from abeja_datasets import APIClient, AsyncAPIClient, models, parse_timestamp
from abeja_datasets.exceptions import BadRequest, Error, Outcome

api_client = APIClient({"user_id": 1, "personal_access_token": "token"}, 10, 3, base_url="http://127.0.0.1:1")
items = api_client.iter_dataset_items(1, "2", {"limit": 10})
assert_type(items.checkpoint(), dict[str, Any])
anything_that_iterates: Iterator[dict[str, Any]] = items
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


def written_for(name: str) -> str:
    """Return the program with the documented names, or with our own."""
    if name == "abeja_datasets":
        return PROGRAM
    return PROGRAM.replace("abeja_datasets.exceptions", "abeja.exceptions").replace("abeja_datasets", "abeja.datasets")


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


ABEJA_SDK = {
    "__init__.py": "from .version import VERSION\ndef tracking(steps=None):\n    pass\n",
    "version.py": "VERSION = '2.3.6'\n",
    "datalake/__init__.py": "class Client:\n    pass\n",
    "train/__init__.py": "",
    "datasets/__init__.py": "from .client import Client\n",
    "datasets/client.py": "class Client:\n    pass\n",
    "datasets/dataset_item.py": "class DatasetItem:\n    pass\nclass DatasetItems:\n    pass\n",
    "exceptions/__init__.py": "class Error(Exception):\n    pass\n",
}
"""Modules of abeja-sdk's names, untyped like its own."""


def add_abeja_sdk(python: Path) -> Path:
    (site_packages,) = python.parent.parent.glob("lib/*/site-packages")
    for name, text in ABEJA_SDK.items():
        file = site_packages / "abeja" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return python


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with what stands for abeja-sdk."""
    folder = tmp_path_factory.mktemp("sdk")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    return add_abeja_sdk(folder / "bin" / "python")


@pytest.fixture(scope="module")
def beside(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, and with what stands for abeja-sdk."""
    return add_abeja_sdk(environment(wheel, tmp_path_factory.mktemp("beside")))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel."""
    return environment(wheel, tmp_path_factory.mktemp("environment"))


def environment(wheel: Path, folder: Path) -> Path:
    """Install the wheel, with our own libraries as its dependencies, since there may be no network."""
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
        "abeja-stubs/py.typed",
        "abeja_datasets/py.typed",
        "abeja_datasets_openapi/py.typed",
        "abeja_datasets_loading/py.typed",
        "abeja_datasets_mock/py.typed",
        "abeja_datasets_contract/py.typed",
        "abeja_datasets_cli/py.typed",
    }
    assert "abeja_datasets_openapi/openapi.yaml" in names
    assert "abeja_datasets_mock/scenarios/scenarios.yaml" in names
    assert "abeja/__init__.py" not in names, "abeja is a namespace package"
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"abeja", *(name.partition("/")[0] for name in typed)}


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda path: path.stem)
def test_it_shares_no_file_with_abeja_sdk(wheel: Path, listing: Path) -> None:
    ours = installed(zipfile.ZipFile(wheel).namelist())
    theirs = installed(listing.read_text(encoding="utf-8").splitlines())
    assert "abeja/datasets.py" in ours, "the names are read as they are installed"
    assert "abeja/datasets/__init__.py" in theirs, "the list is of abeja-sdk"
    assert not ours & theirs
    assert not ours & folders(theirs), "a file where abeja-sdk has a folder"
    assert not theirs & folders(ours), "a folder where abeja-sdk has a file"


def test_its_modules_yield_to_abeja_sdks_packages(wheel: Path) -> None:
    assert [path.stem for path in LISTINGS] == ["abeja-sdk-2.1.2", "abeja-sdk-2.3.6"]
    in_namespace = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("abeja/")}
    assert in_namespace == {"abeja/datasets.py", "abeja/exceptions.py"}
    for listing in LISTINGS:
        packages = set(listing.read_text(encoding="utf-8").splitlines())
        # Python takes a folder with an __init__.py before a module of the same name in the same folder.
        assert {name.removesuffix(".py") + "/__init__.py" for name in in_namespace} <= packages


def installed(names: Iterable[str]) -> set[str]:
    """Return the files that an install makes, bytecode included, as a file system without upper case sees them."""
    files = {name for name in names if not name.endswith("/")}
    bytecode = {importlib.util.cache_from_source(name) for name in files if name.endswith(".py")}
    return {name.casefold() for name in files | bytecode}


def folders(files: Iterable[str]) -> set[str]:
    return {str(parent) for name in files for parent in PurePosixPath(name).parents}


def mypy(python: Path, program: str, folder: Path) -> str:
    (folder / "program.py").write_text(program, encoding="utf-8")
    options: list[str | Path] = ["--strict", "--python-executable", python, "--cache-dir", folder / "cache"]
    command = [sys.executable, "-m", "mypy", *options, "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("name", every(2, ["abeja", "abeja_datasets"]))
def test_a_users_program_type_checks_against_it(name: str, python: Path, tmp_path: Path) -> None:
    assert mypy(python, written_for(name), tmp_path) == "Success: no issues found in 1 source file\n"


@pytest.mark.parametrize(
    ("checker", "name"), every(4, product(["mypy", "pyright"], ["abeja.datasets", "abeja_datasets"]))
)
def test_the_types_are_those_that_the_signatures_promise(checker: str, name: str, python: Path, tmp_path: Path) -> None:
    program = (ROOT / "tests" / "data" / "typed_client.py").read_text(encoding="utf-8")
    program = program.replace("abeja_datasets", name)
    if checker == "mypy":
        assert mypy(python, program, tmp_path) == "Success: no issues found in 1 source file\n"
        return
    pyright = shutil.which("pyright")
    if pyright is None:
        pytest.skip("pyright is not installed")
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    # A module of stubs alone is what `abeja.datasets.client` is.
    options = {"typeCheckingMode": "strict", "reportMissingModuleSource": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(options), encoding="utf-8")
    assert "0 errors, 0 warnings" in run(pyright, "--pythonpath", python, cwd=tmp_path)


def test_a_program_that_needs_abeja_sdk_type_checks_as_without_us(beside: Path, sdk: Path, tmp_path: Path) -> None:
    assert mypy(beside, written_for("abeja"), tmp_path) == "Success: no issues found in 1 source file\n"
    program = """
import abeja.datalake  # type: ignore[import-untyped]
from abeja import train, VERSION
from abeja.datasets import Client
from abeja.datasets.client import Client as Same
from abeja.datasets.dataset_item import DatasetItem, DatasetItems
print(abeja.datalake.Client, train, VERSION, abeja.tracking(1), Client, Same, DatasetItem, DatasetItems)
"""
    before = mypy(sdk, program, tmp_path)
    assert "import-untyped" in before
    assert mypy(beside, program, tmp_path) == "Success: no issues found in 1 source file\n"
    wrong = "from abeja.datalake import Client\nprint(Client)\n"
    assert mypy(beside, wrong, tmp_path) == mypy(sdk, wrong, tmp_path)


@pytest.mark.slow
def test_both_names_are_one_for_a_type_checker(python: Path, tmp_path: Path) -> None:
    program = """
from typing import assert_type
import abeja.datasets.models
import abeja.exceptions
import abeja_datasets.dataset
import abeja_datasets.exceptions
import abeja_datasets.takeover
from abeja.datasets.models import Dataset

assert_type(abeja.datasets.APIClient(), abeja_datasets.APIClient)
assert_type(abeja.datasets.Client().datasets, abeja_datasets.dataset.Datasets)
assert_type(abeja.exceptions.NotFound("", ""), abeja_datasets.exceptions.NotFound)
assert_type(Dataset.from_dict({}), abeja_datasets.models.Dataset)
abeja.exceptions.InvalidPathException("path")
abeja.exceptions.nonsense  # type: ignore[attr-defined]
"""
    assert mypy(python, program, tmp_path) == "Success: no issues found in 1 source file\n"


@pytest.mark.parametrize("name", ["abeja_datasets", "abeja"])
def test_a_users_program_runs_against_it(name: str, python: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(written_for(name), encoding="utf-8")
    assert run(python, "-W", "error", "program.py", cwd=tmp_path).startswith("<APIClient base_url='http://127.0.0.1:1'")
    where = run(
        python,
        "-c",
        f"import {name + '.datasets' if name == 'abeja' else name} as ours; print(ours.__file__)",
        cwd=tmp_path,
    )
    assert where.startswith(str(python.parent.parent)), "it must be the wheel that runs, not this checkout"
