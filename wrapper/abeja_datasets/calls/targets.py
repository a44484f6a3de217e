"""Where a request goes: the path and the query, quoted, on the one origin of a client."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from abeja_datasets.calls import bodies

MAX_LENGTH: Final = 65_536
"""Characters of the longest URL that is sent."""

_PORTS: Final = {"http": 80, "https": 443}


def target(path: str, params: Mapping[str, Any]) -> str:
    """Return a path with its query.

    Args:
        path: quoted.
        params: the query; a list stands for the same parameter several times.

    Raises:
        ValueError: a value has no UTF-8 form, or the URL is too long.
    """
    if params:
        for name, value in params.items():
            bodies.check_text("params", name)
            bodies.check_text(name, value)
        path = f"{path}?{urlencode(list(_pairs(params)))}"
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


def _pairs(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (str(name), _text(one))
        for name, value in params.items()
        for one in (value if isinstance(value, list | tuple) else (value,))
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
