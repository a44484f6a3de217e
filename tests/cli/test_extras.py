"""Each program on an installation of the core alone: one line says what to install."""

import subprocess
import sys
from pathlib import Path

import pytest

from abeja_datasets_cli.commands import COMMANDS

CORE_ALONE = """
import sys

class Missing:
    core = {"httpx", "attrs", "attr", "dateutil", "six", "idna", "certifi", "httpcore", "h11", "anyio", "sniffio"}

    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if path is None and top not in self.core | sys.stdlib_module_names and "abeja" not in top:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""


@pytest.fixture
def run(tmp_path: Path) -> "Run":
    (tmp_path / "sitecustomize.py").write_text(CORE_ALONE)
    return Run(tmp_path)


class Run:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", *words], env={"PYTHONPATH": str(self._folder)},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "extras"),
    [
        ((), "cli"),
        (("--help",), "cli"),
        *(((name,), command.extras) for name, command in COMMANDS.items()),
    ],
)
def test_the_command_and_each_of_its_subcommands(run: Run, words: tuple[str, ...], extras: str) -> None:
    expected = f"abeja-datasets: needs click, which is not installed: pip install 'abeja-datasets[{extras}]'\n"
    assert run("abeja_datasets_cli", *words) == (2, "", expected)


@pytest.mark.parametrize("command", ["mock", "fault-proxy"])
def test_the_help_that_lists_faults(tmp_path: Path, run: Run, command: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(CORE_ALONE.replace('"h11",', '"h11", "click",'))
    needed = "needs starlette, which is not installed: pip install 'abeja-datasets[mock,cli]'"
    assert run("abeja_datasets_cli", command, "--help") == (2, "", f"abeja-datasets {command}: {needed}\n")


def test_the_mock_server_as_a_module(run: Run) -> None:
    code, out, err = run("abeja_datasets_mock", "--port", "0")
    assert (code, out) == (2, "")
    assert err.startswith("python -m abeja_datasets_mock: needs ")
    assert err.endswith(", which is not installed: pip install 'abeja-datasets[mock]'\n")
    assert err.count("\n") == 1


def test_the_library_needs_no_extra(run: Run) -> None:
    code, out, err = run("abeja_datasets", "--path")
    assert (code, err) == (0, "")
    assert Path(out.strip()).is_dir()
    code, out, err = run("abeja_datasets")
    assert (code, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("statement", "missing", "note"),
    [
        (
            "from abeja_datasets_mock import create_app",
            "starlette",
            "What create_app needs is in an extra: pip install 'abeja-datasets[mock]'",
        ),
        (
            "from abeja_datasets_contract.diff import compare",
            "yaml",
            "What the diff needs is in an extra: pip install 'abeja-datasets[check]'",
        ),
        (
            "from abeja_datasets_contract.check import check",
            "yaml",
            "What the check needs is in an extra: pip install 'abeja-datasets[check]'",
        ),
        (
            "from abeja_datasets_loading import create_plan",
            "msgspec",
            "What create_plan needs is in an extra: pip install 'abeja-datasets[loading]'",
        ),
    ],
)
def test_an_import_of_a_program(tmp_path: Path, run: Run, statement: str, missing: str, note: str) -> None:
    (tmp_path / "abeja_program.py").write_text(f"{statement}\n")
    code, out, err = run("abeja_program")
    assert (code, out) == (1, "")
    assert err.splitlines()[-2:] == [f"ModuleNotFoundError: No module named {missing!r}", note]


def test_a_fixture_of_a_test(tmp_path: Path) -> None:
    pytest_needs = '"pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py"'
    (tmp_path / "sitecustomize.py").write_text(CORE_ALONE.replace('"h11",', f'"h11", {pytest_needs},'))
    (tmp_path / "test_abeja_it.py").write_text("def test_it(dataset_api):\n    pass\n")
    words = ("pytest", "-q", "-p", "abeja_datasets_cli.pytest_mock", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", *words], env={"PYTHONPATH": str(tmp_path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    needed = "dataset_api needs starlette, which is not installed: pip install 'abeja-datasets[mock]'"
    assert needed in done.stdout.splitlines()
    assert "No module named" not in done.stdout
