"""The one writer of JUnit XML, for the check and the diff. It makes any text fit for XML."""

import datetime as dt
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from junitparser import Failure, JUnitXml, Skipped, SystemErr, TestCase, TestSuite

# XML 1.0, section 2.2: what no document may hold, not even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Broken:
    """Why a case fails."""

    kind: str
    message: str
    """On one line."""
    text: str


@dataclass(frozen=True)
class Case:
    """One test."""

    group: str
    """What CI servers group by: the class name."""
    name: str
    failure: Broken | None = None
    skipped: str | None = None
    """Why it was skipped; None where it was not."""
    output: str = ""


@dataclass(frozen=True)
class Suite:
    """Tests that belong together."""

    name: str
    cases: Sequence[Case]
    seconds: float = 0
    started: dt.datetime | None = None
    """In UTC."""
    errors: str = ""


def junit(name: str, suites: Sequence[Suite], seconds: float = 0) -> bytes:
    """Return a document of JUnit XML in UTF-8."""
    root = JUnitXml(_clean(name))
    for suite in suites:
        root.append(_suite(suite))
    root.update_statistics()  # counts the cases, and sums up times that only the suites know
    for written, suite in zip(root, suites, strict=True):
        written.time = round(float(suite.seconds), 3)
    root.time = round(float(seconds), 3)
    file = io.BytesIO()
    root.write(file, pretty=True)
    return file.getvalue()


def _suite(suite: Suite) -> TestSuite:
    written = TestSuite(_clean(suite.name))
    if suite.started is not None:
        written.timestamp = suite.started.strftime("%Y-%m-%dT%H:%M:%S")
    written.add_testcases([_case(case) for case in suite.cases])
    if suite.errors:
        written.append(SystemErr(_clean(suite.errors)))
    return written


def _case(case: Case) -> TestCase:
    written = TestCase(_clean(case.name), _clean(case.group), 0)
    if case.failure is not None:
        failure = Failure(_clean(case.failure.message), case.failure.kind)
        failure.text = _clean(case.failure.text)
        written.append(failure)
    if case.skipped is not None:
        written.append(Skipped(_clean(case.skipped)))
    if case.output:
        written.system_out = _clean(case.output)
    return written


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
