"""For the tests of this folder: imports of its helper modules by their path from the root, and quick whole checks."""

import sys
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


@pytest.fixture
def _untraced() -> Iterator[None]:
    """Leave the coverage to other tests: under it one whole check after the other takes three times as long."""
    running = coverage.Coverage.current()
    if running is not None:
        running.stop()
    yield
    if running is not None:
        running.start()
