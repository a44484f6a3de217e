"""The tests of annotation files: half of each long table runs in scripts/test."""

from pathlib import Path

import pytest
from tests.sampling import leave_half


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave half of each long table of files to scripts/test-slow."""
    leave_half(items, Path(__file__).parent, few=6)
