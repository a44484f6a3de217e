"""Rules for the head of a request that the parser does not check, and limits of its size."""

import functools
import re

import httptools

from .requests import Headers

MAX_HEAD = 64 * 1024
"""Bytes of a head with its request line, and of what may frame a body between two pieces of it (such as trailers)."""

MAX_FIELDS = 100
"""Header fields of a request."""

END = b"\r\n\r\n"
"""Ends a head, and a chunked body with its trailers."""

# RFC 9110, section 7.2, and RFC 3986, section 3.2.2: an address in brackets or a name, and maybe a port.
_HOST = re.compile(rb"(\[[0-9A-Za-z:.%_~-]+\]|([0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(:[0-9]*)?")
_NO_HOST = "Host: not a host; send HOST or HOST:PORT"


class Malformed(Exception):
    """A request that breaks a rule of HTTP; the message names the field and the fix."""


def check_head(version: str, headers: Headers) -> int | None:
    """Check the rules of RFC 9112 for the header fields of a request, and return the length of its body.

    Returns:
        None for a body in chunks.

    Raises:
        Malformed: a field is missing, is repeated, or holds a value that no request may have.
    """
    fields = dict(headers)
    host = fields.get(b"host")
    if host is None or len(fields) < len(headers) or b"transfer-encoding" in fields or b"te" in fields:
        _check_all(version, headers)
    elif not _is_host(host):
        raise Malformed(_NO_HOST)
    # The parser has checked that it is one number, and that no other framing is beside it.
    return None if b"transfer-encoding" in fields else int(fields.get(b"content-length", 0))


def _check_all(version: str, headers: Headers) -> None:
    hosts, codings = [], []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"transfer-encoding":
            codings.append(value)
        elif name == b"te":
            _check_te(value)
    if len(hosts) != 1:
        # RFC 9112, section 3.2. HTTP/1.0 has no such field.
        if hosts or version == "1.1":
            raise Malformed(f"Host: {'sent more than once' if hosts else 'missing'}; send it once")
    elif not _is_host(hosts[0]):
        raise Malformed(_NO_HOST)
    if codings:
        _check_codings(version, codings)


@functools.lru_cache(maxsize=256)
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value) is not None


def split_target(target: bytes) -> tuple[bytes, bytes]:
    """Return the path and the query of a request target.

    Raises:
        Malformed: it has neither the origin form nor the absolute form (RFC 9112, section 3.2).
    """
    if target.startswith(b"/") and not target.startswith(b"//") and b"#" not in target:
        path, _, query = target.partition(b"?")
        return path, query
    try:
        parsed = httptools.parse_url(target)
    except httptools.HttpParserInvalidURLError:
        raise Malformed("the target of the request is not a path or a URL; send one that begins with /") from None
    return parsed.path or b"/", parsed.query or b""


def _check_te(value: bytes) -> None:
    # RFC 9110, section 10.1.4.
    if any(coding.partition(b";")[0].strip().lower() == b"chunked" for coding in value.split(b",")):
        raise Malformed("TE: must not list chunked, which every recipient takes")


def _check_codings(version: str, codings: list[bytes]) -> None:
    # RFC 9112, section 6.1: the framing of an HTTP/1.0 request with this field is faulty.
    if version != "1.1":
        raise Malformed(f"Transfer-Encoding: not part of HTTP/{version}; send Content-Length")
    if [coding.strip().lower() for coding in codings] != [b"chunked"]:
        raise Malformed("Transfer-Encoding: this server accepts only chunked")
