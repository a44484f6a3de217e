"""The pytest plugin, in a pytest of its own: what is collected, and how clauses end as tests."""

import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import abeja_datasets_contract.check as core
from abeja_datasets_contract.check import CheckFailed, Mode, Options, Report
from abeja_datasets_mock import Credential, RunningServer

pytest_plugins = ["pytester"]

SAMPLE = Path(__file__).parents[1] / "browser" / "sample.py"
SECRET = "a-token-nobody-may-see"
ORGANIZATION = ("--abeja-contract-organization-id", "1102940376065")
NOWHERE = ("--abeja-contract-url", "http://127.0.0.1:1", *ORGANIZATION)
Outcome = Callable[[Options], Report]
Faked = Callable[..., pytest.RunResult]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the entry points, so that it makes no difference whether ours is installed.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PLATFORM_AUTH_TOKEN", SECRET)
    monkeypatch.delenv("OTHER_PLATFORM_AUTH_TOKEN", raising=False)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with RunningServer(credentials=[Credential.bearer(SECRET)]) as running:
        yield running


def run(pytester: pytest.Pytester, *arguments: str, really: bool = False) -> pytest.RunResult:
    """Run pytest: in this process, or `really`, as what sends requests needs it."""
    options = ("-p", "abeja_datasets_cli.pytest_contract", "-p", "no:cacheprovider", "-W", "error", "-ra")
    if really:
        result = pytester.runpytest_subprocess(*options, *arguments, timeout=120)
    else:
        result = pytester.runpytest_inprocess(*options, *arguments, no_reraise_ctrlc=True)
    assert SECRET not in result.stdout.str() + result.stderr.str()
    return result


@pytest.fixture
def report() -> Report:
    made: Report = runpy.run_path(str(SAMPLE))["report"]()
    return made


@pytest.fixture
def faked(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, report: Report) -> Faked:
    """Run with a check whose outcome is made up; the clauses are those of the sample."""

    def run_faked(outcome: Report | Exception | Outcome, *arguments: str) -> pytest.RunResult:
        calls = []

        def check(_url: str, _organization_id: str, authorization: str, options: Options) -> Report:
            calls.append(authorization)
            assert calls == [f"Bearer {SECRET}"]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome if isinstance(outcome, Report) else outcome(options)

        monkeypatch.setattr(core, "clauses", lambda *_: tuple(verdict.clause for verdict in report.verdicts))
        monkeypatch.setattr(core, "check", check)
        return run(pytester, *NOWHERE, *arguments)

    return run_faked


def test_without_its_options_it_does_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(): pass")
    result = run(pytester)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*abeja contract*")


@pytest.mark.slow
def test_a_server_that_keeps_the_contract(pytester: pytest.Pytester, server: RunningServer) -> None:
    pytester.makepyfile("def test_mine(): assert False")
    url = ("--abeja-contract-url", server.url, *ORGANIZATION, "--abeja-contract-allow-writes")
    result = run(pytester, *url, "-k", "preflight or fuzzing", "--abeja-contract-report", "reports", really=True)
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] >= 2
    assert outcomes["skipped"] >= 1
    assert "failed" not in outcomes
    result.stdout.fnmatch_lines([f"abeja contract: {server.url}, organization 1102940376065"])
    assert (pytester.path / "reports" / "report.html").is_file()


def test_files_are_collected_when_they_are_named(pytester: pytest.Pytester, faked: Faked) -> None:
    path = pytester.makepyfile("def test_mine(): pass")
    alone = faked(report, "--collect-only", "-q")
    alone.stdout.fnmatch_lines(["abeja-contract::auth.basic", "109 tests collected*"])
    both = faked(report, "--collect-only", "-q", str(path))
    both.stdout.fnmatch_lines(["abeja-contract::auth.basic", "*::test_mine", "110 tests collected*"])


def test_testpaths_are_no_file_arguments(pytester: pytest.Pytester, faked: Faked) -> None:
    pytester.makeini("[pytest]\ntestpaths = .\n")
    pytester.makepyfile("def test_mine(): pass")
    faked(report, "--collect-only", "-q").stdout.fnmatch_lines(["109 tests collected*"])


def test_verdicts_are_outcomes(faked: Faked, report: Report) -> None:
    result = faked(report)
    result.assert_outcomes(passed=93, failed=4, skipped=12)
    result.stdout.fnmatch_lines(
        [
            "*_ items.update.replaces _*",
            'items.update.replaces: 200, but attributes still hold the key "custom"*',
            "  promised  200 with attributes*",
            '  again     curl -i -H "Authorization: $AUTHORIZATION" https://*',
            "*= abeja contract =*",
            "left behind: dataset 1377232365920*",
            "the check ended early: the server responded to 10 requests*",
            "SKIPPED*there is no second organization",
            "FAILED abeja-contract::items.update.replaces*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_contract.py*BrokenPromise*")


def test_only_what_is_selected_is_checked(faked: Faked, report: Report) -> None:
    def outcome(options: Options) -> Report:
        assert options.select == ("auth.basic", "auth.bearer")
        return report

    faked(outcome, "-k", "auth.basic or auth.bearer").assert_outcomes(passed=2, deselected=107)


def test_a_clause_that_the_check_did_not_come_to_is_skipped(faked: Faked, report: Report) -> None:
    result = faked(replace(report, verdicts=report.verdicts[:1], stopped=None, left_behind=()))
    result.assert_outcomes(passed=1, skipped=108)
    result.stdout.no_fnmatch_line("*= abeja contract =*")


def test_a_server_that_could_not_be_checked_is_one_error(pytester: pytest.Pytester) -> None:
    result = run(pytester, *NOWHERE, "-k", "preflight", really=True)
    outcomes = result.parseoutcomes()
    assert outcomes["errors"] == 1
    assert "passed" not in outcomes
    result.stdout.fnmatch_lines(["the server could not be checked: *no connection*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*During handling*")
    assert result.ret == 1


def test_what_was_found_before_it_failed_still_counts(faked: Faked, report: Report) -> None:
    result = faked(CheckFailed("the server is gone", report))
    outcomes = result.parseoutcomes()
    assert (outcomes["errors"], outcomes["failed"]) == (1, 4)
    assert outcomes["passed"] + outcomes["skipped"] == 104


def test_ctrl_c_ends_the_session(faked: Faked, report: Report) -> None:
    result = faked(replace(report, stopped="interrupted"))
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["the check ended early: interrupted"])


def test_a_defect_is_shown_as_one(faked: Faked) -> None:
    result = faked(RuntimeError("oops"))
    result.stdout.fnmatch_lines(["RuntimeError: oops", "this is a defect of the check*"])
    assert result.parseoutcomes()["errors"] == 1


def test_options_reach_the_check(faked: Faked, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_PLATFORM_AUTH_TOKEN", "of-the-other")
    seen = []

    def outcome(options: Options) -> Report:
        seen.append(options)
        return report

    result = faked(
        outcome,
        "--abeja-contract-allow-writes",
        "--abeja-contract-disposable",
        *("--abeja-contract-seed", "3", "--abeja-contract-concurrency", "8", "--abeja-contract-rate", "2.5"),
        *("--abeja-contract-max-requests", "7", "--abeja-contract-timeout", "1.5", "--abeja-contract-ledger", "l"),
        *("--abeja-contract-select", "a*", "--abeja-contract-select", "b*", "--abeja-contract-skip", "c"),
        *("--abeja-contract-other-organization-id", "2"),
    )
    result.assert_outcomes(passed=93, failed=4, skipped=12)
    assert seen == [
        Options(
            mode=Mode.DISPOSABLE, seed=3, concurrency=8, rate=2.5, max_requests=7, timeout=1.5, select=("a*", "b*"),
            skip=("c",), ledger=Path("l"), other_organization_id="2", other_authorization="Bearer of-the-other",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "explanation"),
    [
        (("--abeja-contract-url", "http://h"), "*--abeja-contract-url needs --abeja-contract-organization-id*"),
        (("--abeja-contract-url", "nonsense", *ORGANIZATION), "*'nonsense' is not a URL*"),
        ((*NOWHERE, "--abeja-contract-disposable"), "*disposable needs allow-writes*"),
        ((*NOWHERE, "--abeja-contract-select", "nope"), "*nope: no clause*"),
        ((*NOWHERE, "--abeja-contract-other-organization-id", "2"), "*no credential; set OTHER_PLATFORM_AUTH_TOKEN*"),
        ((*NOWHERE, "--abeja-contract-document", "missing"), "*--abeja-contract: missing: No such file or directory*"),
        ((*NOWHERE, "--abeja-contract-seed", "x"), "*invalid int value*"),
    ],
)
def test_wrong_use_is_explained(pytester: pytest.Pytester, arguments: tuple[str, ...], explanation: str) -> None:
    result = run(pytester, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([explanation])


def test_without_the_extra(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "abeja_datasets_contract.check", None)
    result = run(pytester, *NOWHERE)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*abeja-datasets[[]check]*"])


def test_loading_it_loads_nothing_else() -> None:
    program = (
        "import pytest, sys; before = set(sys.modules); import abeja_datasets_cli.pytest_contract; "
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["abeja_datasets_cli"]
