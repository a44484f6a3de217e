"""The check as JUnit XML, for CI servers: a suite for each stage, a test for each clause."""

from abeja_datasets_contract.check.report.again.traffic import Traffic
from abeja_datasets_contract.check.results import Report, Status, Verdict
from abeja_datasets_contract.junit import Broken, Case, Suite
from abeja_datasets_contract.junit import junit as write

from .failures import SHOWN, text
from .figures import KNOWN, Stage, stages, state, utc
from .printable import one_line, plural, printable


def junit(report: Report) -> bytes:
    """Write the report; a clause that was not checked, or is known to fail, is a skipped test."""
    traffic = Traffic(report)
    suites = [_suite(report, stage, traffic) for stage in stages(report)]
    return write(printable(f"contract of {report.url}"), [suite for suite in suites if suite.cases], report.seconds)


def _suite(report: Report, stage: Stage, traffic: Traffic) -> Suite:
    return Suite(
        name=stage.name,
        cases=[_case(verdict, traffic) for verdict in report.verdicts if verdict.clause.stage == stage.name],
        seconds=stage.seconds,
        started=utc(report.started),
        errors=printable(f"the check ended early: {report.stopped}") if report.stopped is not None else "",
    )


def _case(verdict: Verdict, traffic: Traffic) -> Case:
    clause, failure, skipped = verdict.clause, None, None
    if verdict.status is Status.NOT_CHECKED:
        skipped = one_line(verdict.reason)
    elif state(verdict) == KNOWN:
        skipped = one_line(f"known failure: {verdict.known}")
    elif verdict.status is Status.FAIL:
        message = verdict.failures[0].came if verdict.failures else clause.promise
        failure = Broken("BrokenPromise", one_line(message), failures_text(verdict, traffic))
    # The time of one clause is not known: its requests serve others too.
    return Case(f"contract.{clause.stage}", one_line(clause.name), failure, skipped)


def failures_text(verdict: Verdict, traffic: Traffic) -> str:
    """Write the first failures of a clause as text, and how many more there are."""
    texts = [text(failure, traffic) for failure in verdict.failures[:SHOWN]]
    left = len(verdict.failures) - len(texts)
    return "\n\n".join([*texts, *([f"… and {plural(left, 'failure')} more"] if left else [])])
