"""Choosing which cases of a long list the quick suite runs."""

import zlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest


def every(step: int, cases: Iterable[Any]) -> list[Any]:
    """Return the cases as parameters of a test: each `step`-th as it is, the others marked `slow`."""
    marks = {True: (), False: (pytest.mark.slow,)}
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=marks[number % step == 0])
        for number, case in enumerate(cases)
    ]


def leave_half(items: Iterable[pytest.Item], folder: Path, few: int = 12) -> None:
    """Mark half of the cases of each table below a folder `slow`, where a test has more than a few.

    A checksum of the name chooses, so that each transport and each case keeps a share, the same one every time.
    """
    tables = defaultdict(list)
    for item in items:
        if item.path.is_relative_to(folder) and isinstance(item, pytest.Function):
            tables[item.path, item.originalname].append(item)
    for table in tables.values():
        for item in table if len(table) > few else ():
            if zlib.crc32(item.name.encode()) % 2:
                item.add_marker(pytest.mark.slow)
