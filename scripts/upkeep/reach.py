"""What each method of the clients sends: `python -m upkeep.reach` calls each one.

Each argument has a value that is recognized wherever it arrives. A transport without a network catches the request.
Standard input has, by method, the names of its query parameters. The output has, by client and method, the request or
the error that was raised instead:

    {"APIClient": {"get_dataset": {"method": "GET", "path": "/organizations/mark/datasets/mark", "query": [],
                                   "headers": [], "cookies": [], "body": null}}}

`body` is null, `"whole"` where an argument is the body as it was given, or the list of the fields that were reached.
"""

import asyncio
import inspect
import json
import sys
from typing import Any

import httpx

from upkeep.contract import WHOLE

MARK = "mark"


def main() -> None:
    """Read what to call, and write the requests."""
    from abeja_datasets import APIClient, AsyncAPIClient

    queries: dict[str, list[str]] = json.load(sys.stdin)
    results: dict[str, dict[str, Any]] = {"APIClient": {}, "AsyncAPIClient": {}}
    for name, query in queries.items():
        for client_class, send in ((APIClient, _send), (AsyncAPIClient, _send_async)):
            method = getattr(client_class, name, None)
            if method is not None:
                results[client_class.__name__][name] = send(client_class, name, marked(method, query))
    json.dump(results, sys.stdout)


def marked(method: Any, query: list[str]) -> dict[str, Any]:
    """Return a marked value for each argument of a method: a dict or a list where the annotation asks for one."""
    arguments: dict[str, Any] = {}
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        annotation = str(parameter.annotation)
        if annotation.startswith("list"):
            arguments[parameter.name] = [MARK]
        elif annotation.startswith("dict"):
            # Its keys may be parameters or fields.
            arguments[parameter.name] = dict.fromkeys([MARK, *query], MARK)
        else:
            arguments[parameter.name] = MARK
    return arguments


class _Caught:
    """Keeps the last request."""

    def __init__(self) -> None:
        self.request: httpx.Request | None = None

    def respond(self, request: httpx.Request) -> httpx.Response:
        self.request = request
        return httpx.Response(200, json={})


def _send(client_class: Any, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    caught = _Caught()
    with httpx.Client(transport=httpx.MockTransport(caught.respond)) as http_client:
        client = client_class({"auth_token": "none"}, max_retry_count=0, http_client=http_client)
        try:
            getattr(client, name)(**arguments)
        except Exception as error:  # noqa: BLE001 - it is reported
            return _failed(error)
    return described(caught.request)


def _send_async(client_class: Any, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    caught = _Caught()

    async def call() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(caught.respond)) as http_client:
            client = client_class({"auth_token": "none"}, max_retry_count=0, http_client=http_client)
            await getattr(client, name)(**arguments)

    try:
        asyncio.run(call())
    except Exception as error:  # noqa: BLE001 - it is reported
        return _failed(error)
    return described(caught.request)


def _failed(error: Exception) -> dict[str, Any]:
    return {"error": " ".join(f"{type(error).__name__}: {error}".split())}


def described(request: httpx.Request | None) -> dict[str, Any]:
    """Return where in a request the marks have arrived."""
    if request is None:
        return {"error": "nothing was sent"}
    cookies = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
    return {
        "method": request.method,
        "path": request.url.path,
        "query": [name for name, value in request.url.params.multi_items() if MARK in value],
        "headers": [name.lower() for name, value in request.headers.items() if MARK in value],
        "cookies": [name for name, _, value in cookies if MARK in value],
        "body": _body(request.content),
    }


def _body(content: bytes) -> Any:
    if not content:
        return None
    body = json.loads(content)
    if not isinstance(body, dict) or MARK in body:
        return WHOLE
    return [name for name, value in body.items() if MARK in json.dumps(value)]


if __name__ == "__main__":
    main()
