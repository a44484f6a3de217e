"""Servers that name ids of others: nothing that the run did not make is changed, and what is left is reported."""

import gc
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.contract.altered import EDITS, OPERATIONS, Altered, cases
from tests.contract.faulty import (
    AUTHORIZATION,
    ORGANIZATION,
    OTHER_AUTHORIZATION,
    OTHER_ORGANIZATION,
    URL,
    Asked,
    Spoilt,
    spoilt,
)

from abeja_datasets_contract.check import CheckFailed, Mode, Options, Report, check, clean_up

pytestmark = pytest.mark.usefixtures("_untraced")
_CREDENTIALS = {ORGANIZATION: AUTHORIZATION, OTHER_ORGANIZATION: OTHER_AUTHORIZATION}
_ALL = tuple(cases())
_QUICK = (
    ("create_dataset", "ids: that of others"),
    ("all", "ids: '..' (str)"),
    ("create_dataset_item", "ids: that of an item of others beside it"),
    ("creates and lists", "entries doubled"),
)

_SELECTED = ("operations.*", "datasets.delete.*", "items.update.*", "items.delete.*", "bulk.order")


class Outcome(NamedTuple):
    """What went wrong in a run."""

    astray: tuple[str, ...] = ()
    """Requests that could change data of others."""
    changed: bool = False
    """Whether data of others is not as it was."""
    unreported: tuple[str, ...] = ()
    """Names of datasets that the run left without a word."""
    defects: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    """Names of those that clean-up by the ledger could not remove either, from a server that is honest again."""


def _read(server: Spoilt, organization: str, path: str) -> Any:
    headers = {"authorization": _CREDENTIALS[organization]}
    return server.ask(Asked("GET", f"/organizations/{organization}/datasets/{path}", headers)).json


def _theirs(server: Spoilt, altered: Altered) -> list[Any]:
    found = []
    for organization, dataset in altered.theirs:
        found += [_read(server, organization, dataset), _read(server, organization, f"{dataset}/items/")]
    return found


def _check(options: Options) -> Report | None:
    try:
        return check(URL, ORGANIZATION, AUTHORIZATION, options)
    except CheckFailed as error:
        return error.report


def run(operation: str, kind: str, ledger: Path, select: Sequence[str] = ()) -> Outcome:
    altered = Altered(OPERATIONS[operation], EDITS[kind], beside="beside" in kind)
    with spoilt(altered) as server:
        altered.settle(server.ask)
        before = _theirs(server, altered)
        altered.honest = False
        given = Options(
            mode=Mode.WRITES,
            transport=server,
            other_organization_id=OTHER_ORGANIZATION,
            other_authorization=OTHER_AUTHORIZATION,
            ledger=ledger,
            select=tuple(select),
        )
        report = _check(given)
        altered.honest = True
        changed = _theirs(server, altered) != before
        left = tuple(altered.made.values())
        reported = report is None or (report.left_behind and report.exit_code)
        unreported = () if reported else left
        defects = tuple(v.reason for v in report.verdicts if "defect of the check" in v.reason) if report else ()
        if ledger.exists():
            clean_up(ledger, AUTHORIZATION, None, given, organization_id=ORGANIZATION)
            changed = changed or _theirs(server, altered) != before
        listed = [record["name"] for organization in _CREDENTIALS for record in _read(server, organization, "")]
    gc.collect()  # by hand, and not while a check runs: each leaves megabytes in circles
    still = tuple(name for name in left if name in listed)
    return Outcome(tuple(altered.astray), changed, unreported, defects, still)


def _outcomes(
    given: Sequence[tuple[str, str]], folder: Path, select: Sequence[str]
) -> Mapping[tuple[str, str], Outcome]:
    with ProcessPoolExecutor(2, mp_context=get_context("fork"), initializer=gc.disable) as pool:
        runs = {case: pool.submit(partial(run, *case, folder / f"{n}", select)) for n, case in enumerate(given)}
        return {case: one.result() for case, one in runs.items()}


@pytest.mark.parametrize(
    ("given", "select"),
    [
        (_QUICK, _SELECTED),
        *(pytest.param([case for case in _ALL if case[0] == name], (), marks=pytest.mark.slow) for name in OPERATIONS),
    ],
    ids=("some", *OPERATIONS),
)
def test_what_others_have_stays_whatever_ids_come(
    given: Sequence[tuple[str, str]], select: Sequence[str], tmp_path: Path
) -> None:
    outcomes = _outcomes(given, tmp_path, select)
    assert len(outcomes) == len(given)
    assert {case: outcome for case, outcome in outcomes.items() if outcome != Outcome()} == {}


def test_requests_astray_are_counted() -> None:
    altered = Altered(".*", EDITS["ids: '' (str)"])
    root = f"/organizations/{ORGANIZATION}/datasets/"
    with spoilt(altered) as server:
        altered.settle(server.ask)
        altered.honest = False
        dataset, item = altered.foreign("dataset_id"), altered.foreign("dataset_item_id")
        for method, path in (
            ("DELETE", ""), ("DELETE", dataset), ("PUT", f"{dataset}/items/{item}"), ("POST", f"{dataset}/items/"),
            ("DELETE", ".."), ("DELETE", "%2e%2e"), ("DELETE", f"7/../{dataset}"), ("PUT", ""),
        ):  # fmt: skip
            server.ask(Asked(method, root + path, {"authorization": AUTHORIZATION}))
        server.ask(Asked("GET", root + dataset, {"authorization": AUTHORIZATION}))
        server.ask(Asked("DELETE", f"{root}7", {"authorization": AUTHORIZATION}))
    assert len(altered.astray) == 8
