"""After each seeded change of the document: the output imports and type-checks, and what is left to do is told.

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

CLIENT = r"wrapper/abeja_datasets/async_api_client.py(:\d+)?: (Async)?APIClient"
ITEMS = rf"{CLIENT}.list_dataset_items"
MENDED = "fails before it sends anything; correct wrapper/abeja_datasets/operations.py:"
GONE = "openapi.yaml no longer has: "
# What the seeded document has beside openapi.yaml is in the generated models, and in no other place.
BASE = (
    r"models.py: the generated model (DatasetWithCountState|ListDatasetItemsKind|ListDatasetItemsOrder) is missing|"
    r"list_dataset_items does not read the query parameter (kind|order)|"
    r"no clause has the query parameter (kind|order) of list_dataset_items"
)
LEFT = {
    "an operation removed": [
        rf"{CLIENT}.delete_dataset has no operation any more",
        r"mock_server/.*: delete_dataset handles an operation that is gone",
        rf"the clause operations.delete_dataset.succeeds names what {GONE}the operation delete_dataset",
    ],
    "an operationId moved": [
        rf"{CLIENT}.get_dataset has no operation any more",
        rf"{CLIENT} has no method for fetch_dataset \(openapi.yaml:\d+\)",
        "Operations has no handler for fetch_dataset",
        rf"the clause operations.get_dataset.succeeds names what {GONE}the operation get_dataset",
    ],
    "a first tag moved": [rf"{CLIENT}.get_dataset {MENDED} ModuleNotFoundError"],
    "a parameter removed": [rf"the clause paging.items.bounds names what {GONE}the parameter limit"],
    "a required parameter added": [rf"{CLIENT}.list_datasets {MENDED} TypeError: .*'x'"],
    "a parameter now required": [rf"{ITEMS} {MENDED} TypeError: .*'q'"],
    "a parameter moved to a header": [rf"{ITEMS} can't reach the header parameter q \(openapi.yaml:\d+\)"],
    "a new required property": [rf"{CLIENT}.update_dataset_item can't reach the field reason of the body"],
    "a request body removed": [rf"{CLIENT}.update_dataset_item {MENDED} TypeError: .*'body'", GONE],
    "an enum added": ["the generated model DatasetType is missing; import it"],
    "an operation added": [
        rf"{CLIENT} has no method for purge \(openapi.yaml:\d+\)",
        "Operations has no handler for purge",
        r"check/probes/operations.py: there is no clause operations.purge.succeeds \(openapi.yaml:\d+\)",
    ],
    "an optional parameter added": [
        rf"{CLIENT}.list_datasets can't reach the query parameter x",
        r"mock_server/.*: list_datasets does not read the query parameter x \(openapi.yaml:\d+\)",
        r"check/probes: no clause has the query parameter x of list_datasets as its source",
    ],
    "an optional request property added": [rf"{CLIENT}.create_dataset can't reach the field note of the body"],
    "a required header removed": [
        rf"the clause responses.challenge names what {GONE}#/components/responses/Unauthorized"
    ],
    "an optional header removed": [rf"the clause responses.next-token names what {GONE}#/paths"],
    "a success status removed": [rf"the clause operations.create_dataset.succeeds names what {GONE}#/paths"],
    "a component renamed": [
        "the generated model Box is missing",
        "the model Rect is not generated any more; remove it",
    ],
}
"""What has to be among the sentences after a change; after any other change there is none, but those of BASE."""
REFUSED = {
    "a free request value fixed to a type": "the generator refuses it",
    "a request media type removed": "Unsupported content type",
    "a response is now an object": "the generator refuses it",
    "a response's media type changed": "the generator can't read text/xml but as a string",
    "a request media type added": "the generator refuses it",
}
"""Documents that are not valid, or that the generator can't read: for these nothing is written."""
UNCHANGED_CODE = ("maxLength tightened", "a response's pattern dropped", "a description changed")
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
            [sys.executable, "-m", "tests.scripts.regenerate_seeds", folder, str(share), "2", *SEEDS],
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
    assert set(LEFT) | set(REFUSED) | set(UNCHANGED_CODE) <= set(SEEDS)


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


def test_each_report_names_what_is_missing(outcomes: dict[str, dict[str, Any]]) -> None:
    for name, row in outcomes.items():
        if row["refused"]:
            continue
        left = [sentence for sentence in row["left"] if not re.search(BASE, sentence)]
        for pattern in LEFT.get(name, ()):
            found = [sentence for sentence in left if re.search(pattern, sentence)]
            assert found, (name, pattern, left)
        assert bool(left) == (name in LEFT), (name, left)
