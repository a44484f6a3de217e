"""Where an API, or an operation, can be reached."""

from itertools import product
from typing import Any

from abeja_datasets_contract.diff.rules.sides import Sides

_MOST = 1000
"""Of more combinations of its variables than this, a server's URL is compared as it is written."""


def compare_servers(sides: Sides, old: Any, new: Any, *, before: str, after: str, operation: str = "") -> None:
    """Compare the URLs of two lists of servers, their variables filled in.

    Args:
        sides: where findings go.
        old: the servers of the old document.
        new: those of the new one.
        before: where `old` stands.
        after: where `new` stands.
        operation: whose servers these are; without it, those of the whole API.
    """
    mine, others = _urls(old), _urls(new)
    if mine and not others:
        sides.add(
            "servers-removed",
            "breaking",
            ("callers sending",),
            "the servers were removed",
            operation,
            old=before,
            new=after,
        )
        return
    for url in mine:
        if url not in others:
            words = f"the server {url} was removed"
            sides.add("server-removed", "breaking", ("callers sending",), words, operation, old=before, new=after)
    for url in others:
        if url not in mine:
            words = f"the server {url} was added" if mine else f"the server is now {url}"
            sides.add(
                "server-added",
                "compatible" if mine else "breaking",
                ("callers sending",),
                words,
                operation,
                old=before,
                new=after,
            )
    if {*mine} == {*others} and _usual(old) != _usual(new):
        words = "the server that is used where none is chosen changed"
        sides.add(
            "server-default-changed",
            "warning",
            ("callers sending", "generated code"),
            words,
            operation,
            old=before,
            new=after,
        )


def _urls(servers: Any) -> list[str]:
    """Return the URLs of servers. A variable without a list of its values stays as it is written."""
    found = [url for server in servers or [] if isinstance(server, dict) for url in _filled(server)]
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


def _usual(servers: Any) -> str:
    """Return the URL of the first server with the defaults of its variables."""
    first = next((server for server in servers or [] if isinstance(server, dict)), {})
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
