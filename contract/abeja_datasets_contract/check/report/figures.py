"""What every report says about a check, worked out once: the outcome in a sentence, clauses by group, time by stage."""

import datetime as dt
import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from abeja_datasets_contract.check.results import (
    AUTHORIZATION,
    OTHER_AUTHORIZATION,
    Cause,
    CredentialKind,
    Exchange,
    Failure,
    Mode,
    Report,
    Status,
    Verdict,
)

from .printable import plural

KNOWN = "known"
"""The state of a clause whose failure is known."""
_NAMED = 3
"""As many failing clauses as the last line names."""
CREDENTIALS = (
    "In the lines for the shell, $AUTHORIZATION is the value of the header Authorization. "
    "Set it first, from the variables that the check reads:"
)
_PAIRS = {
    CredentialKind.USER: ("ABEJA_PLATFORM_USER_ID", "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN"),
    CredentialKind.DATASOURCE: ("ABEJA_PLATFORM_DATASOURCE_ID", "ABEJA_PLATFORM_DATASOURCE_SECRET"),
}
"""The variables of each kind of credential that has an id and a secret."""


@dataclass(frozen=True)
class Group:
    """Clauses whose names begin alike: `items` of `items.update.replaces`."""

    name: str
    verdicts: tuple[Verdict, ...]

    def count(self, status: Status) -> int:
        """Count the clauses that ended so."""
        return sum(verdict.status is status for verdict in self.verdicts)

    @property
    def tally(self) -> str:
        """Return how they ended: `12 pass, 1 fail, 2 known, 3 not checked`."""
        counts = Counter(map(state, self.verdicts))
        states = (Status.PASS, Status.FAIL, KNOWN, Status.NOT_CHECKED)
        return ", ".join(f"{counts[each]} {each}" for each in states if counts[each])


@dataclass(frozen=True)
class Stage:
    """What a stage took."""

    name: str
    clauses: int
    requests: int
    seconds: float
    """From its first request to the end of its last."""


def state(verdict: Verdict) -> str:
    """Return in a word how a clause ended."""
    return KNOWN if verdict.known and verdict.status is Status.FAIL else verdict.status


def exports(report: Report) -> str:
    """Write the lines for the shell that set the credentials from the variables that the check reads."""
    lines = [_export(AUTHORIZATION, report.credential, "")]
    if report.other_credential:
        lines.append(_export(OTHER_AUTHORIZATION, report.other_credential, "OTHER_"))
    return "\n".join(lines)


def _export(variable: str, kind: CredentialKind, prefix: str) -> str:
    name = variable.removeprefix("$")
    if kind is CredentialKind.OTHER:
        return f"export {name}='VALUE OF THE HEADER'"
    if kind is CredentialKind.BEARER:
        return f'export {name}="Bearer ${prefix}PLATFORM_AUTH_TOKEN"'
    number, secret = _PAIRS[kind]
    # As for the client, the id may have the kind before it already. GNU's base64 breaks its lines.
    pair = f'"{kind}-${{{prefix}{number}#{kind}-}}:${prefix}{secret}"'
    return f"export {name}=\"Basic $(printf %s {pair} | base64 | tr -d '\\n')\""


def groups(verdicts: Iterable[Verdict]) -> list[Group]:
    """Group verdicts by the first part of their clauses' names, in the order in which these come up."""
    by_name: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_name.setdefault(verdict.clause.name.partition(".")[0], []).append(verdict)
    return [Group(name, tuple(found)) for name, found in by_name.items()]


def stages(report: Report) -> list[Stage]:
    """Work out the figures of each stage, in the order in which they ran."""
    clauses = Counter(verdict.clause.stage for verdict in report.verdicts)
    sent: dict[str, list[Exchange]] = {}
    for exchange in report.exchanges:
        sent.setdefault(exchange.stage, []).append(exchange)
    names = dict.fromkeys([*sent, *clauses])
    return [Stage(name, clauses[name], len(sent.get(name, ())), _took(sent.get(name, ()))) for name in names]


def reasons(report: Report) -> list[tuple[str, int]]:
    """List why clauses were not checked, and how many for each, the commonest first."""
    unchecked = (reason(each) for each in report.verdicts if each.status is Status.NOT_CHECKED)
    return Counter(unchecked).most_common()


def reason(verdict: Verdict) -> str:
    """Return why a clause was not checked."""
    if verdict.follows and verdict.follows not in verdict.reason:
        return f"follows from {verdict.follows}"
    return verdict.reason or "no reason was given"


def shown_by(cause: Cause, report: Report) -> Failure | None:
    """Return the failure that shows a cause."""
    alike = [failure for failure in report.failures if failure.clause.name in cause.failing]
    return next((each for each in alike if each.exchange is cause.exchange and each.came == cause.came), None)


def touches(cause: Cause) -> str:
    """Return how many clauses a cause touches: `3 clauses fail, 12 are not checked because of it`."""
    failing, following = len(cause.failing), len(cause.following)
    found = f"{plural(failing, 'clause')} {'fails' if failing == 1 else 'fail'}"
    return (
        f"{found}, {following:,} {'is' if following == 1 else 'are'} not checked because of it" if following else found
    )


def outcome(report: Report) -> str:
    """Return in a sentence how the check ended."""
    failed, known, passed = len(report.failed), len(report.known), report.count(Status.PASS)
    checked = failed + known + passed
    if not checked:
        return "Nothing could be checked."
    more = f" {plural(known, 'failure')} {'is' if known == 1 else 'are'} known." if known else ""
    if failed:
        return f"Breaks {failed:,} of the {plural(checked, 'promise')} that were checked.{more}"
    if checked == 1 and passed:
        return "Keeps the one promise that was checked."
    return f"Keeps all{' other' if known else ''} {passed:,} promises that were checked.{more}"


def named(report: Report) -> str:
    """Name the first clauses that fail, and count the others: `a, b, c and 4 more`; empty where none does."""
    names = [verdict.clause.name for verdict in report.failed]
    left = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {left:,} more" if left > 0 else "")


def unchecked(report: Report) -> str:
    """Return how much is not known; empty where everything is."""
    count = report.count(Status.NOT_CHECKED)
    if not count:
        return ""
    return f"{plural(count, 'promise')} {'was' if count == 1 else 'were'} not checked, and may be kept or broken."


def kept(report: Report) -> str:
    """Return where the run's data is, and how to remove it."""
    words = (
        "abeja-datasets",
        "check",
        report.url,
        "--organization-id",
        report.organization_id,
        "--clean-up",
        report.kept,
    )
    return f"the ledger {report.kept} names it; {shlex.join(words)} removes it"


def command(report: Report) -> str:
    """Write the command that checks the same again, as far as a report knows it."""
    modes = {
        Mode.READ_ONLY: [],
        Mode.WRITES: ["--allow-writes"],
        Mode.DISPOSABLE: ["--allow-writes", "--disposable"],
    }
    words = ["abeja-datasets", "check", report.url, "--organization-id", report.organization_id, *modes[report.mode]]
    return shlex.join([*words, "--seed", str(report.seed)])


def moment(when: dt.datetime) -> str:
    """Write a moment in UTC, as `2018-05-20 13:51:16 UTC`."""
    return utc(when).strftime("%Y-%m-%d %H:%M:%S UTC")


def utc(when: dt.datetime) -> dt.datetime:
    """Return a moment in UTC; without an offset it is in UTC."""
    return when.replace(tzinfo=dt.UTC) if when.tzinfo is None else when.astimezone(dt.UTC)


def _took(exchanges: Iterable[Exchange]) -> float:
    spans = [(each.started.timestamp(), each.started.timestamp() + each.seconds) for each in exchanges]
    return max((end for _, end in spans), default=0.0) - min((start for start, _ in spans), default=0.0)
