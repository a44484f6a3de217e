# Generated from async_httpx_transport.py by scripts/generate; do not edit.
"""Sending over httpx: over its transport layer, or with a client that the caller gave."""

from typing import Any

import httpx

from abeja_datasets.calls.headers import Headers
from abeja_datasets.transports.http_libraries import has_leftovers
from abeja_datasets.transports.over_httpx import given_clients
from abeja_datasets.transports.over_httpx.httpx_messages import (
    LIBRARY,
    Builder,
    decoded_by_httpx,
    failure,
    is_spent,
)
from abeja_datasets.transports.privacy import is_ours, quiet_logs
from abeja_datasets.transports.received import Body, is_read_here
from abeja_datasets.transports.wire import DecodingError, Failure, Request, Response

quiet_logs()


class HttpxTransport:
    """Sends over httpx's transport layer, which keeps connections open and does nothing else.

    The client layer of httpx takes half of a call's time, and keeps cookies. respx, pytest-httpx, vcrpy and
    OpenTelemetry hook in below it.

    Args:
        origin: scheme, host and port of the server.
        options: for `httpx.HTTPTransport`.
    """

    library = LIBRARY

    def __init__(self, origin: str, options: dict[str, Any]) -> None:
        self._builder = Builder(origin, is_async=False)
        self.http_transport = httpx.HTTPTransport(**options)

    def send(self, request: Request) -> Response:
        """Send a request and return its whole response."""
        before = is_ours.set(True)
        try:
            response = self.http_transport.handle_request(self._builder.build(request))
            return _read(response, request)
        except (httpx.RequestError, TimeoutError) as error:
            raise failure(error) from error
        finally:
            is_ours.reset(before)

    def close(self) -> None:
        """Close the connections."""
        self.http_transport.close()


class GivenClient:
    """Sends with a client that the caller gave, which stays the caller's to close.

    Args:
        client: the caller's.
    """

    library = LIBRARY

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def send(self, request: Request) -> Response:
        """Send a request and return its whole response."""
        client = self._client
        if client.is_closed:
            raise RuntimeError("the client given as http_client is closed; pass one that is open")
        before = is_ours.set(True)
        try:
            response = client.send(
                given_clients.build(client, request),
                auth=given_clients.auth(request.credential),
                follow_redirects=False,
                stream=True,
            )
            return _read(response, request, is_given=True)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise failure(error) from error
        finally:
            is_ours.reset(before)

    def close(self) -> None:
        """Leave the client open."""


def _read(response: httpx.Response, request: Request, *, is_given: bool = False) -> Response:
    """Read a response to its end, and release its connection."""
    headers = Headers(response.headers.raw)
    stream: Any = response.stream  # of the one kind or the other, as the transport is
    try:
        if response.is_closed:  # a hook of the given client has read it
            body = response.content
        else:
            coding = headers.coding()
            is_readable = not is_given or is_read_here(coding)
            collected = Body(coding if is_readable else None, request)
            for piece in stream:
                collected.feed(piece)
            body = collected.finish()
            if is_spent(response) or has_leftovers(response, stream, is_given=is_given):
                # First: once the connection is back in the pool, another call has it.
                response.extensions["network_stream"].close()
            if not is_readable:
                decoded = Body(None, request)
                decoded.feed(decoded_by_httpx(response, body))
                body = decoded.finish()
    except (httpx.HTTPError, DecodingError, TimeoutError) as error:
        failed = failure(error)
        raise Failure(
            error, sent=True, timed_out=failed.timed_out, status=response.status_code, headers=headers
        ) from error
    finally:
        # What httpx's own `close` does beside this takes longer.
        stream.close()
    return Response(response.status_code, response.reason_phrase, headers, body)
