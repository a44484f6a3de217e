"""The contract check as tests, one for each clause.

    pytest --abeja-contract-url https://… --abeja-contract-organization-id 1102940376065

The credential comes from the environment, as it does for the client. Without file arguments only the clauses are
collected, with files both. The check runs once, when the first of its tests does, and only for clauses that are still
selected by then (`-k`). A clause that was not checked is skipped, with the reason; a known failure is an xfail.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets_cli.extras import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from abeja_datasets_contract.check import Clause, Options, Report, Verdict

_NAME = "abeja-contract"
_OTHER = "OTHER_"
_PREFIX = f"--{_NAME}-"


class BrokenPromise(AssertionError):
    """The server breaks the promise; the text shows how."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `abeja-datasets check`, each behind `--abeja-contract-`."""
    from abeja_datasets_contract.check_options import OPTIONS, SHARED

    group = parser.getgroup("abeja contract", "the contract check of abeja-datasets")
    group.addoption(f"{_PREFIX}url", metavar="URL", help="The server to check; without it this plugin does nothing.")
    for option in (*SHARED, *OPTIONS):
        given: dict[str, Any] = {"action": "store_true"}
        if option.kind is not bool:
            action = "append" if option.repeatable else "store"
            given = {"action": action, "type": option.kind, "metavar": option.metavar}
        # argparse adds to the default of what is repeatable, and takes % for its own.
        default = [] if option.repeatable else option.default
        group.addoption(_PREFIX + option.name, default=default, help=option.spec.help.replace("%", "%%"), **given)


def pytest_configure(config: pytest.Config) -> None:
    """Collect no files unless the command line names some."""
    if _asked(config, "url") is None:
        return
    if not _asked(config, "organization-id"):
        raise pytest.UsageError(f"{_PREFIX}url needs {_PREFIX}organization-id")
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add the clauses before the tests of files, early enough for `-k` to select them."""
    if _asked(session.config, "url") is None:
        return
    try:
        check = _Check(session)
    except (ValueError, TypeError, OSError) as error:  # of the options
        raise pytest.UsageError(f"--{_NAME}: {error}") from error
    items[:0] = session.genitems(ClauseCollector.from_parent(session, name=_NAME, nodeid=_NAME, check=check))


class ClauseCollector(pytest.Collector):
    """Collects the clauses, each as a test."""

    def __init__(self, *, check: _Check, **given: Any) -> None:
        super().__init__(**given)
        self._check = check

    def collect(self) -> Iterator[ClauseItem]:
        """Yield a test for each selected clause; they share one check."""
        for clause in self._check.clauses:
            yield ClauseItem.from_parent(self, name=clause.name, clause=clause, check=self._check)


class ClauseItem(pytest.Item):
    """One clause of the contract."""

    def __init__(self, *, clause: Clause, check: _Check, **given: Any) -> None:
        super().__init__(**given)
        self.clause = clause
        self._check = check

    def setup(self) -> None:
        """Run the check, if it has not run yet. Where it fails, this test fails and the others are skipped."""
        self._check.run()

    def runtest(self) -> None:
        """Pass, fail or skip as the clause ended."""
        verdict = self._check.verdict(self.clause)
        if verdict is None:
            pytest.skip("the check ended before it")
        if verdict.status == "not checked":
            pytest.skip(verdict.reason or "not checked")
        if verdict.status == "fail":
            if verdict.known:
                pytest.xfail(verdict.known)
            raise BrokenPromise(self._check.explained(verdict) or verdict.clause.promise)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the promise and what came instead, without this plugin's traceback."""
        if isinstance(excinfo.value, BrokenPromise):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return the name of the clause for headings."""
        return Path(_NAME), None, self.clause.name


class _Check:
    """The check of a session, which runs at most once, and its verdicts."""

    def __init__(self, session: pytest.Session) -> None:
        try:
            from abeja_datasets_contract.check import clauses
            from abeja_datasets_contract.check.known import load
            from abeja_datasets_contract.check.options import base_url
        except ModuleNotFoundError as error:
            raise pytest.UsageError(f"the contract check {explain(error, 'check')}") from error
        self._session, config = session, session.config
        self._url, self._organization_id = base_url(_asked(config, "url")), _asked(config, "organization-id")
        self._authorization, self._options = _authorization(""), _options(config)
        load(self._options.known, self._options.document)  # a mistake in the file is found before the check runs
        self.clauses = clauses(self._options.select, self._options.skip, self._options.document)
        self._verdicts: dict[str, Verdict] | None = None
        self._problem: str | None = None

    def verdict(self, clause: Clause) -> Verdict | None:
        """Return how a clause ended; None where the check did not reach it."""
        return (self._verdicts or {}).get(clause.name)

    def explained(self, verdict: Verdict) -> str:
        """Return the failures of a clause as text."""
        from abeja_datasets_contract.check.report.again.traffic import Traffic
        from abeja_datasets_contract.check.report.junit import failures_text

        return failures_text(verdict, Traffic(self._session.config.stash[_REPORT]))

    def run(self) -> None:
        """Check the clauses that are selected, if this is the first call."""
        if self._problem is not None and not self._verdicts:
            pytest.skip(f"could not be checked: {self._problem}")
        if self._verdicts is not None:
            return
        from abeja_datasets_contract.check import CheckFailed, check

        self._verdicts = {}
        try:
            report = check(self._url, self._organization_id, self._authorization, self._chosen())
        except CheckFailed as failed:
            self._problem = str(failed)
            if failed.report is not None:
                self._take(failed.report)
        except Exception:  # noqa: BLE001 - pytest would show the arguments of each call, the credential among them
            import traceback

            defect = f"{traceback.format_exc()}\nthis is a defect of the check, and says nothing of the server"
            pytest.fail(defect, pytrace=False)
        else:
            self._take(report)
        if self._problem is not None:
            pytest.fail(f"the server could not be checked: {self._problem}", pytrace=False)
        if report.stopped == "interrupted":
            raise KeyboardInterrupt

    def _take(self, report: Report) -> None:
        self._verdicts = {verdict.clause.name: verdict for verdict in report.verdicts}
        self._session.config.stash[_REPORT] = report
        folder = _asked(self._session.config, "report")
        if folder is not None:
            from abeja_datasets_contract.check.report import write

            write(report, folder)

    def _chosen(self) -> Options:
        """Return the options, with the clauses that `-k` and similar options have left."""
        from dataclasses import replace

        left = tuple(item.clause.name for item in self._session.items if isinstance(item, ClauseItem))
        return self._options if len(left) == len(self.clauses) else replace(self._options, select=left, skip=())


_REPORT = pytest.StashKey["Report"]()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Return the line that names the server and the organization."""
    url = _asked(config, "url")
    return None if url is None else f"abeja contract: {url}, organization {_asked(config, 'organization-id')}"


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print what no single test shows: that the check ended early, and what it left on the server."""
    report = config.stash.get(_REPORT, None)
    if report is None:
        return
    notes = [f"left behind: {text}" for text in report.left_behind]
    notes += [f"passes again: {each.clause.name}, known to fail: {each.known}" for each in report.mended]
    if report.kept:
        notes.append(f"kept on the server as asked; `abeja-datasets check --clean-up {report.kept}` removes it")
    if report.stopped is not None:
        notes.append(f"the check ended early: {report.stopped}")
    if notes:
        from abeja_datasets_contract.check.report.printable import one_line

        terminalreporter.section("abeja contract")
        for note in notes:
            terminalreporter.write_line(one_line(note))


def _asked(config: pytest.Config, name: str) -> Any:
    return config.getoption(_PREFIX + name)


def _options(config: pytest.Config) -> Options:
    from abeja_datasets_contract.check_options import OPTIONS, Options, mode

    given = {option.field: _asked(config, option.name) for option in OPTIONS}
    given |= {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    other = given["other_organization_id"]
    return Options(
        mode=mode(allow_writes=_asked(config, "allow-writes"), disposable=_asked(config, "disposable")),
        other_authorization=None if other is None else _authorization(_OTHER),
        **given,
    )


def _authorization(prefix: str) -> str:
    from abeja_datasets.configuration.credentials import resolve

    environ = {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix)}
    credential = resolve(None, environ)
    if credential is None:
        raise ValueError(
            f"no credential; set {prefix}PLATFORM_AUTH_TOKEN, or {prefix}ABEJA_PLATFORM_USER_ID with "
            f"{prefix}ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN"
        )
    return credential.authorization
