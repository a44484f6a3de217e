"""A failure as text: what was promised and where, what came, the requests that show it, and how to send them again."""

from dataclasses import dataclass

from abeja_datasets_contract.check.report.again.replay import CONTEXT, again
from abeja_datasets_contract.check.report.again.traffic import Traffic
from abeja_datasets_contract.check.results import Exchange, Failure

from .printable import SHORT, body_text, one_line, plural, printable, size

SHOWN = 3
"""As many failures of one clause as a person reads in a row; the others look like them."""
_HEADLINE = 100
# What each response has, or its summary says already.
_DULL = frozenset({"date", "server", "content-type", "content-length", "connection", "keep-alive", "set-cookie"})


@dataclass(frozen=True)
class Part:
    """A labelled piece of a failure's text."""

    label: str
    text: str
    copied: bool = False
    """Whether it is to be copied into a shell, and so must not be broken into lines or cut."""


def parts(failure: Failure, traffic: Traffic) -> list[Part]:
    """Return the parts of a failure, in the order of reading."""
    clause = failure.clause
    where = clause.source if clause.line is None else f"{clause.source} ({clause.place})"
    found = [
        Part("promise", printable(failure.clause.promise)),
        Part("source", one_line(where)),
        Part("promised", printable(failure.promised)),
        Part("came", printable(failure.came)),
    ]
    if failure.context:
        found.append(Part("before", before(failure.context)))
    if failure.exchange is not None:
        found += _shown(failure.exchange)
    lines = again(failure, traffic)
    return [*found, Part("again", lines, copied=True)] if lines else found


def text(failure: Failure, traffic: Traffic) -> str:
    """Write a failure as plain text: the clause and what came in the first line, then its parts."""
    lines = [f"{one_line(failure.clause.name)}: {one_line(failure.came)[:_HEADLINE]}"]
    for part in parts(failure, traffic):
        if part.copied and "\n" in part.text:
            lines += [f"  {part.label}", part.text]
            continue
        first, *others = part.text.split("\n")
        lines.append(f"  {part.label:<9} {first}")
        lines += [f"  {'':<9} {other}" for other in others]
    return "\n".join(lines)


def summary(exchange: Exchange) -> str:
    """Write an exchange in a line: `#12 PUT https://… → 200 OK, 513 bytes`."""
    return f"#{exchange.number} {one_line(exchange.sent.method)} {one_line(exchange.sent.url)} → {response(exchange)}"


def response(exchange: Exchange) -> str:
    """Write what came in a line, without the body."""
    received = exchange.received
    if received is None:
        return one_line(exchange.error or "no response")
    kind = next((value for name, value in received.headers if name.lower() == "content-type"), "no media type")
    return one_line(f"{f'{received.status} {received.reason}'.strip()}, {kind}, {size(len(received.body))}")


def before(exchanges: tuple[Exchange, ...]) -> str:
    """List the requests that led up to a failure, a line for each."""
    lines = [summary(exchange) for exchange in exchanges[-CONTEXT:]]
    left = len(exchanges) - len(lines)
    return "\n".join([*([f"({plural(left, 'request')} before these)"] if left else []), *lines])


def heads(headers: tuple[tuple[str, str], ...]) -> list[str]:
    """Return the headers of a response that say something of it, a line for each."""
    return [one_line(f"{name}: {value}") for name, value in headers if name.lower() not in _DULL]


def _shown(exchange: Exchange) -> list[Part]:
    sent, received = exchange.sent, exchange.received
    found = [Part("request", f"#{exchange.number} {one_line(sent.method)} {one_line(sent.url)}")]
    if sent.body:
        found.append(Part("with", body_text(sent.body, SHORT)))
    if received is None:
        return [*found, Part("response", response(exchange))]
    found.append(Part("response", "\n".join([response(exchange), *heads(received.headers)])))
    return [*found, Part("body", body_text(received.body, SHORT))] if received.body else found
