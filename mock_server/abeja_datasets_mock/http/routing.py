"""The resource that a path names, and its operations."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_to_bytes

from abeja_datasets_mock.errors import method_not_allowed, not_found
from abeja_datasets_mock.openapi.document import Operation

_IDS = {"organizations": "organization_id", "datasets": "dataset_id", "items": "dataset_item_id"}
"""What handlers call an id, by the segment before it: the document may have another name for it."""
_BROKEN_ESCAPE = re.compile(b"%(?![0-9A-Fa-f]{2})")


class Resource:
    """A path of the document and its operations.

    Attributes:
        size: the number of segments.
        parameters: how many of them are parameters.
        is_collection: whether the last segment is a literal one, and a slash may follow it.
        operations: by method.
    """

    __slots__ = ("_literals", "_parameters", "is_collection", "operations", "parameters", "size")

    def __init__(self, path: str) -> None:
        segments = path.removeprefix("/").split("/")
        self.size = len(segments)
        self.is_collection = not segments[-1].startswith("{")
        self.operations: dict[str, Operation] = {}
        self._literals = [(place, text) for place, text in enumerate(segments) if not text.startswith("{")]
        before = ["", *segments]
        self._parameters = [
            (place, _IDS.get(before[place], text[1:-1])) for place, text in enumerate(segments) if text.startswith("{")
        ]
        self.parameters = len(self._parameters)

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """Return the ids in `size` segments; None where the path is of another resource."""
        for place, literal in self._literals:
            if segments[place] != literal:
                return None
        values = {name: segments[place] for place, name in self._parameters}
        return values if all(values.values()) else None

    def operation(self, method: str) -> Operation:
        """Return the operation of a method.

        Raises:
            Refusal: 405, with all methods that the resource has.
        """
        operation = self.operations.get(method)
        if operation is None:
            raise method_not_allowed(method, self.operations)
        return operation


class Routes:
    """The resources of the document.

    A path that ends in a literal segment names a collection. Its spellings with and without a slash at the end are one
    resource: the document has operations on either, and clients send both. Where two paths fit, the one with more
    literal segments goes first (OpenAPI 3.1, section 4.8.8.2).
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._resources: dict[int, list[Resource]] = {}
        known: dict[str, Resource] = {}
        for operation in operations:
            path = operation.path.rstrip("/")
            if path not in known:
                known[path] = resource = Resource(path)
                self._resources.setdefault(resource.size, []).append(resource)
            known[path].operations[operation.method] = operation
        for resources in self._resources.values():
            resources.sort(key=lambda resource: resource.parameters)

    def find(self, raw_path: bytes) -> tuple[Resource, Mapping[str, str]]:
        """Return the resource of a path as it was sent: `%2F` does not separate segments.

        Raises:
            Refusal: 404.
        """
        names = segments(raw_path)
        collection = len(names) > 1 and not names[-1]
        if collection:
            names.pop()
        for resource in self._resources.get(len(names), ()):
            if collection and not resource.is_collection:
                continue
            parameters = resource.match(names)
            if parameters is not None:
                return resource, parameters
        raise not_found("path: the API has no such resource")


def segments(raw_path: bytes) -> list[str]:
    """Return the segments of a path as it was sent, decoded one by one.

    Raises:
        Refusal: 404.
    """
    path = raw_path.removeprefix(b"/")
    try:
        if b"%" not in path:
            return path.decode("utf-8").split("/")
        if _BROKEN_ESCAPE.search(path):
            raise not_found("path: holds a percent sign that two hexadecimal digits don't follow; write it as %25")
        return [unquote_to_bytes(segment).decode("utf-8") for segment in path.split(b"/")]
    except UnicodeDecodeError:
        raise not_found("path: not UTF-8; percent-encode each segment as UTF-8") from None
