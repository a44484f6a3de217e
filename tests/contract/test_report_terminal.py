"""The report and the progress in a terminal, and where there is none."""

import io
import runpy
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from abeja_datasets_contract.check.report.again.traffic import Traffic
from abeja_datasets_contract.check.report.failures import before, parts, text
from abeja_datasets_contract.check.report.figures import exports
from abeja_datasets_contract.check.report.progress import Progress
from abeja_datasets_contract.check.report.terminal import show
from abeja_datasets_contract.check.results import Report, Status

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "browser" / "sample.py"))


@pytest.fixture
def report() -> Report:
    made: Report = SAMPLE["report"]()
    return made


def console(*, terminal: bool, width: int = 80) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=terminal,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        color_system=None,
    )


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_verbose_lines_hold_all(report: Report) -> None:
    plain = console(terminal=False)
    show(report, plain, verbose=True)
    lines = printed(plain).splitlines()
    for verdict in report.verdicts:
        [row] = [line for line in lines if f"  {verdict.clause.name}  " in line]
        word = {Status.PASS: "pass ", Status.FAIL: "FAIL ", Status.NOT_CHECKED: "not checked "}[verdict.status]
        assert row.startswith(word)
        assert verdict.reason in row


def test_verbose_lines_say_which_failures_are_known(report: Report) -> None:
    [first, *others] = (verdict for verdict in report.verdicts if verdict.failures)
    plain = console(terminal=False)
    show(replace(report, verdicts=(replace(first, known="since 2019"), *others)), plain, verbose=True)
    lines = printed(plain).splitlines()
    assert any(line.startswith(f"KNOWN        {first.clause.name}  ") for line in lines)
    assert any(line.endswith("1 known") for line in lines)
    assert not any(line.startswith("FAIL") and first.clause.name in line for line in lines)


def test_causes_come_first_and_the_last_line_names_what_failed(report: Report) -> None:
    plain = console(terminal=False)
    show(report, plain)
    text = printed(plain)
    lines = text.strip().splitlines()
    assert lines[0].startswith("Cause 1 of ")
    assert sum(line.startswith("Cause ") for line in lines) == len(report.causes)
    failed = [verdict.clause.name for verdict in report.failed]
    assert {f"FAIL {name}" for name in failed} <= set(lines)
    assert "auth.basic" not in text  # which passes
    assert 'curl -i -H "Authorization: $AUTHORIZATION" ' in text
    assert text.count("$AUTHORIZATION is the value of the header Authorization") == 1
    assert text.index("$AUTHORIZATION is the value") < text.index("\nexport AUTHORIZATION=") < text.index("curl -i")
    assert exports(report) in lines
    assert "6 not checked: there is no second organization" in lines
    assert lines[-1] == (f"Breaks 4 of the 97 promises that were checked. Failed: {', '.join(failed[:3])} and 1 more")
    assert not {"\x1b", "\u202e", "\x85"} & set(text)


def test_known_failures_stand_apart(report: Report) -> None:
    known = tuple(
        replace(verdict, known="since 2019") if verdict.failures or verdict.clause.name == "auth.basic" else verdict
        for verdict in report.verdicts
    )
    plain = console(terminal=False)
    show(replace(report, verdicts=known, kept="run.ledger.jsonl"), plain)
    lines = printed(plain).splitlines()
    assert not [line for line in lines if line.startswith(("FAIL", "Cause"))]
    assert "  fails: items.update.replaces: since 2019" in lines
    assert "  passes again: auth.basic: since 2019" in lines
    assert lines[-1] == "Keeps all other 93 promises that were checked. 4 failures are known."
    assert any("--clean-up run.ledger.jsonl removes it" in line for line in lines)


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_is_not_overrun(report: Report, width: int) -> None:
    screen = console(terminal=True, width=width)
    show(report, screen)
    lines = printed(screen).splitlines()
    # Lines for the shell are left to the terminal to break, so that they are copied whole.
    shell = ("curl ", "printf ", "{ printf ", "export ")
    long = [line for line in lines if cell_len(line) > width and not line.startswith(shell)]
    assert long == []
    assert any(line.startswith("FAIL items.update.replaces") for line in lines)
    assert "Breaks 4 of the 97" in printed(screen)


@pytest.mark.parametrize("kept", [True, False])
def test_a_check_without_failures(report: Report, *, kept: bool) -> None:
    verdicts = tuple(verdict for verdict in report.verdicts if verdict.status is Status.PASS) if kept else ()
    plain = console(terminal=False)
    show(replace(report, verdicts=verdicts, stopped=None, left_behind=()), plain)
    assert printed(plain).splitlines()[-1] == (
        "Keeps all 93 promises that were checked." if kept else "Nothing could be checked."
    )


def test_a_failure_as_text(report: Report) -> None:
    failure, traffic = report.failures[0], Traffic(report)
    assert text(failure, traffic).splitlines()[:2] == [
        'items.update.replaces: 200, but attributes still hold the key "custom", which the update did not name',
        "  promise   An update replaces the attributes: what it does not name is gone.",
    ]
    together = next(failure for failure in report.failures if failure.exchange is None)
    assert [part.label for part in parts(together, traffic)] == [
        "promise",
        "source",
        "promised",
        "came",
        "before",
        "again",
    ]
    assert text(together, traffic).count("curl -i -X PUT") == 2
    alone = replace(together, context=())
    assert [part.label for part in parts(alone, traffic)] == ["promise", "source", "promised", "came"]


def test_only_the_last_requests_are_listed(report: Report) -> None:
    lines = before(report.exchanges[:20]).splitlines()
    assert lines[0] == "(14 requests before these)"
    assert len(lines) == 7


def test_progress_line_by_line(report: Report) -> None:
    plain = console(terminal=False)
    with Progress(plain, live=False) as progress:
        progress.stage("items", 1, 2)
        progress.request(report.exchanges[0])
        progress.verdict(next(verdict for verdict in report.verdicts if verdict.failures))
        progress.stage("bulk", 2, 2)
    lines = printed(plain).splitlines()
    assert lines[0].startswith("FAIL items.update.replaces  An update replaces")
    assert lines[1].startswith("[1/2] items: 1 request, ")
    assert lines[2].startswith("[2/2] bulk: 0 requests, ")


def test_progress_in_a_terminal(report: Report) -> None:
    screen = console(terminal=True)
    with Progress(screen, live=True) as progress:
        progress.stage("items", 1, 2)
        for verdict in report.verdicts:
            progress.verdict(verdict)
        progress.stage("bulk", 2, 2)
        progress.request(report.exchanges[0])
    assert "2/2 bulk  1 request  93 pass  4 fail" in printed(screen)


def test_progress_says_which_failures_are_known(report: Report) -> None:
    [first, *others] = (verdict for verdict in report.verdicts if verdict.failures)
    for screen in (console(terminal=False), console(terminal=True)):
        with Progress(screen, live=screen.is_terminal) as progress:
            progress.stage("items", 1, 1)
            for verdict in (replace(first, known="since 2019"), *others):
                progress.verdict(verdict)
        text = printed(screen)
        assert f"KNOWN {first.clause.name}  " in text
        assert f"FAIL {first.clause.name}" not in text
        assert f"FAIL {others[0].clause.name}  " in text
    assert f"{len(others)} fail  1 known" in text


def test_progress_before_the_first_stage() -> None:
    plain = console(terminal=False)
    with Progress(plain, live=False):
        pass
    assert printed(plain) == ""
