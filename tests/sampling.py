"""Choosing which cases of a long list the quick suite runs."""

from collections.abc import Iterable
from typing import Any

import pytest


def every(step: int, cases: Iterable[Any]) -> list[Any]:
    """Return the cases as parameters of a test: each `step`-th as it is, the others marked `slow`."""
    marks = {True: (), False: (pytest.mark.slow,)}
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=marks[number % step == 0])
        for number, case in enumerate(cases)
    ]
