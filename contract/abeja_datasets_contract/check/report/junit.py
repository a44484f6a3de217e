"""JUnit XML, for CI servers: a suite for each stage, a test for each clause, skipped where it was not checked."""

import re
from xml.etree import ElementTree as ET

from abeja_datasets_contract.check.results import Report, Status, Verdict

from .failures import SHOWN, text
from .figures import stages, utc
from .printable import one_line, plural, printable

# XML 1.0, section 2.2: what no document may hold, not even as a reference. `printable` has dealt with most of it.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> bytes:
    """Write the report as a document of JUnit XML, in UTF-8."""
    root = ET.Element("testsuites", _counts(report.verdicts), name=_clean(f"contract of {report.url}"))
    root.set("time", f"{report.seconds:.3f}")
    for stage in stages(report):
        verdicts = tuple(verdict for verdict in report.verdicts if verdict.clause.stage == stage.name)
        if not verdicts:
            continue
        suite = ET.SubElement(root, "testsuite", _counts(verdicts), name=_clean(stage.name))
        suite.set("skipped", str(sum(verdict.status is Status.NOT_CHECKED for verdict in verdicts)))
        suite.set("time", f"{stage.seconds:.3f}")
        suite.set("timestamp", utc(report.started).strftime("%Y-%m-%dT%H:%M:%S"))
        for verdict in verdicts:
            _case(suite, verdict)
        if report.stopped is not None:
            ET.SubElement(suite, "system-err").text = _clean(f"the check ended early: {report.stopped}")
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _case(suite: ET.Element, verdict: Verdict) -> None:
    clause = verdict.clause
    # The time of one clause is not known: its requests serve others too.
    case = ET.SubElement(suite, "testcase", classname=_clean(f"contract.{clause.stage}"), name=_clean(clause.name))
    case.set("time", "0")
    if verdict.status is Status.NOT_CHECKED:
        ET.SubElement(case, "skipped", message=_clean(one_line(verdict.reason)))
    elif verdict.status is Status.FAIL:
        message = verdict.failures[0].came if verdict.failures else clause.promise
        failure = ET.SubElement(case, "failure", message=_clean(one_line(message)), type="BrokenPromise")
        failure.text = _clean(failures_text(verdict))


def failures_text(verdict: Verdict) -> str:
    """Write the first failures of a clause as text, and how many more there are."""
    texts = [text(failure) for failure in verdict.failures[:SHOWN]]
    left = len(verdict.failures) - len(texts)
    return "\n\n".join([*texts, *([f"… and {plural(left, 'failure')} more"] if left else [])])


def _counts(verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    failures = sum(verdict.status is Status.FAIL for verdict in verdicts)
    return {"tests": str(len(verdicts)), "failures": str(failures), "errors": "0"}


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", printable(text))
