"""Schemathesis where it can't run; what it does against the reference server, tests/contract/test_check.py shows."""

import pytest

from abeja_datasets_contract.check.fuzzing import fuzz


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(RuntimeError, match="could not run"):
        fuzz("http://127.0.0.1:1", "1", "Bearer secret-token", seed=1, phases=("examples",))


def test_a_run_that_takes_too_long_is_told() -> None:
    with pytest.raises(RuntimeError, match="not done in 0 seconds"):
        fuzz("http://127.0.0.1:1", "1", "Bearer secret-token", seed=1, phases=("examples",), seconds=0.01)
