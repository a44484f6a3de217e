"""The path part of servers' URLs, which stands before each path of an operation on the wire.

A part of it may move from the servers into the paths, or back, and each request keeps its URL.
"""

from typing import Any
from urllib.parse import urlsplit

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.operations import Operation, operations, path_items
from abeja_datasets_contract.openapi.pointers import child

_ROOT = [{"url": "/"}]
"""What the OpenAPI Specification puts where no servers are named."""
Operations = dict[tuple[str, str], Operation]


class Servers:
    """The servers of the operations of a document.

    Args:
        document: where they are named.

    Attributes:
        base: the path of all servers of the document; empty where they differ, or an operation has its own.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._operations = operations(document)
        self._moved = ""
        self.base = self._find_base()

    def place(self, operation: Operation) -> str:
        """Return where the servers of an operation are named: its own, those of its path, or those of the document."""
        holders = [operation.pointer, *path_items(self._document, operation.path)]
        own = (holder for holder in holders if self._document.mapping(holder).get("servers"))
        return child(next(own, "#"), "servers")

    def at(self, place: str) -> list[dict[str, Any]]:
        """Return the servers named at a place, their URLs without the path that `move` took out of them."""
        named = self._document.mapping(place.rpartition("/")[0]).get("servers") or _ROOT
        servers = [server for server in named if isinstance(server, dict)]
        return [{**server, "url": _url(server).removesuffix(self._moved)} for server in servers]

    def _find_base(self) -> str:
        paths = {_path(_url(server)) for server in self.at("#/servers")}
        own = any(self.place(operation) != "#/servers" for operation in self._operations.values())
        return paths.pop() if len(paths) == 1 and not own else ""

    def operations(self, *, whole: bool) -> Operations:
        """Return the operations by method and path; where `whole`, by the path with that of the servers before it."""
        base = self.base if whole else ""
        return {(method, base + path): one for (method, path), one in self._operations.items()}

    def move(self) -> None:
        """Take the path of all servers out of their URLs, as it counts as a part of the operations' paths."""
        self._moved = self.base


def matched(old: Servers, new: Servers) -> tuple[Operations, Operations, bool]:
    """Return the operations of both documents by what they are matched by, and whether that is their whole path.

    Whole paths count where more operations have the same whole path than have the same path.
    """
    plain = (old.operations(whole=False), new.operations(whole=False))
    if old.base != new.base:
        whole = (old.operations(whole=True), new.operations(whole=True))
        if len(whole[0].keys() & whole[1].keys()) > len(plain[0].keys() & plain[1].keys()):
            old.move()
            new.move()
            return *whole, True
    return *plain, False


def _url(server: dict[str, Any]) -> str:
    return str(server.get("url")).rstrip("/")


def _path(url: str) -> str:
    """Return the path of a URL, in which variables may stand; a relative URL is a path itself."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
