"""One authenticated GET, and the reason where it fails."""

import errno
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Final

from abeja_datasets_cli.doctor.findings import Finding

TIMEOUT: Final = 10.0
"""Seconds to connect and for each read, at most."""

_STATUSES: Final = {
    400: ("the server refuses the request", "Check the organization id, and the base URL"),
    401: ("the server does not accept the credential for this organization", "Check the credential and the id"),
    403: ("the credential does not allow this", "Check the permissions of the credential"),
    404: ("the server knows no such path or organization", "Check the base URL, which has no path of the API in it"),
    407: (
        "the proxy wants a user and a password",
        "Put them into the URL of the proxy: http://USER:PASSWORD@HOST:PORT",
    ),
    429: ("too many requests", "Wait, and try again"),
}
_CLASSES: Final = {
    3: (
        "the server redirects to where no request follows",
        "Check the base URL: its scheme, host and path",
    ),
    4: _STATUSES[400],
    5: ("the server, or a proxy before it, fails", "Try again later, and show this to those who run the server"),
}
_UNKNOWN: Final = ("a status that no API sends", "Check the base URL")


def online_findings(environ: Mapping[str, str], organization_id: str) -> Iterator[Finding]:
    """Send one GET of the list of datasets, and find out whether the response is that list.

    Nothing is repeated. A proxy, certificates and the credential are those of the environment, as for any client.

    Args:
        environ: the environment variables of this process.
        organization_id: an organization that the credential is valid for.
    """
    import httpx

    from abeja_datasets import APIClient, exceptions
    from abeja_datasets.configuration.settings import settle

    topic = f"GET /organizations/{organization_id}/datasets/"
    started = time.perf_counter()
    try:
        timeout = min(TIMEOUT, settle({"auth_token": "none"}, None, None, None, environ).timeout)
        with APIClient(timeout=timeout, max_retry_count=0) as client:
            datasets = client.list_datasets(organization_id, max_results=1)
    except exceptions.CredentialNotFound:
        yield Finding("problem", topic, "not sent: there is no credential", "Set one; see Credential above")
    except exceptions.InvalidIdentifier as error:
        yield Finding("problem", topic, f"not sent: {error}", "Correct the organization id")
    except httpx.InvalidURL:
        # Its text may have a part of a password in it.
        yield Finding("problem", topic, "not sent: the URL of a proxy is malformed", "Correct the proxy variables")
    except (exceptions.Error, ValueError, ImportError) as error:
        text, remedy = reason(error)
        yield Finding("problem", topic, f"{text} [{time.perf_counter() - started:.2f} s]", remedy)
    else:
        elapsed = time.perf_counter() - started
        yield _success(topic, datasets, elapsed)


def _success(topic: str, datasets: object, elapsed: float) -> Finding:
    if isinstance(datasets, list):
        return Finding("ok", topic, f"200, a list of datasets, in {elapsed:.2f} s")
    text = f"a success, but no list of datasets [{elapsed:.2f} s]: another API responds"
    return Finding("problem", topic, text, "Check the base URL")


def reason(error: Exception) -> tuple[str, str]:
    """Return in a line why a request failed, and what to do."""
    from abeja_datasets import exceptions

    if isinstance(error, exceptions.HttpError):
        status = error.status_code or 0
        text, remedy = _STATUSES.get(status) or _CLASSES.get(status // 100, _UNKNOWN)
        return f"{status}: {text} ({_short(error.error_description or error.error)})", remedy
    if isinstance(error, exceptions.InvalidResponse):
        text = f"the response is not JSON, as from a login page or another web server ({_short(str(error))})"
        return text, "Check the base URL, and whether a proxy or a network login is in front of it"
    if isinstance(error, exceptions.ConnectionFailed):
        return _failure(error)
    return f"not sent: {error}", "See the problems above"


def _failure(error: Exception) -> tuple[str, str]:
    import httpx

    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _tls(cause)
        if isinstance(cause, httpx.ProxyError):
            return _proxy(str(cause))
        if isinstance(cause, socket.gaierror):
            return f"DNS: the name of the host is not known ({cause.strerror})", "Check the base URL, proxy and DNS"
        if isinstance(cause, OSError) and cause.errno in _SYSTEM:
            return _SYSTEM[cause.errno], "Check the base URL, the proxy, and whether the server runs"
    if isinstance(error, TimeoutError):
        return "timeout: no response in time", "Check the network, proxies and firewalls"
    return f"the connection broke: {_short(str(error))}", "Check the base URL, and what is in front of the server"


_SYSTEM: Final = {
    errno.ECONNREFUSED: "refused: nothing listens at this host and port",
    errno.ECONNRESET: "reset: the connection was ended from the other side",
    errno.EHOSTUNREACH: "no route to this host",
    errno.ENETUNREACH: "the network can't be reached",
}


def _tls(error: ssl.SSLError) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        remedy = "Name the certificate of the one who issued it in SSL_CERT_FILE or REQUESTS_CA_BUNDLE"
        return f"TLS: the certificate is not trusted ({error.verify_message})", remedy
    text = f"TLS: no encrypted connection ({error.reason or error})"
    return text, "Check scheme and port of the base URL: a server without TLS needs http://"


def _proxy(text: str) -> tuple[str, str]:
    if text.startswith("407"):
        reason, remedy = _STATUSES[407]
        return f"proxy 407: {reason}", remedy
    return f"the proxy fails: {_short(text)}", "Check the proxy variables; NO_PROXY exempts a host"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:200]}…"  # noqa: PLR2004 - two lines or three
