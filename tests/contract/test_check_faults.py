"""Faults seeded one at a time over the mock server: the check finds each, and what fails first names it.

All of them take minutes of a processor: scripts/test has one of each family, and scripts/test-slow the others.
"""

import gc
import sys
import threading
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from fnmatch import fnmatchcase
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.contract.faults import FAULTS, Fault
from tests.contract.faulty import AUTHORIZATION, ORGANIZATION, OTHER_AUTHORIZATION, OTHER_ORGANIZATION, URL, spoilt

from abeja_datasets_contract.check import Mode, Options, Status, check

FAMILIES = {
    "schema", "status", "authentication", "state", "paging", "search", "validation", "error body", "headers",
    "concurrency", "bulk",
}  # fmt: skip


QUICK = {fault.family: fault.name for fault in reversed(FAULTS)}.values()
EACH = [pytest.param(fault, marks=[] if fault.name in QUICK else pytest.mark.slow) for fault in FAULTS]
BY_NAME: dict[str, Fault] = {fault.name: fault for fault in FAULTS}


class Found(NamedTuple):
    failed: tuple[str, ...]
    came: str


def find(name: str, ledger: Path) -> Found:
    fault = BY_NAME[name]
    with spoilt(fault.wrap) as server:
        report = check(
            URL,
            ORGANIZATION,
            AUTHORIZATION,
            Options(
                mode=Mode.WRITES,
                transport=server,
                fail_fast=True,
                concurrency=fault.concurrency,
                other_organization_id=OTHER_ORGANIZATION,
                other_authorization=OTHER_AUTHORIZATION,
                ledger=ledger,
            ),
        )
    failed = tuple(verdict.clause.name for verdict in report.verdicts if verdict.status is Status.FAIL)
    return Found(failed, "; ".join(failure.came for failure in report.failures[:1]))


def stop_tracing() -> None:
    """Leave the coverage to the tests of the check itself: under it these runs take four times as long."""
    sys.settrace(None)
    threading.settrace(None)


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    """What came of each fault that a test of this run is about."""
    folder = tmp_path_factory.mktemp("ledgers")
    items = [item for item in request.session.items if item.path == request.path]
    parameters = [item.callspec.params for item in items if hasattr(item, "callspec")]
    names = [given["fault"].name for given in parameters if "fault" in given]
    # Each fault is a run of its own, so both cores can be at it.
    # What they make lives to their end anyway, and looking through it again and again takes a fifth of their time.
    with ProcessPoolExecutor(2, mp_context=get_context("fork"), initializer=gc.disable) as pool:
        runs = {name: pool.submit(find, name, folder / f"{number}.jsonl") for number, name in enumerate(names)}
        return {name: run.result() for name, run in runs.items()}


def test_faults_are_many_and_of_each_family() -> None:
    assert len(FAULTS) >= 250
    assert {fault.family for fault in FAULTS} >= FAMILIES
    assert len(BY_NAME) == len(FAULTS)


@pytest.mark.parametrize("fault", EACH, ids=lambda fault: f"{fault.family}: {fault.name}")
def test_the_fault_is_found(fault: Fault, found: dict[str, Found]) -> None:
    assert found[fault.name].failed


@pytest.mark.parametrize("part", ["quick", pytest.param("the others", marks=pytest.mark.slow)])
def test_what_fails_first_names_the_fault(found: dict[str, Found], part: str) -> None:
    wrong = {
        name: what.failed[:3]
        for name, what in found.items()
        if not any(fnmatchcase(what.failed[0], pattern) for pattern in BY_NAME[name].first)
    }
    families = Counter(BY_NAME[name].family for name in found)
    print(part, families, f"{len(wrong)} of {len(found)} are named otherwise: {wrong}")
    assert len(wrong) <= len(found) // 20
