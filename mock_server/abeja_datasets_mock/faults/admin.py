"""The admin route, by which a program in any language sets the faults: JSON under `/_mock/`.

- `GET /_mock/faults`: return the plan;
- `PUT /_mock/faults`: set it. The body is a plan as in a YAML file, written as JSON;
- `DELETE /_mock/faults`: remove all faults; the record stays;
- `GET /_mock/applied`: return the faults that were applied under the plan.
"""

import hmac
import json
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Message, Receive, Scope, Send

from abeja_datasets_mock.errors import CLOSE, Refusal, Response, bad_request, not_found

from .fields import PlanError
from .live import Faults
from .plan import load_plan

PREFIX = "/_mock/"
_MAX_BODY = 1024 * 1024
_METHODS = {"faults": ("GET", "PUT", "DELETE"), "applied": ("GET",)}


class AdminRoute:
    """An ASGI application for all paths under `/_mock/`.

    Args:
        faults: the faults that it shows and sets.
        token: the token of requests, in `Authorization: Bearer …`.

    Raises:
        ValueError: the token is empty.
    """

    def __init__(self, faults: Faults, token: str) -> None:
        if not token:
            raise ValueError("admin_token: it is empty, and would keep nobody out")
        self._faults = faults
        self._authorization = b"bearer " + token.encode("utf-8")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request."""
        try:
            response = await self._respond(scope, receive)
        except Refusal as refusal:
            response = refusal.response
        length = (b"content-length", b"%d" % len(response.body))
        headers = [(b"content-type", b"application/json"), length, *response.headers]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        self._check_token([value for name, value in scope["headers"] if name == b"authorization"])
        body = await _body(receive)
        name, method = scope["path"].removeprefix(PREFIX), scope["method"]
        methods = _METHODS.get(name)
        if methods is None:
            raise not_found("path: there are /_mock/faults and /_mock/applied")
        if method not in methods:
            allowed = ", ".join(methods)
            text = f"{method} is not allowed here; the methods are {allowed}"
            raise Refusal(405, "method_not_allowed", text, ((b"allow", allowed.encode("ascii")),))
        if name == "applied":
            return _json({"applied": [record.as_json() for record in self._faults.applied]})
        if method == "DELETE":
            self._faults.clear()
        elif method == "PUT":
            self._set(body)
        return _json(self._faults.plan.as_json())

    def _check_token(self, given: list[bytes]) -> None:
        scheme, _, token = given[0].strip().partition(b" ") if len(given) == 1 else (b"", b"", b"")
        if not hmac.compare_digest(scheme.lower() + b" " + token.strip(), self._authorization):
            raise Refusal(401, "unauthorized", "The admin token is needed", ((b"www-authenticate", b"Bearer"), CLOSE))

    def _set(self, body: bytes) -> None:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            raise bad_request("body: not JSON") from None
        if not isinstance(content, dict | list):
            raise bad_request("body: a plan is needed, as an object with seed and faults")
        try:
            self._faults.plan = load_plan(content)
        except PlanError as error:
            raise bad_request(str(error)) from None


def admin_app(faults: Faults, token: str) -> Starlette:
    """Return the admin route as an application of its own, for a proxy in front of another server.

    Raises:
        ValueError: the token is empty.
    """
    return Starlette(routes=[Mount("/", AdminRoute(faults, token))])


async def _body(receive: Receive) -> bytes:
    message: Message = {"more_body": True}
    body = b""
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _MAX_BODY:
            raise bad_request(f"body: more than {_MAX_BODY} bytes", (CLOSE,))
    return body


def _json(value: Any) -> Response:
    return Response(200, json.dumps(value, default=str).encode("ascii"))
