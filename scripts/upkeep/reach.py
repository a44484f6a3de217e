"""What each method of the clients sends, found out by having it send: `python -m upkeep.reach`.

Each argument is given a value that is told again wherever it arrives; a transport that reaches no network catches the
request. Standard input has, by method, the names of its query parameters; the answer has, by client and method, either
what was sent or the error that was raised instead:

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
    """Read what to call, and write what came of it."""
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
    """Make a marked value for each argument of a method: a dict or a list for one that takes no plain value."""
    arguments: dict[str, Any] = {}
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        annotation = str(parameter.annotation)
        if annotation.startswith("list"):
            arguments[parameter.name] = [MARK]
        elif annotation.startswith("dict"):
            # Whatever the argument is called, its keys may be parameters or fields.
            arguments[parameter.name] = dict.fromkeys([MARK, *query], MARK)
        else:
            arguments[parameter.name] = MARK
    return arguments


class _Caught:
    """The last request."""

    def __init__(self) -> None:
        self.request: httpx.Request | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.request = request
        return httpx.Response(200, json={})


def _send(client_class: Any, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    caught = _Caught()
    with httpx.Client(transport=httpx.MockTransport(caught.answer)) as http_client:
        client = client_class({"auth_token": "none"}, max_retry_count=0, http_client=http_client)
        try:
            getattr(client, name)(**arguments)
        except Exception as error:  # noqa: BLE001 - it is what is to be told
            return _failed(error)
    return described(caught.request)


def _send_async(client_class: Any, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    caught = _Caught()

    async def call() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(caught.answer)) as http_client:
            client = client_class({"auth_token": "none"}, max_retry_count=0, http_client=http_client)
            await getattr(client, name)(**arguments)

    try:
        asyncio.run(call())
    except Exception as error:  # noqa: BLE001 - it is what is to be told
        return _failed(error)
    return described(caught.request)


def _failed(error: Exception) -> dict[str, Any]:
    return {"error": " ".join(f"{type(error).__name__}: {error}".split())}


def described(request: httpx.Request | None) -> dict[str, Any]:
    """Tell where in a request the marks have arrived."""
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
