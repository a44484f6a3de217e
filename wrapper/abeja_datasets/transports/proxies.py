"""The proxy that the environment names for an origin."""

import ipaddress
import os
import re
from typing import NamedTuple
from urllib.parse import urlsplit


class Proxy(NamedTuple):
    """A proxy, and the variable that names it."""

    url: str
    variable: str

    def __repr__(self) -> str:
        return f"<Proxy of {self.variable}: {self.shown}>"

    @property
    def shown(self) -> str:
        """Its URL without a user and a password."""
        # A password may hold a slash, so that the URL can't be parsed.
        return re.sub("(?<=://).*@", "[secret]@", self.url, flags=re.DOTALL)


def proxy_for(origin: str) -> Proxy | None:
    """Return the proxy to send requests to an origin through; None where there is none.

    `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` hold as for all of Python (`urllib.request.getproxies`).

    Raises:
        ValueError: a variable holds no URL of a proxy. The message names the variable.
    """
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(origin)
    proxies = getproxies()
    name = next((name for name in (parts.scheme, "all") if proxies.get(name)), None)
    if name is None:
        return None
    if any(proxy_bypass(host) for host in (parts.netloc, parts.hostname or "")):
        return None
    url = proxies[name]
    proxy = Proxy(url if "://" in url else f"http://{url}", _variable(name))
    if not _is_usable(proxy.url) or ("://" not in url and "/" in url.rstrip("/")):
        raise ValueError(
            f"{proxy.variable}: the URL of a proxy such as http://proxy:3128 is needed, not {proxy.shown!r:.200}"
        )
    return proxy


def _variable(name: str) -> str:
    # Python looks for the lowercase name first.
    lower = f"{name}_proxy"
    return lower if os.environ.get(lower) else lower.upper()


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host.encode("idna")
        if re.fullmatch(r"[0-9.]+", host) or ":" in host:
            ipaddress.ip_address(host.partition("%")[0])
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return bool(host) and has_port and url.isprintable() and " " not in url


def is_refusal(status: str) -> bool:
    """Return whether a proxy that refuses a CONNECT with this status would refuse it again.

    A 5xx says that it does not reach the server; 408 and 429 ask to come again.
    """
    return status.isdecimal() and 400 <= int(status) < 500 and status not in ("408", "429")  # noqa: PLR2004 - refusals
