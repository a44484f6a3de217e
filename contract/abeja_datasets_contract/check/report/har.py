"""The traffic as an HTTP Archive, version 1.2, which browsers' developer tools and many programs open.

Credentials stand as the names of shell variables, as in every record of the check; values of cookies are masked. A
body that is not UTF-8 is in base64: for responses that is in the format (`encoding`), for requests it is marked by
`_encoding`, since the format has no place for it. Each entry carries its exchange's number and stage.
"""

import base64
import datetime as dt
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from abeja_datasets_contract.check.results import Exchange, Report

from .figures import utc

MASKED = "[masked]"
_VERSION = "HTTP/1.1"
_COOKIES = frozenset({"cookie", "set-cookie"})
_UNKNOWN = -1
"""What the format asks for where a size or a time is not known."""

Headers = tuple[tuple[str, str], ...]


def har(report: Report) -> dict[str, Any]:
    """Make the archive of a report's exchanges, in the order of sending."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "abeja-datasets check", "version": "1"},
            "entries": [_entry(exchange) for exchange in report.exchanges],
            "comment": f"the check {report.run} of {report.url}",
        }
    }


def _entry(exchange: Exchange) -> dict[str, Any]:
    milliseconds = round(exchange.seconds * 1000, 3)
    return {
        "startedDateTime": _moment(exchange.started),
        "time": milliseconds,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_number": exchange.number,
        "_stage": exchange.stage,
        **({"_operation": exchange.operation} if exchange.operation else {}),
    }


def _request(exchange: Exchange) -> dict[str, Any]:
    sent = exchange.sent
    request: dict[str, Any] = {
        "method": sent.method,
        "url": sent.url,
        "httpVersion": _VERSION,
        "cookies": [],
        "headers": _headers(sent.headers),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(urlsplit(sent.url).query, keep_blank_values=True, errors="backslashreplace")
        ],
        "headersSize": _UNKNOWN,
        "bodySize": len(sent.body or b""),
    }
    if sent.body:
        text, encoding = _text(sent.body)
        request["postData"] = {"mimeType": _media_type(sent.headers), "text": text}
        if encoding:
            request["postData"] |= {"_encoding": encoding, "comment": f"in {encoding}: the body is not UTF-8"}
    return request


def _response(exchange: Exchange) -> dict[str, Any]:
    received = exchange.received
    headers = received.headers if received else ()
    if received is None:  # as browsers write it
        content: dict[str, Any] = {"size": 0, "mimeType": "x-unknown"}
        status, reason, size = 0, "", _UNKNOWN
    else:
        text, encoding = _text(received.body)
        content = {"size": len(received.body), "mimeType": _media_type(received.headers), "text": text}
        content |= {"encoding": encoding} if encoding else {}
        status, reason, size = received.status, received.reason, len(received.body)
    return {
        "status": status,
        "statusText": reason,
        "httpVersion": _VERSION,
        "cookies": [],
        "headers": _headers(headers),
        "content": content,
        "redirectURL": _first(headers, "location"),
        "headersSize": _UNKNOWN,
        "bodySize": size,
        **({"_error": exchange.error or "no response"} if received is None else {}),
    }


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": MASKED if name.lower() in _COOKIES else value} for name, value in headers]


def _first(headers: Headers, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _media_type(headers: Headers) -> str:
    return _first(headers, "content-type") or "application/octet-stream"


def _text(body: bytes) -> tuple[str, str]:
    """Give a body as text, and its encoding where it had to be encoded."""
    try:
        return body.decode(), ""
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"


def _moment(when: dt.datetime) -> str:
    return utc(when).isoformat(timespec="milliseconds")
