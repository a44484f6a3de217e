"""Schemathesis, all phases, against the reference server."""

import pytest

from abeja.datasets.credentials import resolve
from abeja_datasets_contract.fuzzing import PHASES, Report, fuzz
from abeja_datasets_mock import RunningServer

OPERATIONS = {
    "bulk_update_dataset_item",
    "create_dataset",
    "create_dataset_item",
    "delete_dataset",
    "delete_dataset_item",
    "get_dataset",
    "get_dataset_item",
    "list_dataset_items",
    "list_datasets",
    "update_dataset_item",
}


@pytest.fixture(scope="module")
def report() -> Report:
    with RunningServer() as server:
        credential = resolve(server.credential, {})
        assert credential
        return fuzz(server.url, "1102940376065", credential.authorization, seed=1, max_examples=20, phases=PHASES)


def test_no_check_fails(report: Report) -> None:
    assert report.passed, report.output


def test_every_operation_accepts_and_refuses(report: Report) -> None:
    print("".join(f"\n{name:28}{c.accepted:6} accepted{c.refused:6} refused" for name, c in report.counts.items()))
    assert set(report.counts) == OPERATIONS
    assert report.never_accepted == []
    assert all(counts.refused for counts in report.counts.values())


def test_every_phase_ran(report: Report) -> None:
    for phase in PHASES:
        assert phase in report.output.lower()


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(RuntimeError, match="could not run"):
        fuzz("http://127.0.0.1:1", "1", "Bearer secret-token", seed=1, phases=("examples",))
