"""Where an API, or an operation, can be reached."""

from itertools import product
from typing import Any

from abeja_datasets_contract.diff.report.findings import Audience
from abeja_datasets_contract.diff.rules.sides import Sides

_OF_ALL = "#/servers"
_DEFAULT: tuple[Audience, ...] = ("callers sending", "generated code")
"""Whom it concerns which server is used where none is chosen."""
_MOST = 1000
"""Of more combinations of its variables than this, a server's URL is compared as it is written."""


def compare_servers(sides: Sides) -> None:
    """Compare the servers of the whole API, and those of each operation that has its own in either document."""
    both = [
        (sides.old_operations[key], new) for key, new in sides.new_operations.items() if key in sides.old_operations
    ]
    places = [
        (*(side.place(one) for side, one in zip(sides.servers, pair, strict=True)), pair[1].name) for pair in both
    ]
    of_all = (_OF_ALL, _OF_ALL)
    if not places or any(tuple(ends) == of_all for *ends, _ in places):
        _compare(sides, *of_all)
    for old, new, operation in places:
        if (old, new) != of_all:
            _compare(sides, old, new, operation)
    if sides.moved:
        base, after = (side.base or "/" for side in sides.servers)
        words = f"the path of the servers was {base} and is {after}, and the paths changed so that all URLs stay"
        sides.add("base-path-moved", "warning", ("generated code",), words, old=_OF_ALL, new=_OF_ALL)


def _compare(sides: Sides, old: str, new: str, operation: str = "") -> None:
    """Compare the URLs of the servers at two places, their variables filled in."""
    servers = [side.at(place) for side, place in zip(sides.servers, (old, new), strict=True)]
    mine, others = map(_urls, servers)
    for url in mine:
        if url not in others:
            words = f"the server {url} was removed"
            sides.add("server-removed", "breaking", ("callers sending",), words, operation, old=old, new=new)
    for url in others:
        if url not in mine:
            words = f"the server {url} was added"
            sides.add("server-added", "compatible", ("callers sending",), words, operation, old=old, new=new)
    if {*mine} == {*others} and _usual(servers[0]) != _usual(servers[1]):
        words = "the server that is used where none is chosen changed"
        sides.add("server-default-changed", "warning", _DEFAULT, words, operation, old=old, new=new)
    elif {*mine} == {*others} and _described(servers[0]) != _described(servers[1]):
        words = "the description of a server was changed"
        sides.add("description-changed", "docs", ("callers sending",), words, operation, old=old, new=new)


def _urls(servers: list[dict[str, Any]]) -> list[str]:
    """Return the URLs of servers. A variable without a list of its values stays as it is written."""
    found = [url for server in servers for url in _filled(server)]
    return list(dict.fromkeys(found))


def _filled(server: dict[str, Any]) -> list[str]:
    url = _plain(server.get("url"))
    named = {name: said.get("enum") or [] for name, said in _variables(server).items() if f"{{{name}}}" in url}
    listed = {name: values for name, values in named.items() if values}
    count = 1
    for values in listed.values():
        count *= len(values)
    if count > _MOST:
        return [url]
    filled = []
    for values in product(*listed.values()):
        one = url
        for name, value in zip(listed, values, strict=True):
            one = one.replace(f"{{{name}}}", str(value))
        filled.append(_plain(one))
    return filled


def _described(servers: list[dict[str, Any]]) -> dict[str, Any]:
    return {url: server.get("description") for server in servers for url in _filled(server)}


def _usual(servers: list[dict[str, Any]]) -> str:
    """Return the URL of the first server with the defaults of its variables."""
    first = next(iter(servers), {})
    url = _plain(first.get("url"))
    for name, said in _variables(first).items():
        url = url.replace(f"{{{name}}}", str(said.get("default", "")))
    return url


def _variables(server: dict[str, Any]) -> dict[str, dict[str, Any]]:
    variables = server.get("variables")
    return (
        {name: said for name, said in variables.items() if isinstance(said, dict)}
        if isinstance(variables, dict)
        else {}
    )


def _plain(url: Any) -> str:
    """Return a URL without what has no meaning: a slash at its end, and the case of its host."""
    text = str(url)
    scheme, mark, rest = text.partition("://")
    if mark:
        host, slash, path = rest.partition("/")
        text = f"{scheme.lower()}://{host if '{' in host else host.lower()}{slash}{path}"
    return text.rstrip("/") or "/"
