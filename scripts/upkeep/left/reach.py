"""What each method of the clients sends and returns: `python -m upkeep.left.reach` calls each one.

Each argument has a value that is recognized wherever it arrives. A transport without a network stands for a server that
follows the document. Standard input has the operations by method name:

    {"get_dataset": {"method": "GET", "path": "/organizations/{…}/datasets/{…}", "query": {"limit": "scalar"},
                     "replies": [[200, {"X-Next-Token": "text"}, "[]", "application/json"]], "last": […], "open": false,
                     "base": "/v2"}}

`query` has what the value of each query parameter is: `scalar`, `list` or `object`. `last` is the last page of a list,
and `open` says whether the operation asks for no credential. The output has a list of calls, see `called`.
"""

import inspect
import json
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import httpx

MARK = "mark"
_MANY = 50
"""Entries that are taken of an iterator, which may have no end."""
_PAGES = 4
_NOT_OPERATIONS = ("close", "to_async", "with_options", "with_raw_response")


def main() -> None:
    """Read what to call, and write the outcome."""
    operations: dict[str, Any] = json.load(sys.stdin)
    for name in [name for name in os.environ if name.startswith(("ABEJA_", "PLATFORM_"))]:
        del os.environ[name]
    json.dump([*_all_called(operations)], sys.stdout)


def _all_called(operations: dict[str, Any]) -> Iterator[dict[str, Any]]:
    from abeja_datasets import APIClient, Client

    server = _Server(operations)
    with httpx.Client(transport=httpx.MockTransport(server.respond)) as http_client:
        client = Client(MARK, {"auth_token": "none"}, max_retry_count=0, http_client=http_client)
        objects = {"APIClient": client.api, "Datasets": client.datasets, "DatasetItems": _items(client)}
        for name, method in [(name, method) for each in objects.items() for name, method in _methods(*each)]:
            known = name.partition(".")[2].replace("iter_", "list_")
            server.operation = known if name.startswith("APIClient.") and known in operations else ""
            yield from called(name, method, server)
        server.operation = ""
        without = APIClient(max_retry_count=0, http_client=http_client)
        yield from _without_credential(without, operations, server)


def _items(client: Any) -> Any:
    from abeja_datasets.dataset_item import DatasetItems

    return DatasetItems(client, MARK, MARK)


def _methods(owner: str, value: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, _ in inspect.getmembers(type(value), inspect.isfunction):
        if not name.startswith("_") and name not in _NOT_OPERATIONS:
            yield f"{owner}.{name}", getattr(value, name)


def _without_credential(client: Any, operations: dict[str, Any], server: "_Server") -> Iterator[dict[str, Any]]:
    for name, operation in operations.items():
        method = getattr(client, name, None)
        if operation["open"] and method is not None:
            server.operation = name
            arguments = {one: marked(parameter) for one, parameter in _required(method).items()}
            yield {"method": f"APIClient.{name}", "given": "no credential", **_result(method, arguments, server)}


class _Server:
    """Responds as the document says, and keeps the requests.

    Attributes:
        base: the path of the documented server.
        operation: the operation that is called; empty where the request alone shows it.
        reply: which of its responses comes.
    """

    def __init__(self, operations: dict[str, Any]) -> None:
        self._operations = operations
        self.base = next((str(one["base"]) for one in operations.values()), "")
        self._paths = [
            (one["method"], re.compile(f"({re.escape(one['base'])})?{any_id(one['path'])}"), name)
            for name, one in operations.items()
        ]
        self.operation = ""
        self.reply = 0
        self.requests: list[httpx.Request] = []

    def respond(self, request: httpx.Request) -> httpx.Response:
        if len(self.requests) >= _PAGES:
            raise httpx.ReadError("the client asks for page after page")
        self.requests.append(request)
        operation = self._operations.get(self.operation or self.of(request), {})
        replies = operation.get("replies") or [[200, {}, "{}", "application/json"]]
        first = len(self.requests) == 1 or not operation.get("last")
        status, headers, body, media = replies[self.reply % len(replies)] if first else operation["last"]
        return httpx.Response(status, headers={**headers, **({"Content-Type": media} if media else {})}, content=body)

    def of(self, request: httpx.Request) -> str:
        """Return the operation that a request is of; empty where there is none."""
        path = request.url.path
        found = (name for method, pattern, name in self._paths if method == request.method and pattern.fullmatch(path))
        return next(found, "")

    def replies(self, operation: str) -> int:
        return len(self._operations.get(operation, {}).get("replies", ()))

    def query(self, operation: str) -> dict[str, str]:
        found: dict[str, str] = self._operations.get(operation, {}).get("query", {})
        return found


def any_id(path: str) -> str:
    """Return a regular expression of a path with any ids."""
    return re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))


def called(name: str, method: Callable[..., Any], server: _Server) -> Iterator[dict[str, Any]]:
    """Call a method with what it requires, once for each documented response, and once with each other argument.

    Yields:
        `method`, `operation`, `given` (the argument beside the required ones, or empty), `parameter` (the key that is
        given in a dict of parameters, or empty), `requests`, `returned` (the type of the result), and `error` (null for
        none).
    """
    required = {one: marked(parameter) for one, parameter in _required(method).items()}
    server.reply = 0
    first = {"method": name, "given": "", **_result(method, required, server)}
    yield first
    operation = str(first["operation"])
    for reply in range(1, server.replies(operation)):
        server.reply = reply
        yield {"method": name, "given": "", **_result(method, required, server)}
    server.reply = 0
    for one, parameter in inspect.signature(method).parameters.items():
        if one not in required:
            for key, value in _values(parameter, server.query(operation)):
                result = _result(method, {**required, one: value}, server)
                yield {"method": name, "given": one, **result, "parameter": key}


def _values(parameter: inspect.Parameter, query: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield the values for an argument, each with the key of the parameter in it, where it is a dict of parameters."""
    value = marked(parameter)
    yield "", value
    if isinstance(value, dict):
        for key, kind in query.items():
            yield key, {key: of_kind(kind)}
    elif parameter.name in query:
        yield parameter.name, of_kind(query[parameter.name])


def of_kind(kind: str) -> Any:
    """Return a value that is recognized, for a parameter of a kind."""
    return {"list": [MARK, f"{MARK}2"], "object": {"key": MARK}}.get(kind, MARK)


def marked(parameter: inspect.Parameter) -> Any:
    """Return a marked value for an argument: a dict or a list where the annotation asks for one."""
    annotation = str(parameter.annotation)
    mark = f"{MARK}-{parameter.name}"
    if annotation.startswith(("list", "Sequence")) or "Sequence[" in annotation.partition("Mapping")[0]:
        return [mark]
    return {mark: mark} if "dict" in annotation or "Mapping" in annotation else mark


def _required(method: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(method).parameters
    return {name: one for name, one in parameters.items() if one.default is inspect.Parameter.empty}


def _result(method: Callable[..., Any], arguments: dict[str, Any], server: _Server) -> dict[str, Any]:
    server.requests = []
    returned, error = "", None
    try:
        value = method(**arguments)
        returned = type(value).__name__
        if hasattr(value, "__next__"):
            deque(islice(value, _MANY), maxlen=0)
    except Exception as raised:  # noqa: BLE001 - whatever a method raises is reported
        error = " ".join(f"{type(raised).__name__}: {raised}".split())
    requests = server.requests
    return {
        "operation": server.operation or (server.of(requests[0]) if requests else ""),
        "parameter": "",
        "requests": [described(request, server.base) for request in requests],
        "returned": returned,
        "error": error,
    }


def described(request: httpx.Request, base: str) -> dict[str, Any]:
    """Return what a request has, as JSON."""
    cookies = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
    return {
        "method": request.method,
        "origin": f"{request.url.scheme}://{request.url.netloc.decode('ascii')}",
        "base": base if base and request.url.path.startswith(f"{base}/") else "",
        "path": request.url.path,
        "query": [list(pair) for pair in request.url.params.multi_items()],
        "raw_query": request.url.query.decode("ascii"),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "cookies": {name: value for name, _, value in cookies if name},
        "body": _body(request.content),
    }


def _body(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode("utf-8", "replace")


if __name__ == "__main__":
    main()
