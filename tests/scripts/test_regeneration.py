"""After each seeded change of the document: the output imports and type-checks.

What is left to do after a change is the matter of test_replay.py.

All of the changes take two minutes of a processor, so that scripts/test-slow runs these tests.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.contract.seeds import SEEDS
from tests.scripts.project import PACKAGE, ROOT

pytestmark = pytest.mark.slow

REFUSED = {
    "a free request value fixed to a type": "the generator refuses it",
    "a request media type removed": "Unsupported content type",
    "a response is now an object": "the generator refuses it",
    "a response's media type changed": "the generator can't read text/xml but as a string",
    "a request media type added": "the generator refuses it",
}
"""Documents that are not valid, or that the generator can't read: for these nothing is written."""
KNOWN_ERRORS = re.compile(r'client\.py:\d+: error: Argument 1 to "__a?exit__" of ')
"""The generator's own, in a file that is the same for every document."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("regenerated")


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> dict[str, dict[str, Any]]:
    """What came of each change, from two processes."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "scripts"), os.environ.get("PYTHONPATH", "")])
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # What is run here again and again is covered by other tests; with the coverage it takes twice the time.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.scripts.regenerate_seeds", "seeds", folder, str(share), "2", *SEEDS],
            env={**environment, "PYTHONPATH": path, "PATH": tools, "NO_COLOR": "1"},
            stdout=subprocess.PIPE, text=True,
        )
        for share in range(2)
    ]  # fmt: skip
    lines = [line for process in processes for line in process.communicate()[0].splitlines()]
    assert [process.returncode for process in processes] == [0, 0]
    found = {row["name"]: row for row in map(json.loads, lines)}
    assert set(found) == set(SEEDS)
    return found


def test_the_expectations_are_of_seeds_that_there_are() -> None:
    assert len(SEEDS) - len(REFUSED) >= 40
    assert set(REFUSED) <= set(SEEDS)


def test_what_the_generator_can_not_read_is_refused(outcomes: dict[str, dict[str, Any]], folder: Path) -> None:
    refused = {name: row for name, row in outcomes.items() if row["refused"]}
    assert set(refused) == set(REFUSED)
    for name, row in refused.items():
        assert REFUSED[name] in row["refused"], row["refused"]
        assert not (folder / row["folder"] / PACKAGE).exists()


def test_each_output_imports(outcomes: dict[str, dict[str, Any]]) -> None:
    for name, row in outcomes.items():
        assert row["refused"] or row["imported"] > 30, name


def test_each_output_type_checks(outcomes: dict[str, dict[str, Any]], folder: Path) -> None:
    """All of them in one run; where a change of the document alters no code, one stands for all."""
    codes = {row["code"]: row["folder"] for row in outcomes.values() if not row["refused"]}
    mypy = [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--no-error-summary", "--cache-dir=.cache",
            "--explicit-package-bases", "--namespace-packages"]  # fmt: skip
    packages = [str(Path(name) / PACKAGE) for name in codes.values()]
    run = subprocess.run([*mypy, *packages], cwd=folder, capture_output=True, text=True, check=False)
    lines = (run.stdout + run.stderr).splitlines()
    assert not [line for line in lines if not KNOWN_ERRORS.search(line)], run.stdout + run.stderr
    assert len(lines) == 12 * len(codes), "mypy has seen each output"
