"""What stands between here and the server: proxies, and the certificates that are trusted."""

import os
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from abeja_datasets_cli.doctor.findings import Finding

_PROXIES: Final = ("all_proxy", "http_proxy", "https_proxy")
_SECRET: Final = "[secret]"
_HASHED: Final = re.compile(r"[0-9a-f]{8}\.\d+")
"""How OpenSSL looks up a certificate in a folder: a file of this name."""


def proxy_findings(environ: Mapping[str, str], base_url: str) -> Iterator[Finding]:
    """Find the proxy variables in force, and whether requests to the API go through a proxy.

    Args:
        environ: the environment variables of this process, since httpx reads those.
        base_url: where requests go.
    """
    for name in sorted(environ):
        if name.lower() in (*_PROXIES, "no_proxy") and environ[name]:
            shown = environ[name] if name.lower() == "no_proxy" else without_userinfo(environ[name])
            yield Finding("ok", name, f"set to {shown}")
    yield _route(base_url)


def _route(base_url: str) -> Finding:
    import httpx

    from abeja_datasets.transports.proxies import proxy_for

    given = urllib.request.getproxies()
    try:
        proxy = proxy_for(base_url)
        if proxy:
            # httpx refuses some proxies. The certificates are another matter, and reading them takes long.
            httpx.HTTPTransport(proxy=httpx.Proxy(proxy.url), verify=False).close()
    except ImportError as error:
        return Finding("problem", "proxy", f"a proxy can't be used: {error}", "pip install 'httpx[socks]'")
    except (ValueError, httpx.InvalidURL):
        shown = ", ".join(without_userinfo(url) for scheme, url in given.items() if scheme != "no")
        text = f"one of these is not a URL of a proxy, so that no client can be used: {shown}"
        return Finding("problem", "proxy", text, "Use a URL such as http://proxy.example.com:8080, or unset it")
    if proxy:
        return Finding("ok", "proxy", f"requests to {base_url} go through {without_userinfo(proxy.url)}")
    if given.get(urllib.parse.urlsplit(base_url).scheme) or given.get("all"):
        return Finding("ok", "proxy", f"requests to {base_url} go to it directly: NO_PROXY exempts it")
    return Finding("ok", "proxy", f"requests to {base_url} go to it directly: no proxy is set for it")


def without_userinfo(url: str) -> str:
    """Return the URL of a proxy with its user and password blanked out, also where it is malformed."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    userinfo, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{_SECRET}@{host}" if at and userinfo else url


def proxy_secrets(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Return user and password of each proxy, to blank them out."""
    for name in environ:
        if name.lower() in _PROXIES:
            userinfo = environ[name].partition("://")[2].rpartition("@")[0] or environ[name].rpartition("@")[0]
            user, colon, password = userinfo.partition(":")
            if colon:
                yield user, password
                yield urllib.parse.unquote(user), urllib.parse.unquote(password)


def certificate_findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Find which certificates are trusted, and whether they can be read."""
    from abeja_datasets.transports.trust import VARIABLES, certificates, ssl_context

    named = certificates(environ)
    if named is None:
        import certifi

        yield Finding("ok", "certificates", f"those of certifi, in {certifi.where()} (none of {', '.join(VARIABLES)})")
        return
    variable, value = named
    try:
        context = ssl_context(environ)
    except ValueError as error:
        text = str(error).removeprefix(f"{variable}: ")
        yield Finding("problem", variable, f"{text}. No client can be used", f"Correct or unset {variable}")
        return
    yield _trusted(variable, value, context.cert_store_stats()["x509"])
    for other in VARIABLES[VARIABLES.index(variable) + 1 :]:
        if environ.get(other):
            yield Finding("note", other, f"not used: {variable} goes first")


def _trusted(variable: str, value: str, loaded: int) -> Finding:
    folders = [folder for folder in value.split(os.pathsep) if Path(folder).is_dir()]
    if not folders:
        return Finding("ok", variable, f"the certificates in {value} are trusted ({loaded}), and no others")
    try:
        hashed = sum(bool(_HASHED.fullmatch(file.name)) for folder in folders for file in Path(folder).iterdir())
    except OSError as error:
        text = f"{error.filename} can't be read: {error.strerror}"
        return Finding("problem", variable, text, "Correct its permissions, or unset the variable")
    if hashed:
        return Finding("ok", variable, f"the certificates in {value} are trusted ({hashed}), and no others")
    text = f"{value} holds no certificate under the name that OpenSSL looks for: no https server is trusted"
    return Finding("problem", variable, text, f"Run: openssl rehash {value}")
