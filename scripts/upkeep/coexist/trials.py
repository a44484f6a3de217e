"""The programs run in an environment with both distributions: one that uses both, and abeja-sdk's own tests."""

import contextlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from upkeep.coexist.tools import UV, attempt, run

PROGRAM: Final = """
import os
from abeja.datasets import APIClient
from abeja.datalake import Client as DatalakeClient
from abeja.exceptions import Error, NotFound

credential = {"user_id": "1234567890123", "personal_access_token": "demo-personal-access-token"}
api_client, datalake = APIClient(dict(credential)), DatalakeClient("1", dict(credential))
categories = [{"category_id": 0, "name": "animal", "labels": [{"label_id": 0, "label": "cat"}]}]
dataset = api_client.create_dataset("1", f"cats-{os.getpid()}", "classification", {"categories": categories})
item = {"source_data": [{"data_type": "image/jpeg", "data_uri": "datalake://1/2"}],
        "attributes": {"classification": [{"category_id": 0, "label_id": 0}]}}
for _ in range(3):
    api_client.create_dataset_item("1", dataset["dataset_id"], **item)
items = api_client.list_dataset_items("1", dataset["dataset_id"])["items"]
for call in (lambda: datalake.get_channel("1"), lambda: api_client.get_dataset("1", "2")):
    try:
        call()
    except NotFound as error:
        print(type(error).__module__, error.status_code)
print(len(items), "items")
"""
PRINTED: Final = "abeja_datasets.exceptions 404\nabeja_datasets.exceptions 404\n3 items\n"

TEXT: Final = "pins the text of an error"
REASONS: Final = {
    **{
        f"tests/common/test_connection.py::TestConnection::test_api_request_{name}": TEXT
        for name in (
            "error_with_none_json_response",
            "error_with_undefined_error_code",
            "with_bad_request",
            "with_bad_request_with_error_detail",
        )
    },
    "tests/common/test_http_file.py": "reaches into `_connection` of the Client of datasets",
}
"""Tests of abeja-sdk that may fail under takeover, or files of them, each with why."""

LEFT_OUT: Final = {"tests/datasets": "of datasets", "tests/contrib": "needs Keras"}
NEEDED: Final = ("pytest", "requests-mock", "mock", "parameterized", "setuptools<81")


def try_program(python: Path, folder: Path, server: str) -> list[str]:
    """Return what is wrong with a program that uses both, run under takeover."""
    (folder / "both.py").write_text(PROGRAM, encoding="utf-8")
    done = attempt(python, "-m", "abeja_datasets", "both.py", cwd=folder, base_url=server)
    return [] if done.stdout == PRINTED else [f"a program that uses both: {done.stdout}{done.stderr}"]


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run the mock server, and yield its base URL."""
    command = [sys.executable, "-m", "abeja_datasets_mock", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603 - our own
        try:
            lines = process.stdout or ()
            yield next(found[0] for line in lines if (found := re.search(r"http://[\w.:]+", line)))
        finally:
            process.terminate()


def try_sdk_tests(python: Path, folder: Path, repository: Path) -> tuple[list[str], list[str]]:
    """Run abeja-sdk's own tests by itself and under takeover.

    Returns:
        What is wrong, and the figures.
    """
    tests = folder / "sdk-tests"
    run("git", "clone", "--quiet", repository, tests)
    shutil.rmtree(tests / "abeja")  # what is installed is to be tested
    run(UV, "pip", "install", "--quiet", "--python", python, *NEEDED)
    by_itself, failed = _pytest(python, tests, [])
    under, failed_under = _pytest(python, tests, [run(python, "-m", "abeja_datasets", "--path").strip()])
    unexplained = [*failed, *(test for test in failed_under if not _reason(test))]
    left_out = ", ".join(f"{path} ({reason})" for path, reason in LEFT_OUT.items())
    figures = [f"abeja-sdk's tests, but for {left_out}:", f"  by themselves: {by_itself}", f"  taken over: {under}"]
    figures += [f"    {test}: {_reason(test)}" for test in failed_under if _reason(test)]
    return [f"abeja-sdk's test fails: {test}" for test in unexplained], figures


def _pytest(python: Path, folder: Path, path: list[str]) -> tuple[str, list[str]]:
    """Return the last line that pytest prints, and the tests that failed."""
    left_out = [f"--ignore={path}" for path in LEFT_OUT]
    options = ["-q", "-rfE", "-p", "no:cacheprovider", "--continue-on-collection-errors", *left_out]
    printed = attempt(python, "-m", "pytest", *options, "tests", cwd=folder, path=path).stdout
    return (printed.splitlines() or ["nothing"])[-1], re.findall(r"^(?:FAILED|ERROR) (\S+)", printed, re.MULTILINE)


def _reason(test: str) -> str:
    return next((reason for name, reason in REASONS.items() if test == name or test.startswith(f"{name}::")), "")
