"""The part of the page that the eye meets first: what is wrong, each thing once, with the request that shows it."""

from abeja_datasets_contract.check.report.again.traffic import Traffic
from abeja_datasets_contract.check.report.figures import CREDENTIALS, shown_by, touches
from abeja_datasets_contract.check.report.printable import plural
from abeja_datasets_contract.check.results import Cause, Failure, Report, Verdict

from .failures import anchor, failure_parts
from .markup import Child, Markup, element, join

_NAMED = 12
"""As many clauses of a cause as are in sight; the others are folded away."""


def causes(report: Report, traffic: Traffic) -> Markup | None:
    """Write the section; None where nothing failed but what is known."""
    found = report.causes
    if not found:
        return None
    return element(
        "section",
        element("h2", "What is wrong"),
        element("p", "Each cause once, with the first request that shows it.", class_="lead"),
        element("p", CREDENTIALS, class_="lead"),
        *(_cause(cause, report, traffic, first=index == 0) for index, cause in enumerate(found)),
        id="causes",
    )


def known(report: Report) -> Markup | None:
    """Write the section on known failures, and those that pass again."""
    if not report.known and not report.mended:
        return None
    return element(
        "section",
        element("h2", "Known failures"),
        element("p", "They do not fail the check.", class_="lead"),
        element("ul", *(_known(each) for each in (*report.mended, *report.known)), class_="reasons named"),
        id="known",
    )


def _known(verdict: Verdict) -> Markup:
    state = "fails" if verdict.failures else "passes again"
    return element(
        "li",
        element("b", state),
        element("span", element("code", verdict.clause.name), f": {verdict.known}"),
    )


def _cause(cause: Cause, report: Report, traffic: Traffic, *, first: bool) -> Markup:
    failure = shown_by(cause, report)
    return element(
        "details",
        element("summary", element("h3", cause.what), element("span", touches(cause), class_="promise")),
        _names("Failing", cause.failing, linked=True),
        _names("Not checked because of it", cause.following),
        *(_proof(failure, traffic) if failure is not None else ()),
        class_="broken",
        open=first,
    )


def _proof(failure: Failure, traffic: Traffic) -> tuple[Child, ...]:
    return (element("div", *failure_parts(failure, traffic), class_="failure"),)


def _names(title: str, names: tuple[str, ...], *, linked: bool = False) -> Markup | None:
    if not names:
        return None
    items = [
        element("li", element("a", name, href=f"#{anchor(name)}") if linked else element("span", name))
        for name in names
    ]
    more = element(
        "details",
        element("summary", f"{plural(len(items) - _NAMED, 'clause')} more"),
        element("ul", *items[_NAMED:], class_="names"),
        class_="more",
    )
    return join(
        element("h4", title, class_="named"),
        element("ul", *items[:_NAMED], class_="names"),
        more if len(items) > _NAMED else None,
    )
