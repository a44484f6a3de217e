"""Faults seeded one at a time over the mock server: the check finds each, and what fails first names it.

All of them take minutes of a processor, so that every run has every third one, and
`FAULTS=all scripts/test tests/contract/test_check_faults.py` all.
"""

import gc
import os
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


CHOSEN: list[Fault] = FAULTS if os.environ.get("FAULTS") == "all" else FAULTS[::3]


class Found(NamedTuple):
    failed: tuple[str, ...]
    came: str


def find(number: int, ledger: Path) -> Found:
    fault: Fault = CHOSEN[number]
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
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    folder = tmp_path_factory.mktemp("ledgers")
    # Each fault is a run of its own, so both cores can be at it.
    # What they make lives to their end anyway, and looking through it again and again takes a fifth of their time.
    with ProcessPoolExecutor(2, mp_context=get_context("fork"), initializer=gc.disable) as pool:
        runs = [pool.submit(find, number, folder / f"{number}.jsonl") for number in range(len(CHOSEN))]
        return {fault.name: run.result() for fault, run in zip(CHOSEN, runs, strict=True)}


def test_faults_are_many_and_of_each_family() -> None:
    assert len(CHOSEN) >= 60
    assert {fault.family for fault in CHOSEN} >= FAMILIES
    assert len({fault.name for fault in CHOSEN}) == len(CHOSEN)


@pytest.mark.parametrize("fault", CHOSEN, ids=lambda fault: f"{fault.family}: {fault.name}")
def test_the_fault_is_found(fault: Fault, found: dict[str, Found]) -> None:
    assert found[fault.name].failed


def test_what_fails_first_names_the_fault(found: dict[str, Found]) -> None:
    wrong = {
        fault.name: found[fault.name].failed[:3]
        for fault in CHOSEN
        if not any(fnmatchcase(found[fault.name].failed[:1][0], pattern) for pattern in fault.first)
    }
    print(Counter(fault.family for fault in CHOSEN), f"{len(wrong)} of {len(CHOSEN)} are named otherwise: {wrong}")
    assert len(wrong) <= len(CHOSEN) // 20
