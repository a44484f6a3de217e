"""The traffic as an HTTP Archive, version 1.2, which browsers' developer tools and many programs open.

Credentials stand as the names of shell variables, as in every record of the check; values of cookies are masked. A
body that is not UTF-8 is in base64: for responses the format has a field for that (`encoding`), for requests the
comment of the body says so. The comment of each entry has its exchange's number, stage and operation.
"""

import base64
import io
from urllib.parse import parse_qsl, urlsplit

import harfile

from abeja_datasets_contract.check.results import Exchange, Report

from .figures import utc
from .printable import no_surrogates

MASKED = "[masked]"
_VERSION = "HTTP/1.1"
_COOKIES = frozenset({"cookie", "set-cookie"})
_CREATOR = harfile.Creator("abeja-datasets check", "1")

Headers = tuple[tuple[str, str], ...]


def har(report: Report) -> str:
    """Write the archive of a report's exchanges, in the order of sending."""
    file = io.StringIO()
    comment = no_surrogates(f"the check {report.run} of {report.url}")
    with harfile.open(file, creator=_CREATOR, comment=comment) as archive:
        for exchange in report.exchanges:
            milliseconds = round(exchange.seconds * 1000, 3)
            archive.add_entry(
                startedDateTime=utc(exchange.started).isoformat(timespec="milliseconds"),
                time=milliseconds,
                request=_request(exchange),
                response=_response(exchange),
                timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
                comment=entry_comment(exchange),
            )
    return file.getvalue() + "\n"


def entry_comment(exchange: Exchange) -> str:
    """Return the comment by which an exchange is found: `#12 items get_dataset_item`."""
    return " ".join(filter(None, (f"#{exchange.number}", exchange.stage, exchange.operation)))


def _request(exchange: Exchange) -> harfile.Request:
    sent = exchange.sent
    query = parse_qsl(urlsplit(sent.url).query, keep_blank_values=True, errors="backslashreplace")
    return harfile.Request(
        method=sent.method,
        url=no_surrogates(sent.url),
        httpVersion=_VERSION,
        headers=_headers(sent.headers),
        queryString=[harfile.Record(no_surrogates(name), no_surrogates(value)) for name, value in query],
        postData=_posted(sent.headers, sent.body) if sent.body else None,
        bodySize=len(sent.body or b""),
    )


def _posted(headers: Headers, body: bytes) -> harfile.PostData:
    text, encoding = _text(body)
    comment = f"in {encoding}: the body is not UTF-8" if encoding else None
    return harfile.PostData(mimeType=_media_type(headers), text=text, comment=comment)


def _response(exchange: Exchange) -> harfile.Response:
    received = exchange.received
    if received is None:  # as browsers write it
        content, comment = harfile.Content(mimeType="x-unknown"), no_surrogates(exchange.error or "no response")
        return harfile.Response(status=0, statusText="", httpVersion=_VERSION, content=content, comment=comment)
    text, encoding = _text(received.body)
    return harfile.Response(
        status=received.status,
        statusText=no_surrogates(received.reason),
        httpVersion=_VERSION,
        headers=_headers(received.headers),
        content=harfile.Content(
            size=len(received.body), mimeType=_media_type(received.headers), text=text, encoding=encoding or None
        ),
        redirectURL=no_surrogates(_first(received.headers, "location")),
        bodySize=len(received.body),
    )


def _headers(headers: Headers) -> list[harfile.Record]:
    return [
        harfile.Record(no_surrogates(name), MASKED if name.lower() in _COOKIES else no_surrogates(value))
        for name, value in headers
    ]


def _first(headers: Headers, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _media_type(headers: Headers) -> str:
    return no_surrogates(_first(headers, "content-type") or "application/octet-stream")


def _text(body: bytes) -> tuple[str, str]:
    """Return a body as text, and its encoding where it had to be encoded."""
    try:
        return body.decode(), ""
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"
