"""Servers whose responses are wrong: no crash, no lost report, no defect of the check, and each cause shown once."""

import gc
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rich.console import Console
from tests.contract.faulty import (
    AUTHORIZATION,
    ORGANIZATION,
    OTHER_AUTHORIZATION,
    OTHER_ORGANIZATION,
    URL,
    Wrap,
    spoilt,
)
from tests.contract.mutated import EDITS, at_random, properties, statuses, wrong_property, wrong_status

from abeja_datasets_contract.check import CheckFailed, Mode, Options, Report, Status, check
from abeja_datasets_contract.check.report import write
from abeja_datasets_contract.check.report.terminal import show

pytestmark = pytest.mark.usefixtures("_untraced")
_MOST = 3
_SAMPLED, _ALL = 2, 500


class Outcome(NamedTuple):
    failed: tuple[str, ...]
    defects: tuple[str, ...]


def _run(wrap: Wrap, folder: Path) -> Outcome:
    """Check a server, and write every report; the server may be one that can't be checked."""
    with spoilt(wrap) as server:
        given = Options(
            mode=Mode.WRITES,
            transport=server,
            concurrency=2,
            other_organization_id=OTHER_ORGANIZATION,
            other_authorization=OTHER_AUTHORIZATION,
            ledger=folder.with_suffix(".ledger"),
        )
        try:
            report: Report | None = check(URL, ORGANIZATION, AUTHORIZATION, given)
        except CheckFailed as error:
            report = error.report
    if report is None:
        return Outcome((), ())
    assert all(path.stat().st_size for path in write(report, folder))
    show(report, Console(file=StringIO()))
    failed = tuple(verdict.clause.name for verdict in report.verdicts if verdict.status is Status.FAIL)
    assert {name for cause in report.causes for name in cause.failing} == set(failed)
    for verdict in report.verdicts:
        assert 0 <= verdict.failed <= verdict.checks
    return Outcome(failed, tuple(v.reason for v in report.verdicts if "defect of the check" in v.reason))


_MAKE = {"property": lambda o, n, e: wrong_property(o, n, EDITS[e]), "status": wrong_status, "random": at_random}


def _one(kind: str, given: tuple[object, ...], folder: Path) -> Outcome:
    try:
        return _run(_MAKE[kind](*given), folder)  # type: ignore[operator]  # each kind takes arguments of its own
    finally:
        gc.collect()  # by hand, and not while a check runs: each leaves megabytes in circles


def _outcomes(kind: str, cases: Iterable[tuple[object, ...]], folder: Path) -> Mapping[tuple[object, ...], Outcome]:
    with ProcessPoolExecutor(2, mp_context=get_context("fork"), initializer=gc.disable) as pool:
        runs = {case: pool.submit(partial(_one, kind, case, folder / str(n))) for n, case in enumerate(cases)}
        return {case: run.result() for case, run in runs.items()}


def _blamed(outcomes: Mapping[tuple[object, ...], Outcome], about: str) -> None:
    """Expect one failing clause about each case at least, and few others."""
    for case, outcome in outcomes.items():
        others = [name for name in outcome.failed if not name.startswith(about)]
        assert not outcome.defects, case
        assert len(others) <= _MOST, (case, others)


_PROPERTIES = [(*place, edit) for place in properties() for edit in EDITS]
_STATUSES = [*statuses()]


def _parts(cases: Sequence[tuple[Any, ...]], some: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Take some cases for the quick run, and list all in the slow one: those of each operation are one test."""
    names = list(dict.fromkeys(case[0] for case in cases))
    slow = ([case for case in cases if case[0] == name] for name in names)
    return [
        pytest.param(some, id="some"),
        *(pytest.param(part, marks=pytest.mark.slow, id=name) for name, part in zip(names, slow, strict=True)),
    ]


@pytest.mark.parametrize("cases", _parts(_PROPERTIES, _PROPERTIES[:1]))
def test_a_wrong_property_is_one_failure(tmp_path: Path, cases: Sequence[tuple[Any, ...]]) -> None:
    outcomes = _outcomes("property", cases, tmp_path)
    _blamed(outcomes, "responses.")
    # No token at all is what the last page has: its absence shows where more items follow.
    allowed = {case for case in outcomes if case[1:] == ("next_page_token", "null")}
    assert all(outcome.failed for case, outcome in outcomes.items() if case not in allowed)


@pytest.mark.parametrize("cases", _parts(_STATUSES, [("list_dataset_items", 400, 404)]))
def test_a_wrong_status_is_few_failures(tmp_path: Path, cases: Sequence[tuple[Any, ...]]) -> None:
    _blamed(_outcomes("status", cases, tmp_path), "responses.")


@pytest.mark.parametrize(
    "seeds",
    [
        range(_SAMPLED),
        *(pytest.param(range(n, n + 50), marks=pytest.mark.slow) for n in range(_SAMPLED, _SAMPLED + _ALL, 50)),
    ],
    ids=str,
)
def test_responses_at_random_end_no_run(tmp_path: Path, seeds: range) -> None:
    outcomes = _outcomes("random", [(seed,) for seed in seeds], tmp_path)
    assert not {case: outcome.defects for case, outcome in outcomes.items() if outcome.defects}
    assert sum(bool(outcome.failed) for outcome in outcomes.values()) >= len(seeds) // 2
