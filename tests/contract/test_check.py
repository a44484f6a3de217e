"""The check of servers without a fault: nothing fails, in whichever mode, by whichever seed."""

import gc
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.contract.faulty import (
    AUTHORIZATION,
    CREDENTIALS,
    ORGANIZATION,
    OTHER_AUTHORIZATION,
    OTHER_ORGANIZATION,
    SECRET,
    URL,
    Ask,
    Asked,
    Told,
    Wrap,
    spoilt,
)
from tests.contract.variants import MEANT, VARIANTS, Busy, Fleeting, slow
from tests.sampling import every

from abeja_datasets_contract.check import Mode, Options, Report, Status, check, clauses
from abeja_datasets_contract.check.document import contract_of, installed
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.probes.access.credentials import decoded
from abeja_datasets_mock import Like, RunningServer

SLOW = pytest.mark.slow
DISPOSABLE_ALONE = {clause.name for clause in clauses(("fuzzing.*", "methods.datasets", "methods.datasets-slash"))}
CONCURRENT_ALONE = {clause.name for clause in clauses(("concurrency.*",))}


def options(tmp_path: Path, **more: Any) -> Options:
    given: dict[str, Any] = {
        "mode": Mode.WRITES,
        "other_organization_id": OTHER_ORGANIZATION,
        "other_authorization": OTHER_AUTHORIZATION,
        "ledger": tmp_path / "ledger.jsonl",
    }
    return Options(**{**given, **more})


def not_checked(report: Report) -> set[str]:
    return {verdict.clause.name for verdict in report.verdicts if verdict.status is Status.NOT_CHECKED}


def run(tmp_path: Path, fault: Wrap | None = None, like: Like = "documented", **more: Any) -> Report:
    with spoilt(fault, like=like) as server:
        return check(URL, ORGANIZATION, AUTHORIZATION, options(tmp_path, transport=server, **more))


@pytest.mark.parametrize("seed", every(20, range(20)))
def test_nothing_fails_whatever_the_seed(seed: int, tmp_path: Path) -> None:
    concurrency = 8 if seed % 2 else 1
    # Most clauses do not depend on the seed: after two whole runs, those that do are enough.
    select = () if seed < 2 else ("search.*", "model.*", "concurrency.*")
    report = run(tmp_path, seed=seed, concurrency=concurrency, select=select)
    assert report.failures == ()
    assert report.stopped is None
    assert report.left_behind == ()
    if seed < 2:
        assert not_checked(report) == DISPOSABLE_ALONE | (CONCURRENT_ALONE if concurrency == 1 else set())
        assert len(report.exchanges) < 4000


@pytest.mark.usefixtures("_untraced")
@pytest.mark.parametrize("name", every(14, VARIANTS))
def test_nothing_fails_that_the_document_leaves_open(name: str, tmp_path: Path) -> None:
    report = run(tmp_path, *VARIANTS[name], concurrency=8)
    assert [(failure.clause.name, failure.came) for failure in report.failures] == []
    # A response that lacks what is optional leaves nothing unchecked.
    if name.startswith("without ") or VARIANTS[name].like == "deployed":
        assert not_checked(report) == DISPOSABLE_ALONE
    assert report.count(Status.PASS) > 450


def test_a_list_that_drops_items_is_found_where_each_page_has_a_token(tmp_path: Path) -> None:
    async def dropping_the_last(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        lists = asked.operation == "list_dataset_items" and told.status == 200
        return told.but(json={**told.json, "items": told.json["items"][:-1]}) if lists else told

    report = run(tmp_path, dropping_the_last, like="deployed", select=("items.*", "paging.items.*", "search.*"))
    failed = {failure.clause.name for failure in report.failures}
    assert failed >= {"items.update.kept", "paging.items.none-missing", "search.term"}


def test_a_token_that_is_refused_is_one_failure(tmp_path: Path) -> None:
    async def dead_ends(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        lists = asked.operation == "list_dataset_items" and told.status == 200
        return told.but(json={**told.json, "next_page_token": "refused"}) if lists else told

    report = run(tmp_path, dead_ends, select=("items.*", "bulk.*", "search.*", "paging.items.end"))
    assert [verdict.clause.name for verdict in report.failed] == ["paging.items.end"]


def test_there_is_a_variant_without_each_optional_property() -> None:
    optional, operations = installed().optional_properties, installed().operations
    items = {name for name in operations if name.endswith(("dataset_item", "dataset_items"))}
    assert optional["organization_id"] == items
    assert optional["next_page_token"] == {"list_dataset_items"}
    assert optional["error_detail"] == set(operations)
    assert {f"without {name}" for name in optional} - {f"without {name}" for name in MEANT} <= set(VARIANTS)
    assert set(optional) > MEANT


@pytest.mark.usefixtures("_untraced")
@pytest.mark.parametrize("concurrency", [pytest.param(1, marks=SLOW), 8])
def test_nothing_fails_while_others_write(concurrency: int, tmp_path: Path) -> None:
    report = run(tmp_path, Busy(), concurrency=concurrency)
    assert [(failure.clause.name, failure.came) for failure in report.failures] == []
    assert report.count(Status.PASS) > 450


@pytest.mark.usefixtures("_untraced")
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=SLOW) for seed in (0, 2, 3))])
def test_nothing_fails_while_others_make_and_delete(seed: int, tmp_path: Path) -> None:
    # What is listed depends on others: a few of these clauses often compare lists.
    select = ("paging.*", "spellings.*", "datasets.*", "current.*", "isolation.*") if seed else ()
    report = run(tmp_path, Fleeting(seed), select=select)
    assert [(failure.clause.name, failure.came) for failure in report.failures] == []
    assert len(not_checked(report) - CONCURRENT_ALONE - DISPOSABLE_ALONE) < 12


@SLOW
@pytest.mark.usefixtures("_untraced")
def test_nothing_fails_in_checks_at_once(tmp_path: Path) -> None:
    with RunningServer(credentials=CREDENTIALS) as server, ThreadPoolExecutor() as pool:

        def write(number: int) -> Report:
            given = options(tmp_path, ledger=tmp_path / f"{number}", seed=number, concurrency=1 + 3 * number)
            return check(server.url, ORGANIZATION, AUTHORIZATION, given)

        writing = [pool.submit(write, number) for number in range(2)]
        reports = []
        while not all(run.done() for run in writing):
            reports.append(check(server.url, ORGANIZATION, AUTHORIZATION, Options()))
        reports += [run.result() for run in writing]
    assert len(reports) > 2
    assert [(failure.clause.name, failure.came) for report in reports for failure in report.failures] == []
    assert [report.left_behind for report in reports] == [()] * len(reports)


@pytest.mark.slow
def test_nothing_fails_on_a_slow_server(tmp_path: Path) -> None:
    report = run(tmp_path, slow, concurrency=8, select=("concurrency.*", "model.*"), max_seconds=60)
    assert report.failures == ()
    assert report.stopped is None


def test_over_the_network_with_everything(tmp_path: Path) -> None:
    with RunningServer(credentials=CREDENTIALS) as server:
        given = options(tmp_path, mode=Mode.DISPOSABLE, concurrency=8, fuzz_examples=2)
        report = check(server.url, ORGANIZATION, AUTHORIZATION, given)
        left = check(server.url, ORGANIZATION, AUTHORIZATION, Options(select=("preflight.*", "operations.*")))
    assert report.failures == ()
    assert not_checked(report) == set()
    assert report.exit_code == 0
    notes = [verdict.note for verdict in report.verdicts if verdict.clause.name.startswith("fuzzing.accepted.")]
    assert len(notes) == len(contract_of().operations)
    assert all(re.fullmatch("[1-9][0-9]* accepted, [1-9][0-9]* refused", note) for note in notes), notes
    assert report.left_behind == ()
    empty = next(e for e in left.exchanges if e.operation == "list_datasets")
    assert empty.received is not None
    assert empty.received.body == b"[]"


def test_a_path_before_the_api_is_kept(tmp_path: Path) -> None:
    with spoilt() as server:
        ask = server.ask

        def below(asked: Any) -> Any:
            assert asked.target.startswith("/api/v1/organizations/")
            return ask(asked.but(target=asked.target.removeprefix("/api/v1")))

        server.ask = below  # type: ignore[method-assign]
        given = options(tmp_path, transport=server, select=("items.*",))
        assert check(f"{URL}/api/v1/", ORGANIZATION, AUTHORIZATION, given).failures == ()


@pytest.mark.usefixtures("_untraced")
@pytest.mark.slow
def test_nothing_fails_through_the_other_spelling(tmp_path: Path) -> None:
    async def respelled(asked: Asked, ask: Ask) -> Told:
        path = asked.path
        if re.search("/(datasets|items)/?$", path):
            path = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        return await ask(asked.but(target=path + asked.target[len(asked.path) :]))

    report = run(tmp_path, respelled)
    assert report.failures == ()
    assert report.count(Status.PASS) > 450


def test_a_bearer_token_is_checked_likewise(tmp_path: Path) -> None:
    from abeja_datasets_mock import Credential

    bearer = Credential.bearer("a-long-bearer-token", ORGANIZATION)
    with RunningServer(credentials=[bearer, CREDENTIALS[1]]) as server:
        given = options(tmp_path, select=("preflight.*", "auth.*", "responses.*"))
        report = check(server.url, ORGANIZATION, "Bearer a-long-bearer-token", given)
    assert report.failures == ()
    assert not any(b"a-long-bearer-token" in repr(exchange).encode() for exchange in report.exchanges)


@pytest.mark.slow
@pytest.mark.usefixtures("_untraced")
def test_the_same_seed_gives_the_same_requests(tmp_path: Path) -> None:
    def requests(seed: int) -> list[tuple[str, str, bytes | None]]:
        report = run(tmp_path, seed=seed, select=("names.*", "search.*", "model.*", "items.*"))
        run_name = report.run.encode()
        return [
            (
                e.sent.method,
                e.sent.url.replace(report.run, "run"),
                e.sent.body and e.sent.body.replace(run_name, b"run"),
            )
            for e in report.exchanges
            if "token=" not in e.sent.url
        ]

    first = requests(7)
    assert first == requests(7)
    assert first != requests(8)


def test_a_run_leaves_nothing_in_memory(tmp_path: Path) -> None:
    """A program that checks again and again, such as a suite of tests, must not grow."""
    run(tmp_path, mode=Mode.DISPOSABLE, select=("model.*", "fuzzing.*"), fuzz_examples=1)
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, Probe)]


def test_no_record_shows_a_secret(tmp_path: Path) -> None:
    report = run(tmp_path, select=("auth.*", "preflight.*", "isolation.*"))
    assert len(report.exchanges) > 100
    for exchange in report.exchanges:
        values = [value for name, value in exchange.sent.headers if name == "Authorization" and "$" not in value]
        assert not any("-of-the-" in decoded(value.rpartition(" ")[2])[1].lower() for value in values)
    assert SECRET not in repr(report)
    assert AUTHORIZATION.split()[1] not in repr(report)
    assert OTHER_AUTHORIZATION.split()[1] not in repr(report)


def test_every_clause_has_a_source_that_is_there() -> None:
    for clause in clauses():
        if not clause.source.startswith("reference: "):
            assert clause.source.startswith("#/"), clause
            assert installed().document.at(clause.source) is not None, clause
            assert clause.line == installed().document.line(clause.source), clause
        assert clause.promise.endswith("."), clause
    names = [clause.name for clause in clauses()]
    assert len(names) == len(set(names)) > 450


def test_clauses_are_chosen_by_pattern() -> None:
    chosen = clauses(("items.*",), ("*.kept",))
    assert {clause.stage for clause in chosen} == {"items"}
    assert not any(clause.name.endswith(".kept") for clause in chosen)
    with pytest.raises(ValueError, match=r"itmes\.\*"):
        clauses(("itmes.*",))


def test_progress_is_told(tmp_path: Path) -> None:
    class Told:
        def __init__(self) -> None:
            self.stages: list[str] = []
            self.requests = 0
            self.verdicts: list[str] = []

        def stage(self, name: str, index: int, total: int) -> None:
            assert 1 <= index <= total
            self.stages.append(name)

        def request(self, exchange: Any) -> None:
            self.requests += 1
            assert exchange.number == self.requests

        def verdict(self, verdict: Any) -> None:
            self.verdicts.append(verdict.clause.name)

    told = Told()
    with spoilt() as server:
        given = options(tmp_path, transport=server, select=("items.*", "responses.*"))
        report = check(URL, ORGANIZATION, AUTHORIZATION, given, told)
    assert told.stages == ["responses", "items", "clean-up"]
    assert told.requests == len(report.exchanges)
    assert sorted(told.verdicts) == sorted(verdict.clause.name for verdict in report.verdicts)
