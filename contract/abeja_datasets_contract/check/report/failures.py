"""A failure as text: what was promised and where, what came, the requests that show it, and how to send them again."""

from dataclasses import dataclass

from abeja_datasets_contract.check.results import Exchange, Failure

from .curl import curl
from .printable import SHORT, body_text, one_line, plural, printable, size
from .source import line, place

SHOWN = 3
"""As many failures of one clause as a person reads in a row; the others look like them."""
CONTEXT = 6
"""As many requests that led up to a failure as are listed: the last ones."""

_HEADLINE = 100


@dataclass(frozen=True)
class Part:
    """A labelled piece of a failure's text."""

    label: str
    text: str
    copied: bool = False
    """Whether it is to be copied into a shell, and so must not be broken into lines or cut."""


def parts(failure: Failure) -> list[Part]:
    """Take a failure apart, in the order of reading."""
    source = failure.clause.source
    where = source if line(source) is None else f"{source} ({place(source)})"
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
    elif failure.context:
        again = "\n".join(curl(exchange) for exchange in failure.context[-CONTEXT:])
        found.append(Part("again", again, copied=True))
    return found


def text(failure: Failure) -> str:
    """Write a failure as plain text: the clause and what came in the first line, then its parts."""
    lines = [f"{one_line(failure.clause.name)}: {one_line(failure.came)[:_HEADLINE]}"]
    for part in parts(failure):
        first, *others = part.text.split("\n") if not part.copied else [part.text]
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


def _shown(exchange: Exchange) -> list[Part]:
    sent, received = exchange.sent, exchange.received
    found = [Part("request", f"#{exchange.number} {one_line(sent.method)} {one_line(sent.url)}")]
    if sent.body:
        found.append(Part("with", body_text(sent.body, SHORT)))
    found.append(Part("response", response(exchange)))
    if received is not None and received.body:
        found.append(Part("body", body_text(received.body, SHORT)))
    return [*found, Part("again", curl(exchange), copied=True)]
