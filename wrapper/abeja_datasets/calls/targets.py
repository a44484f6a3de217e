"""Where a request goes: the path and the query, quoted, on the one origin of a client."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

MAX_LENGTH: Final = 65_536
"""Characters of the longest URL that is sent."""

_PORTS: Final = {"http": 80, "https": 443}


def target(path: str, params: Mapping[str, str | list[str]]) -> str:
    """Return a path with its query.

    Args:
        path: quoted.
        params: the query; a list stands for the same parameter several times.

    Raises:
        ValueError: the URL is too long.
    """
    if params:
        path = f"{path}?{urlencode(params, doseq=True)}"
    if len(path) > MAX_LENGTH:
        raise ValueError(f"no URL can be made of these arguments: it would be too long, {len(path):,} characters")
    return path


def redirected(origin: str, current: str, location: str) -> str | None:
    """Return the target that a redirect leads to; None where that is another origin, or no place at all.

    Args:
        origin: of the request.
        current: its target.
        location: the value of `Location`.
    """
    try:
        place = urlsplit(urljoin(origin + current, location))
        here = urlsplit(origin)
        # Anywhere else would be given the credential.
        is_same = (place.scheme, place.hostname, _port(place)) == (here.scheme, here.hostname, _port(here))
        path = quote(place.path, safe="/%:@!$&'()*+,;=~") or "/"
    except ValueError:
        return None
    query = f"?{quote(place.query, safe='/%:@!$&()*+,;=~?')}" if place.query else ""
    return path + query if is_same and len(path + query) <= MAX_LENGTH else None


def _port(parts: Any) -> int | None:
    return parts.port or _PORTS.get(parts.scheme)
