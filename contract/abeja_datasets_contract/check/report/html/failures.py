"""The part of the page that shows broken promises, each with the requests that prove it."""

from abeja_datasets_contract.check.report.again.replay import CONTEXT, again
from abeja_datasets_contract.check.report.again.traffic import Traffic
from abeja_datasets_contract.check.report.failures import response
from abeja_datasets_contract.check.report.printable import SHORT, body_text, one_line, plural, size
from abeja_datasets_contract.check.results import Clause, Exchange, Failure, Report, Status, Verdict

from .markup import Child, Markup, element, join

BODY = 8000
"""As many characters of a body as the page holds, all but the first of them folded away; the HAR has all of it."""
MOST = 50
"""As many failures of one clause as the page shows."""


def anchor(name: str) -> str:
    """Return the id of a broken clause on the page; names of clauses are unique."""
    return "broken-" + "".join(c if c.isascii() and (c.isalnum() or c in ".-") else f"_{ord(c):x}_" for c in name)


def broken(report: Report, traffic: Traffic) -> Markup | None:
    """Write the section; None where nothing failed."""
    failed = [verdict for verdict in report.verdicts if verdict.status is Status.FAIL]
    if not failed:
        return None
    return element(
        "section",
        element("h2", "Broken promises"),
        element("p", "By clause, in the order of the stages.", class_="lead"),
        *(_verdict(verdict, traffic) for verdict in failed),
        id="broken",
    )


def source(clause: Clause) -> Markup:
    """Name where a promise stands: the line, and the pointer."""
    if clause.line is None:
        return element("span", clause.source, class_="source")
    return element("span", element("b", clause.place), " ", element("code", clause.source), class_="source")


def _verdict(verdict: Verdict, traffic: Traffic) -> Markup:
    clause = verdict.clause
    count = max(verdict.failed, len(verdict.failures))
    times = f"{plural(count, 'failure')} in {plural(verdict.checks, 'check')}" if verdict.checks else ""
    first, others = verdict.failures[:1], verdict.failures[1:MOST]
    return element(
        "details",
        element(
            "summary",
            element("h3", clause.name),
            element("span", clause.promise, class_="promise"),
        ),
        element("p", source(clause), element("span", times, class_="times-failed") if times else None),
        element("p", f"Known failure: {verdict.known}") if verdict.known else None,
        *(_failure(failure, traffic) for failure in first),
        _others(others, count, traffic) if others else None,
        class_="broken",
        id=anchor(clause.name),
    )


def _others(others: tuple[Failure, ...], count: int, traffic: Traffic) -> Markup:
    left = count - 1 - len(others)
    return element(
        "details",
        element("summary", f"{plural(len(others), 'failure')} more like this"),
        *(_failure(failure, traffic) for failure in others),
        element("p", f"… and {left:,} like these.") if left else None,
        class_="more",
    )


def _failure(failure: Failure, traffic: Traffic) -> Markup:
    return element("div", *failure_parts(failure, traffic), class_="failure")


def failure_parts(failure: Failure, traffic: Traffic) -> list[Child]:
    """Write a failure: what was promised, what came, the requests, and the lines that show it again."""
    pair = element(
        "div",
        element("div", element("h4", "Promised"), element("p", failure.promised), class_="promised"),
        element("div", element("h4", "Came"), element("p", failure.came), class_="came"),
        class_="pair",
    )
    children: list[Child] = [pair]
    if failure.context:
        children.append(_context(failure.context))
    if failure.exchange is not None:
        children.append(_exchange(failure.exchange))
    lines = again(failure, traffic)
    if lines:
        children += [element("h4", "Show it again"), element("pre", element("code", lines, class_="copy"))]
    return children


def _context(exchanges: tuple[Exchange, ...]) -> Markup:
    shown = exchanges[-CONTEXT:]
    left = len(exchanges) - len(shown)
    return element(
        "details",
        element("summary", f"{plural(len(exchanges), 'request')} that led up to it"),
        element("p", f"The last {len(shown)}:") if left else None,
        *(_exchange(exchange) for exchange in shown),
        class_="more",
    )


def _exchange(exchange: Exchange) -> Markup:
    sent, received = exchange.sent, exchange.received
    status = str(received.status) if received else "none"
    return element(
        "div",
        element(
            "p",
            element("span", f"#{exchange.number}", class_="number"),
            " ",
            element("b", one_line(sent.method), class_="method"),
            " ",
            element("code", one_line(sent.url)),
            class_="line",
        ),
        _message("Request", sent.headers, sent.body or b""),
        element(
            "p",
            element("b", status if received else "no response", class_="status"),
            " ",
            _rest(exchange, status),
            class_="line",
        ),
        _message("Response", received.headers, received.body) if received else None,
        class_="exchange",
    )


def _rest(exchange: Exchange, status: str) -> str:
    return response(exchange).removeprefix(status).lstrip(", ") + f", after {exchange.seconds * 1000:,.0f} ms"


def _message(name: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Markup:
    lines = [join(element("b", f"{key}:"), f" {one_line(value)}\n") for key, value in headers]
    head = element("pre", element("code", *lines)) if lines else None
    label = f"{name}: {plural(len(lines), 'header')}"
    return join(
        element("details", element("summary", label), head, class_="headers") if head else None,
        *_body(body),
    )


def _body(body: bytes) -> list[Markup]:
    if not body:
        return []
    short, long = body_text(body, SHORT), body_text(body, BODY)
    found = [element("pre", element("code", short))]
    if short != long:
        label = element("summary", f"More of the body, of {size(len(body))}")
        found.append(element("details", label, element("pre", element("code", long)), class_="headers"))
    return found
